"""What is asked on a page, and which answers are taken."""
