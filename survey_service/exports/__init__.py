"""Safe tables to files. No responses get here."""
