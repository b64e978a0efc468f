"""What is asked: questionnaires as checked, versioned, hashed definitions."""
