"""Digests of values, by which a value that has changed since is known."""
