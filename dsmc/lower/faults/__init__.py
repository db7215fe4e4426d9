"""What may go wrong: one pass a file."""
