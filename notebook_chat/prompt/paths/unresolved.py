"""What is raised where a path leads nowhere."""

from __future__ import annotations


class UnresolvedError(LookupError):
    """A path leads nowhere, or only code of the user's could say where. Nobody is told: the prompt stays as typed."""
