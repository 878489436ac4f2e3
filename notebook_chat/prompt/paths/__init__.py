"""Paths to values, which are followed without running code."""
