"""An interrupt at every stage of an answer with tools: the cell ends, what came is kept, the talk goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..tools.stages import STAGES
from .harness import Kernel

REPOSITORY = Path(__file__).parents[2]

_WITH_CALL = STAGES[STAGES.index("a call on its way") :]


@pytest.fixture
def staged(kernel: Kernel) -> Kernel:
    kernel.run(
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n"
        "from tests.tools.stages import chat, results\n"
        "from notebook_chat import runner"
    )
    return kernel


@pytest.mark.parametrize("stage", STAGES)
def test_the_cell_ends_and_the_talk_goes_on(staged: Kernel, stage: str) -> None:
    staged.run(f"talk = chat({stage!r})")
    run = staged.submit("talk.ask('go')", allow_stdin=True).wait_for(lambda one: "AT" in one.text)

    staged.interrupt()

    assert run.wait().status == "error"
    assert run.reply["ename"] == "KeyboardInterrupt"
    told = staged.run("[turn.status for turn in talk.conversation.turns], results(talk)").text
    if stage in ("opening the tools", "asking") or stage not in _WITH_CALL:
        assert told == "(['stopped'], [])"
    elif stage in ("asking again", "a retry that waits", "text behind a result"):
        assert told == "(['stopped'], [('c1', 'seen')])"
    else:
        assert told == "(['stopped'], [('c1', 'stopped by the user')])"
    again = staged.run("talk.ask('again')")
    assert again.status == "ok"
    assert "Here I am." in again.text
    assert staged.run("[one.role for one in talk._addressee.provider.sent[-1]][-1]").text == "'user'"
