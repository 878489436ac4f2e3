"""What the benchmarks in a browser share with its tests."""

from __future__ import annotations

from ..browser.conftest import begin, chromium, ipykernel, jupyter_server, lab, session_canary

__all__ = ["begin", "chromium", "ipykernel", "jupyter_server", "lab", "session_canary"]
