"""The attack on ourselves: what somebody with everything on the machine could find out, tried and scored."""
