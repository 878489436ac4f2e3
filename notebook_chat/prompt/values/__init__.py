"""Values as a model can read them, within a number of tokens."""
