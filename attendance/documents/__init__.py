"""Printed documents of inspection. They know no models: content in, pages out."""
