"""A kernel that is killed in the middle of an answer loses at most the last second of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..servers.fixtures import ServerFactory
from . import killing
from .conftest import StartKernel


@pytest.mark.parametrize("moments", [[(0.0, False), (0.4, False)], [(1.5, True), (0.05, False)]], ids=str)
def test_a_killed_kernel_goes_on_where_it_was(
    start_kernel: StartKernel, vendor_server: ServerFactory, tmp_path: Path, moments: list[tuple[float, bool]]
) -> None:
    server = vendor_server("openai_chat", killing.slow_answer())
    kernel = start_kernel(env=killing.environment(server, tmp_path))
    for number, (moment, shown_before) in enumerate(moments):
        outcome = killing.kill_and_restart(kernel, tmp_path, number, moment, shown_before=shown_before)
        print(outcome)
        assert outcome.fine, outcome
        assert not shown_before or outcome.kept >= 0


def test_the_turn_of_before_stays_when_its_cell_is_killed_before_a_word(
    start_kernel: StartKernel, vendor_server: ServerFactory, tmp_path: Path
) -> None:
    from ..servers import Answer, Silence

    server = vendor_server("openai_chat", Answer("fine"), Silence())
    kernel = start_kernel(env=killing.environment(server, tmp_path))
    kernel.run(killing.LOAD, cell_id="load")
    kernel.run("%%chat\nhello", cell_id="a")
    run = kernel.submit("%%chat\nhello again", cell_id="a")
    run.wait_for(lambda _: len(server.requests) == 2)
    kernel.kill()
    kernel.restart()
    kernel.run(killing.LOAD, cell_id="load")
    history = kernel.run("%chat history", cell_id="b").text
    assert "fine" in history
    assert "again" not in history
