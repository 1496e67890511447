"""What stands on the landing pages, and whose turn it is there."""
