"""Tests of what requests use and cost."""
