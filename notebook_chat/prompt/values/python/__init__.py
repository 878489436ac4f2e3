"""Describers of what Python itself has: containers, code, files, databases, any object."""
