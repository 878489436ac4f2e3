"""Answers from before: where they are found, how they are written down, and how they come again."""
