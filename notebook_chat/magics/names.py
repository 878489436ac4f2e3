"""Whose the names ``%chat`` and ``%%chat`` are: another package may have them, too."""

from __future__ import annotations

from typing import Any

_MAGICS = {"%%chat": "cell", "%chat": "line"}


def others(shell: Any, ours: object = None) -> dict[str, str]:
    """Whose the names are that are not ours.

    Args:
        shell: IPython's shell.
        ours: The magics that ought to have both; ``None`` where they have neither yet.

    Returns:
        For each name the package that has it: ``"__main__"`` for the notebook itself, ``""`` where nobody has it.
    """
    owners = {}
    for name, kind in _MAGICS.items():
        magic = shell.magics_manager.magics[kind].get("chat")
        if magic is None:
            owners[name] = ""
        elif ours is None or getattr(magic, "__self__", None) is not ours:
            module = getattr(magic, "__module__", None) or type(magic).__module__
            owners[name] = str(module).partition(".")[0]
    return owners


def taken(name: str, owner: str) -> str:
    """What to tell when we take a name from whoever has had it."""
    if owner == "__main__":
        return f"{name} was defined in this notebook and is ours now; define it again to have it back."
    return f"{name} was {owner}'s and is ours now; %reload_ext {owner} gives it back."


def lost(name: str, owner: str) -> str:
    """What to tell when somebody else has taken a name from us."""
    if owner == "__main__":
        now = "has been defined in this notebook and is not ours any more"
    else:
        now = f"is {owner}'s now" if owner else "is gone"
    return f"{name} {now}; %reload_ext notebook_chat gives it back to us."
