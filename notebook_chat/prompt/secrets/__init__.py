"""Secrets in what is about to be sent."""
