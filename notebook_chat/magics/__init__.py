"""The magics: ``%%chat`` for a turn, ``%chat`` for everything else."""

from .chat_magics import ChatMagics
from .extension import load, unload

__all__ = ["ChatMagics", "load", "unload"]
