"""Describers of the data libraries' objects. No library is imported here: who holds a value of one has imported it."""
