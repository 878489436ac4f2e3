"""Databases of ours."""
