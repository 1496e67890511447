"""Whose turn it is, and why not somebody else's."""
