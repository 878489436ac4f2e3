"""Would a notebook run as a whole without asking a model? Told by reading it, without running anything."""

from .report import Line, Report
from .verifier import verify

__all__ = ["Line", "Report", "verify"]
