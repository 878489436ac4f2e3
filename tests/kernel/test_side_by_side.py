"""Several models side by side in a real kernel: all stream at once into one output, and one interrupt ends all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ..answers import answer as long_answer
from ..servers import Answer, Failure, Pause, Stall, Usage, VendorServer
from ..servers.fixtures import ServerFactory
from .conftest import StartKernel
from .execution import Execution
from .harness import Kernel

LOAD = "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:one'"
BOTH = "%%chat -m openai:one -m anthropic:two\nhello"
KEY = "sk-planted-0123456789abcdef"

Vendors = Callable[..., tuple[Kernel, VendorServer, VendorServer]]


@pytest.fixture
def vendors(start_kernel: StartKernel, vendor_server: ServerFactory) -> Vendors:
    """Starts a kernel with the extension loaded, and two vendors' servers that answer it."""

    def start(first: Any, second: Any) -> tuple[Kernel, VendorServer, VendorServer]:
        one, two = vendor_server("openai_chat", first), vendor_server("anthropic", second)
        env = {
            "OPENAI_BASE_URL": one.base_url,
            "OPENAI_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": two.base_url,
            "ANTHROPIC_API_KEY": KEY,
        }
        kernel = start_kernel(env=env)
        assert kernel.run(LOAD).status == "ok"
        return kernel, one, two

    return start


def html_of(execution: Execution) -> str:
    """The one display of a chat cell, as it is now."""
    displays = list(execution.displays.values())
    return str(displays[0].data.get("text/html", "")) if displays else ""


def shown(execution: Execution) -> Any:
    """The one output of a chat cell."""
    [output] = [output for output in execution.outputs if output.output_type == "display_data"]
    return output


def test_both_stream_at_once_and_one_stays(vendors: Vendors) -> None:
    first = Answer("One ", Pause(1.0), "whole.", usage=Usage(5, 7))
    second = Answer("Two ", Pause(1.0), "whole, too.", usage=Usage(11, 13))
    kernel, one, two = vendors(first, second)
    run = kernel.submit(BOTH, cell_id="a")
    run.wait_for(lambda e: "One" in html_of(e) and "Two" in html_of(e))
    assert "whole" not in html_of(run)
    assert run.wait().status == "ok"
    output = shown(run)
    assert re.search(r"openai:one · 5 \+ 7 tokens · [\d.]+ s", output.data["text/html"])
    assert re.search(r"anthropic:two · 11 \+ 13 tokens · [\d.]+ s", output.data["text/html"])
    assert output.data["text/plain"].startswith("[1 · openai:one, in the conversation]\nOne whole.\n")
    assert "[2 · anthropic:two]\nTwo whole, too." in output.data["text/plain"]
    stored = output.metadata["notebook_chat"]
    assert (stored["answer"], stored["model"]) == ("One whole.", "openai:one")
    assert [other["model"] for other in stored["alternatives"]] == ["anthropic:two"]
    assert KEY not in str(run.outputs)
    assert [turn.text for turn in two.requests[0].turns] == ["hello"]

    kept = kernel.run("%chat keep two", cell_id="b")
    assert kept.text.startswith("The answer of anthropic:two is in the conversation now")
    output = shown(run)
    assert "[2 · anthropic:two, in the conversation]\n" in output.data["text/plain"]
    assert output.metadata["notebook_chat"]["answer"] == "Two whole, too."
    kernel.run("%%chat\nand on", cell_id="c")
    assert [turn.text for turn in one.requests[-1].turns] == ["hello", "Two whole, too.", "and on"]
    kernel.run("%chat undo\n%chat undo")
    assert "[1 · openai:one, in the conversation]\n" in shown(run).data["text/plain"]


