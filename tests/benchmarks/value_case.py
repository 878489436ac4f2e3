"""A kind of value whose description is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of value.

    Attributes:
        make: Builds a large one.
        floor: What its time is compared with, such as ``lambda df: df.head()``; without it, a short ``repr``.
    """

    make: Callable[[], Any]
    floor: Callable[[Any], object] = lambda value: repr(list(range(100)))
