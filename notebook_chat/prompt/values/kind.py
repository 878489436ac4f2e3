"""How a kind of value is told to a model."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .description import Description

Describer = Callable[[Any, int], Description]
"""Describes a value, which is given first, in at most so many tokens. It changes nothing. It may raise, and it may
take long: then it is given up, and another description takes its place."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of value is told to a model.

    Attributes:
        at: Where its describer is, as ``module:function``; it is loaded with the first value of the kind.
        here: Whether the describer must run in the thread that asks, and not in one that can be given up: for what
            belongs to a thread. It then must come to an end by itself, soon.
    """

    at: str
    here: bool = False

    def describer(self) -> Describer:
        """The describer."""
        module, _, name = self.at.partition(":")
        found: Describer = getattr(importlib.import_module(module), name)
        return found
