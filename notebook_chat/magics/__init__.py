"""The magics: ``%%chat`` for a turn, ``%chat`` for everything else."""

from .extension import ChatMagics, load, unload

__all__ = ["ChatMagics", "load", "unload"]
