"""Tests in a real IPython kernel. How to write one: see `harness.Kernel` and the fixtures in `conftest`."""