def test_one_interrupt_ends_all(vendors: Vendors) -> None:
    kernel, one, two = vendors(Answer("One ", "so far", Stall()), Answer("Two ", "so far", Stall()))
    seconds = []
    for attempt in range(4):
        run = kernel.submit(BOTH, cell_id="a")
        run.wait_for(lambda e: html_of(e).count("so far") == 2)
        interrupted_at = kernel.interrupt()
        assert run.wait().status == "error"
        seconds.append((run.finished_at or 0.0) - interrupted_at)
        assert run.errors == ()
        assert html_of(run).count("stopped") == 2
        assert [server.exchange(attempt).disconnected.wait() for server in (one, two)] == [True, True]
    print(f"\ninterrupt to idle, ms: {[round(1000 * value, 1) for value in sorted(seconds)]}")
    stored = shown(run).metadata["notebook_chat"]
    assert (stored["answer"], stored["status"]) == ("One so far", "stopped")
    assert [other["status"] for other in stored["alternatives"]] == ["stopped"]
    assert "(stopped)" in kernel.run("%chat history").text


def test_one_that_fails_says_so_in_its_column(vendors: Vendors) -> None:
    kernel, *_ = vendors(Failure("authentication"), Answer("Two ", Pause(0.5), "whole."))
    run = kernel.run(BOTH, cell_id="a")
    assert run.status == "ok"
    output = shown(run)
    assert "no answer: " in output.data["text/html"]
    assert output.metadata["notebook_chat"]["model"] == "anthropic:two"
    assert "alternatives" not in output.metadata["notebook_chat"]


def test_running_it_again_replaces_all_of_it(vendors: Vendors) -> None:
    kernel, *_ = vendors(Answer("One."), Answer("Two."))
    kernel.run(BOTH, cell_id="a")
    kernel.run("%chat keep 2")
    run = kernel.run("%%chat -m openai:one\nhello", cell_id="a")
    assert "alternatives" not in shown(run).metadata["notebook_chat"]
    assert "no turn of 'default'" in kernel.run("%chat keep").text


def test_together_they_cost_no_more_than_one_after_the_other(vendors: Vendors) -> None:
    text = long_answer(6_000)
    pieces = [part for place in range(0, len(text), 12) for part in (text[place : place + 12], Pause(0.003))]
    kernel, *_ = vendors(Answer(*pieces), Answer(*pieces))
    alone = [kernel.run(f"%%chat -m {model} -n\nhello") for model in ("openai:one", "anthropic:two")]
    both = kernel.run(BOTH)
    sizes = [sum(message.size for message in run.messages) for run in (*alone, both)]
    print(f"\nbytes alone {sizes[:2]}, side by side {sizes[2]}")
    assert sizes[2] <= 1.1 * sum(sizes[:2])


def test_a_rerun_grows_in_one_output(vendors: Vendors) -> None:
    kernel, _, two = vendors(Answer("One <b>."), Answer("Two <b>."))
    for word in ("a", "b"):
        kernel.run(f"%%chat\n{word}", cell_id=word)
    run = kernel.run("%chat rerun -m anthropic:two")
    assert run.status == "ok"
    html = html_of(run)
    assert html.count("<tr>") == 3
    assert "<del>One </del><ins>Two </ins>" in html
    assert "&lt;b&gt;" in html
    assert [len(request.turns) for request in two.requests] == [1, 3]
    deleted = kernel.run("%chat delete --yes default").text
    assert "Turns of it are also in 'default-on-anthropic:two'" in deleted
    assert "Two" not in str(run.displays)


def test_an_interrupted_rerun_keeps_what_has_come(vendors: Vendors) -> None:
    kernel, _, two = vendors(Answer("One."), Answer("Two ", "so far", Stall()))
    for word in ("a", "b"):
        kernel.run(f"%%chat\n{word}", cell_id=word)
    run = kernel.submit("%chat rerun -m anthropic:two")
    run.wait_for(lambda e: "asking turn 1 of 2" in html_of(e) and two.requests)
    kernel.interrupt()
    assert run.wait().status == "error"
    assert run.errors == ()
    assert "Kept as 'default-on-anthropic:two'" in run.text
    assert "stopped" in html_of(run)
