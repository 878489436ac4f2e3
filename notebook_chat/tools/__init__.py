"""Tools: what a model may have run, who decides about it, and how it is run."""

from .permit import FreeAlone, PendingCall, Permit, Verdict
from .resolution import sources_of
from .round import STOPPED, Round, stopped
from .tool import ArgumentsError, Given, ResultPart, Tell, Tool, ToolOutput, ToolSource
from .toolbox import PARALLEL, ROUNDS, Toolbox, ToolUse

__all__ = [
    "PARALLEL",
    "ROUNDS",
    "STOPPED",
    "ArgumentsError",
    "FreeAlone",
    "Given",
    "PendingCall",
    "Permit",
    "ResultPart",
    "Round",
    "Tell",
    "Tool",
    "ToolOutput",
    "ToolSource",
    "ToolUse",
    "Toolbox",
    "Verdict",
    "sources_of",
    "stopped",
]
