"""Answers on their way into a panel: quick, cheap, and the whole truth in every view whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from notebook_chat.markup import render_body

from ..answers import answer
from ..servers import Answer, Gate, Pause, in_pieces
from .chats import EVERYTHING, Begin, paced
from .lab import every_front_end
from .notebook_page import NotebookPage
from .panel_page import PanelPage, opened


def test_the_bytes_follow_the_answer_and_its_end_is_on_screen(begin: Begin) -> None:
    """Short ones; `tests/benchmarks/on_screen.py` streams long ones, and takes the time."""

    def received(text: str) -> int:
        notebook, server = begin(["%chat panel"], paced(text, 800))
        panel = opened(notebook)
        with notebook.measure() as measured:
            panel.ask("long")
            panel.expect_turns(1)
        expect(panel.answer(1)).to_contain_text("THE END")
        assert server.exchange().finished.wait()
        return measured().received_bytes

    short, long = received(answer(4_000)), received(answer(12_000))
    assert long / short < 4.5  # a panel that sent the whole at each step would send nine times as much
    assert received(CODE) < 2 * long


CODE = "Here it comes:\n\n```python\n" + "".join(f"value_{n} = compute({n})  # step\n" for n in range(300))
CODE += "```\n\nTHE END"
"""Nothing of it is finished before its end: a panel that sent open blocks whole would send its square."""

SLOW = Answer(*(piece for part in in_pieces(EVERYTHING, 20) for piece in (part, Pause(0.05))))


def same_as_in_python(notebook: NotebookPage, panel: PanelPage, turn: int = 1) -> None:
    """What is on screen is what Python renders of the turn's answer."""
    shown, expected = panel.answer(turn).evaluate(
        """(answer, html) => {
          const copy = answer.cloneNode(true);
          copy.querySelectorAll(".nc-tools").forEach((tools) => tools.remove());
          copy.querySelectorAll(".nc-code").forEach((frame) => frame.replaceWith(...frame.childNodes));
          copy.querySelectorAll("[tabindex]").forEach((wide) => wide.removeAttribute("tabindex"));
          const wanted = copy.cloneNode(false);
          wanted.innerHTML = html;
          return wanted.isEqualNode(copy) ? ["", ""] : [copy.innerHTML, wanted.innerHTML];
        }""",
        render_body(EVERYTHING),
    )
    assert shown == expected


@every_front_end
def test_a_reload_in_the_middle_of_an_answer(begin: Begin) -> None:
    gate = Gate()
    notebook, _ = begin(["%chat panel"], Answer(EVERYTHING[:400], gate, EVERYTHING[400:]))
    panel = opened(notebook)
    notebook.save()
    panel.ask("Show me everything.")
    expect(panel.answer(1)).to_contain_text("It costs $5")
    panel.box.fill("the next question, half writ")
    notebook.reload()
    panel = PanelPage(notebook)
    expect(panel.box).to_have_value("the next question, half writ")
    expect(panel.answer(1)).to_contain_text("It costs $5")
    expect(panel.button("Stop")).to_be_visible()
    gate.open()
    panel.expect_turns(1)
    same_as_in_python(notebook, panel)
    panel.screenshot("after-reload")


def test_two_views_one_of_them_opened_in_the_middle_of_an_answer(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], SLOW, viewport=(1400, 900))
    panel = opened(notebook)
    panel.ask("Show me everything.")
    expect(panel.answer(1)).to_contain_text("It costs $5")
    notebook.activate(1)
    notebook.execute("notebook:create-output-view")
    aside = PanelPage(notebook, 1)
    expect(aside.answer(1)).to_contain_text("It costs $5")
    panel = PanelPage(notebook, 0)
    for view in (panel, aside):
        view.expect_turns(1)
        same_as_in_python(notebook, view)
    notebook.screenshot("panel-two-views")
    room = aside.panel.evaluate("panel => panel.closest('.jp-LinkedOutputView').clientHeight")
    assert 0 < room - aside.panel.evaluate("panel => panel.offsetHeight") < 50
    aside.ask("from the side")
    panel.expect_turns(2)
    expect(panel.turn(2)).to_contain_text("from the side")


