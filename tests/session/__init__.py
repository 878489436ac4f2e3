"""The notebook's session, without a shell."""
