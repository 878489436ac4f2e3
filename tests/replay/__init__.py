"""Tests of answers from before."""
