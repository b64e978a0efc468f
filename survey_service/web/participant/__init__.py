"""What participants meet."""
