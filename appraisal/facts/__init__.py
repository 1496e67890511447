"""What rules count, read from the tables."""
