"""Exceptions as a model can read them, and what becomes of the answer: a corrected cell."""
