"""The kinds of values of the data libraries."""

from __future__ import annotations

from collections.abc import Mapping

from .kind import Kind

DATA_KINDS: Mapping[str, Kind] = {}
"""By the public dotted name of the class, such as ``pandas.DataFrame``."""
