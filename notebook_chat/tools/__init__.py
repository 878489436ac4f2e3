"""Tools: what a model may have run, who decides about it, and how it is run."""

from .confirmation import Confirmation, Confirmer, Reply, Scope
from .permit import Asking, FreeAlone, PendingCall, Permit, Verdict
from .progress import Progress
from .registration import registered, with_tool, without_tool
from .resolution import sources_of
from .round import RUNAWAY, STOPPED, Round, stopped
from .tool import ArgumentsError, Given, ResultPart, Tell, Tool, ToolOutput, ToolSource
from .toolbox import PARALLEL, ROUNDS, Toolbox, ToolUse, opened

__all__ = [
    "PARALLEL",
    "ROUNDS",
    "RUNAWAY",
    "STOPPED",
    "ArgumentsError",
    "Asking",
    "Confirmation",
    "Confirmer",
    "FreeAlone",
    "Given",
    "PendingCall",
    "Permit",
    "Progress",
    "Reply",
    "ResultPart",
    "Round",
    "Scope",
    "Tell",
    "Tool",
    "ToolOutput",
    "ToolSource",
    "ToolUse",
    "Toolbox",
    "Verdict",
    "opened",
    "registered",
    "sources_of",
    "stopped",
    "with_tool",
    "without_tool",
]
