"""The product's own system checks, by id: what would go wrong later is said at the start."""
