"""Databases of ours, each in a file that is the user's alone: opened, written on a thread of its own, and repaired."""

from .connection import NewerDatabaseError, Schema, connect
from .damage import DamagedDatabaseError, in_words, is_damage, is_of_values
from .liveness import is_dead, owner
from .pages import Record, Value
from .sweep_pace import SweepPace
from .writer import Work, Writer

__all__ = [
    "DamagedDatabaseError",
    "NewerDatabaseError",
    "Record",
    "Schema",
    "SweepPace",
    "Value",
    "Work",
    "Writer",
    "connect",
    "in_words",
    "is_damage",
    "is_dead",
    "is_of_values",
    "owner",
]
