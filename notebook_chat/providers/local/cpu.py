"""How much of the machine's processor an engine may take."""

from __future__ import annotations

import importlib
import os
from contextlib import suppress
from pathlib import Path


def threads() -> int:
    """How many threads to compute with: the free physical cores but one, at least 1. More than there are
    cores is far slower, and without a free one the notebook is."""
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    physical = logical
    with suppress(ImportError):
        physical = importlib.import_module("psutil").cpu_count(logical=False) or logical
    return max(1, int(min(physical, logical, _quota())) - 1)


def _quota(group: Path = Path("/sys/fs/cgroup")) -> float:
    """How many cores a container may use (the kernel's documentation, "CPU bandwidth control")."""
    with suppress(OSError, ValueError):
        quota, period = (group / "cpu.max").read_text().split()
        return int(quota) / int(period)  # without a bound the quota is the word "max"
    with suppress(OSError, ValueError):
        quota, period = ((group / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else float("inf")
    return float("inf")
