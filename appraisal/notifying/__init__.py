"""Who hears of what, and in which notice."""
