"""Floods of text in a real kernel: its memory, and how soon it is idle after an interrupt.

``python -m tests.benchmarks.flood_cost`` prints the figures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from ..benchmarks.flood_cost import measure
from ..kernel.conftest import start_kernel
from ..kernel.harness import Kernel
from .prose import prose_flood

__all__ = ["start_kernel"]  # a fixture

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]

MOST_MEGABYTES = 300
PATIENCE = 5.0  # seconds; on a quiet machine it takes a fifth of one


def flooded(start: Callable[..., Kernel], base_url: str, setting: str = "pass") -> Kernel:
    kernel = start(env={"OPENAI_BASE_URL": base_url})
    kernel.run("%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'")
    assert kernel.run(setting).status == "ok"
    return kernel


@pytest.mark.parametrize("setting", ["pass", "%config ChatMagics.max_characters = 100_000_000"])
def test_a_flood_is_interrupted(start_kernel: Callable[..., Kernel], setting: str) -> None:
    with prose_flood(10_000_000) as base_url:
        kernel = flooded(start_kernel, base_url, setting)
        cost = measure(kernel, interrupt_at=2_000_000)
        print(f"\n{cost}")
        assert cost.came >= 2_000_000
        assert cost.peak < MOST_MEGABYTES
        assert cost.seconds < PATIENCE
        assert "(stopped)" in kernel.run("%chat history").text


def test_a_huge_answer_is_ended_and_kept(start_kernel: Callable[..., Kernel]) -> None:
    with prose_flood(16_000_000) as base_url:
        kernel = flooded(start_kernel, base_url)
        cost = measure(kernel, interrupt_at=None)
        print(f"\n{cost}")
        assert 4_000_000 <= cost.came <= 4_250_000
        assert cost.peak < MOST_MEGABYTES
        assert cost.disk < 40
        again = measure(kernel, interrupt_at=1_000_000)
        print(again)
        assert again.seconds < PATIENCE
        assert kernel.run("print(len(answer) > 1_000_000)").text == "True\n"


def test_all_of_a_huge_answer_is_taken_where_that_is_set(start_kernel: Callable[..., Kernel]) -> None:
    with prose_flood(16_000_000) as base_url:
        kernel = flooded(start_kernel, base_url, "%config ChatMagics.max_characters = 100_000_000")
        cost = measure(kernel, interrupt_at=None)
        print(f"\n{cost}")
        assert cost.came >= 15_999_990
        assert cost.peak < MOST_MEGABYTES
        shown = kernel.run("from IPython.display import display; display(answer)")
        assert "Shown are the first 200,000 of 16,0" in shown.text
        assert len(shown.text) < 250_000
