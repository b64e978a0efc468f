"""What a release says: its figures, in sentences, pictures and tables of one language. Nothing here draws or serves."""