MEDDLE = """
[panel] = get_ipython().magics_manager.registry["ChatMagics"].panels._panels.values()
publisher = panel._service._publisher
send, held, count, lost = publisher._send_out, [], 0, 0
def meddle(content, buffers):
    global count, lost
    if content["type"] != "change":
        return send(content, buffers)
    count += 1
    if {lose}:
        lost += 1
        return
    held.append((content, buffers))
    if not {keep}:
        for message in reversed(held):
            send(*message)
        held.clear()
publisher._send_out = meddle
"""


@pytest.mark.parametrize(
    "meddling",
    [
        pytest.param({"lose": "count % 3 == 0", "keep": "False"}, id="lost"),
        pytest.param({"lose": "False", "keep": "count % 2 and len(held) < 2"}, id="reordered"),
        pytest.param({"lose": "'items' in content", "keep": "False"}, id="the-last-one-lost"),
    ],
)
def test_a_lost_or_reordered_message_is_noticed_and_repaired(begin: Begin, meddling: Any) -> None:
    notebook, _ = begin(["%chat panel", MEDDLE.format(**meddling), "count, lost"], SLOW)
    panel = opened(notebook)
    notebook.run(2)
    panel.ask("Show me everything.")
    panel.expect_turns(1)
    same_as_in_python(notebook, panel)
    notebook.run(3)
    print("\nchanges sent and lost:", notebook.output(3).inner_text())
    expect(notebook.output(3)).not_to_contain_text("(0,")


MANY = """
from notebook_chat import Chat, ChatPanel
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.messages import Message
text = {text!r}
def many():
    said = [(Message("user", f"question {{n}}"), answered(f"answer {{n}}: {{text}}")) for n in range(1, 201)]
    turns = [Turn(prompt, exchange, model="m") for prompt, exchange in said]
    return ChatPanel(Chat("openai:gpt-5", conversation=Conversation("long", turns=turns)))
ChatPanel(Chat("openai:gpt-5", conversation=Conversation("warm")))
"""


def test_a_long_conversation_opens_with_its_newest_turns(begin: Begin) -> None:
    notebook, server = begin([MANY.format(text=answer(2000)), "many()"])
    notebook.run(1)
    PanelPage(notebook)
    notebook.run(2)
    panel = PanelPage(notebook, 1)
    expect(panel.log.get_by_role("article")).to_have_count(200)

    # The first turn comes when it is scrolled to, and the reader's place stays.
    panel.log.evaluate("log => log.scrollTop = 0")
    expect(panel.answer(1)).to_contain_text("answer 1:")
    panel.button("Newest").click()
    expect(panel.turn(200)).to_be_in_viewport()
    expect(panel.answer(200)).to_contain_text("answer 200:")
    assert server.requests == ()


def test_a_reader_who_has_scrolled_up_is_left_alone(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], paced(answer(6_000), 400))
    panel = opened(notebook)
    panel.ask("long")
    heading = panel.answer(1).locator("h2").nth(2)
    expect(heading).to_be_visible(timeout=20_000)
    heading.scroll_into_view_if_needed()
    panel.log.hover()
    notebook.page.mouse.wheel(0, -300)
    expect(panel.button("Newest")).to_be_visible()  # the panel has seen it, and does not follow any more
    notebook.page.wait_for_timeout(200)

    def place() -> float:
        return float(heading.evaluate("heading => heading.getBoundingClientRect().top"))

    before = place()
    panel.expect_turns(1)
    assert abs(place() - before) < 5
    expect(panel.button("Newest")).to_be_visible()


def test_a_selection_in_a_growing_answer_stays(begin: Begin) -> None:
    gate = Gate()
    text = "The first words are **here** and stay"
    notebook, _ = begin(["%chat panel"], Answer(text, gate, *in_pieces(" while more is written." * 20)))
    panel = opened(notebook)
    panel.ask("go")
    expect(panel.answer(1).locator("strong")).to_have_text("here")
    select: Callable[..., Any] = panel.answer(1).locator("strong").evaluate
    select("element => getSelection().selectAllChildren(element)")
    gate.open()
    panel.expect_turns(1)
    assert notebook.page.evaluate("() => getSelection().toString()") == "here"
