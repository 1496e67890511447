"""States, figures and history in the words of a page."""
