"""Where the output of the code that runs goes, and what can be done there."""

from __future__ import annotations

import sys
from typing import Any


def takes_updates(shell: Any) -> bool:
    """Whether an output can be updated once it is there, as a cell's own can.

    Not so under ``%%capture``, which would keep every update as one more output; nor in an ``Output`` widget, and not
    in the callback of a widget, which belongs to no cell: there, front ends pass updates over.

    Args:
        shell: IPython's shell.
    """
    publisher = shell.display_pub
    if type(publisher).__name__ == "CapturingDisplayPublisher":
        return False
    parent = getattr(publisher, "parent_header", None)
    if not isinstance(parent, dict):
        return True  # a kernel that is not ipykernel
    return parent.get("msg_type", "execute_request") == "execute_request" and not _captured(
        parent.get("msg_id")
    )


def _captured(message: object) -> bool:
    """Whether an ``Output`` widget takes what is published for a message: it names the message while it does."""
    module = sys.modules.get("ipywidgets.widgets.widget")
    widgets: dict[str, object] = getattr(module, "_instances", {})
    return bool(message) and any(
        getattr(widget, "msg_id", None) == message for widget in list(widgets.values())
    )
