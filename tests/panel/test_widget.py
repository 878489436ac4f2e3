"""The widget: what it takes, what it shows where there is no front end, and what it keeps to itself."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from notebook_chat import Chat, ChatPanel
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ConfigurationError, InvalidOptionError, UnknownProviderError
from notebook_chat.panel import control, widget
from notebook_chat.panel.front import MODULE, SHEET

from ..fakes import parrot
from .replica import Replica
from .windows import PATIENCE, Notebook

KEY = "sk-planted-0123456789abcdef"
VIEW = "application/vnd.jupyter.widget-view+json"

OpenPanel = Callable[..., ChatPanel]


@pytest.fixture
def panel() -> Iterator[OpenPanel]:
    """Opens panels: ``panel(…)``, of a parrot unless it is told otherwise."""
    opened: list[ChatPanel] = []

    def start(chat: Chat | None = None, **options: Any) -> ChatPanel:
        if chat is None and "model" not in options:
            chat = Chat(provider=parrot(lambda messages: [f"re {messages[-1].text}"]))
        opened.append(ChatPanel(chat, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


class Front:
    """A front end: what comes by the comm, and a way to answer."""

    def __init__(self, panel: ChatPanel) -> None:
        self.panel = panel
        self.view = Replica()
        self.messages: list[Any] = []
        panel.comm.publish_msg = self._publish
        self.say({"type": "ready", "view": "v"})

    def _publish(self, kind: str, data: Any = None, buffers: Any = None, **_: Any) -> None:
        if kind == "comm_msg" and data["method"] == "custom":
            self.messages.append(data)
            self.view.take(data["content"], buffers or ())

    def say(self, content: Any, buffers: Sequence[bytes] = ()) -> None:
        data = {"method": "custom", "content": content}
        message = {"content": {"data": data}, "buffers": [memoryview(buffer) for buffer in buffers]}
        self.panel.comm.handle_msg(message)


# --- what it takes


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert len(text) < 300
    return text


@pytest.mark.parametrize("chat", ["openai:gpt-5", 3, Conversation(), Chat], ids=str)
def test_what_is_no_chat_is_refused_with_the_way_to_name_a_model(chat: Any) -> None:
    with pytest.raises(InvalidOptionError, match=r"is not a Chat\. Write ChatPanel\(model=") as caught:
        ChatPanel(chat)
    assert type(chat).__name__ in one_line(caught.value)


def test_a_chat_and_a_model_are_one_too_many() -> None:
    with pytest.raises(InvalidOptionError, match="a chat has its model already") as caught:
        ChatPanel(Chat(provider=parrot()), model="ollama:m")
    one_line(caught.value)


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownProviderError, match="nonsense") as caught:
        ChatPanel(model="nonsense:m")
    one_line(caught.value)


@pytest.mark.parametrize(
    ("height", "length"),
    [
        (400, "400px"),
        (0, "0px"),
        ("70vh", "70vh"),
        (" 20rem ", "20rem"),
        ("33.5%", "33.5%"),
        ("12.125cm", "12.125cm"),
        ("50dvh", "50dvh"),
    ],
)
def test_a_height_is_pixels_or_a_length(panel: OpenPanel, height: Any, length: str) -> None:
    assert panel(height=height).height == length


@pytest.mark.parametrize(
    "height",
    [
        "",
        "high",
        "400",
        "-1px",
        -1,
        3.5,
        True,
        None,
        "1px; color: red",
        "calc(1px)",
        "1e9px",
        10**6,
        "٣px",
        [],
    ],
    ids=str,
)
def test_what_is_no_height_is_refused(height: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r'is no height\. Give pixels, or a length such as "70vh"'
    ) as caught:
        ChatPanel(Chat(provider=parrot()), height=height)
    one_line(caught.value)


def test_a_panel_that_was_refused_leaves_nothing_behind() -> None:
    for options in ({"height": "high"}, {"model": "nonsense:m"}, {"chat": "x"}):
        with pytest.raises(ConfigurationError):
            ChatPanel(**options)  # type: ignore[arg-type]
    gc.collect()  # a fault while one is taken away would be a warning, which is an error here


def test_it_has_a_height_unless_told_one(panel: OpenPanel) -> None:
    assert panel().height == "32rem"


def test_a_chat_of_its_own_is_made_for_a_model(panel: OpenPanel) -> None:
    shown = panel(model="ollama:m")
    assert shown.model == shown.chat.model == "ollama:m"
    assert len(shown.conversation) == 0


def test_without_anything_it_is_the_notebooks_conversation(
    panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = Notebook()
    conversation = notebook.conversation("default")
    for module in ("chat.loaded_session", "panel.widget.session", "panel.choices.session"):
        monkeypatch.setattr(f"notebook_chat.{module}", lambda: notebook)
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "ollama:m")
    shown = panel(model=None)
    assert shown.conversation is conversation
    assert shown.model == "ollama:m"
    monkeypatch.setattr(widget, "session", lambda: None)
    assert panel(model=None).conversation is not conversation


def test_the_chat_that_it_is_given_is_the_one_it_shows(panel: OpenPanel) -> None:
    chat = Chat(provider=parrot())
    shown = panel(chat)
    assert shown.chat is chat
    assert shown.conversation is chat.conversation


def test_the_model_can_be_changed(panel: OpenPanel) -> None:
    shown = panel(model="ollama:m")
    shown.model = "ollama:other"
    assert shown.model == shown.chat.model == "ollama:other"
    with pytest.raises(UnknownProviderError):
        shown.model = "nonsense:m"
    assert shown.model == shown.chat.model == "ollama:other"


# --- what it shows, and what not


def test_where_widgets_are_not_shown_a_line_says_what_to_do(panel: OpenPanel) -> None:
    shown = panel()
    data, _ = shown._repr_mimebundle_()
    assert data.keys() == {"text/plain", VIEW}
    assert data["text/plain"] == widget._INSTEAD
    assert "%%chat" in data["text/plain"]
    assert data[VIEW]["model_id"] == shown.model_id


def test_its_repr_says_what_it_is(panel: OpenPanel) -> None:
    shown = panel(Chat(provider=parrot(), conversation=Conversation("talk")))
    assert repr(shown) == "<ChatPanel of <Conversation 'talk', 0 turns> with parrot:grey>"


def test_what_is_saved_with_the_notebook_holds_no_key_and_nothing_that_was_said(panel: OpenPanel) -> None:
    provider = parrot(["the answer that came"])
    chat = Chat(provider=provider, api_key=KEY)
    shown = panel(chat, system="the system prompt")
    front = Front(shown)
    until(lambda: not front.view.asking)
    front.say({"type": "send", "act": "1", "text": "the prompt"})
    until(lambda: front.view.order and front.view.last.text == "the answer that came")
    state = shown.get_state()
    assert {key for key in state if not key.startswith("_")} <= {"height", "layout", "tabbable", "tooltip"}
    saved = json.dumps(
        {key: value for key, value in state.items() if key not in ("_esm", "_css")}, default=str
    )
    for secret in (KEY, "the prompt", "the answer", "the system", "parrot"):
        assert secret not in saved
    assert (state["_esm"], state["_css"]) == (MODULE, SHEET)
    assert KEY not in repr(shown)
    assert KEY not in str(front.messages)


# --- how it talks


def test_it_works_without_a_kernel(panel: OpenPanel) -> None:
    shown = panel()
    front = Front(shown)
    until(lambda: not front.view.asking)
    front.say({"type": "send", "act": "1", "text": "look"}, [b"\x89PNG\r\n\x1a\nx"])
    until(lambda: front.view.order and front.view.last.text == "re look")
    assert front.view.last.images == [("image/png", b"\x89PNG\r\n\x1a\nx")]
    assert shown.get_state()["_address"] == ""  # there is no control channel


def test_messages_on_the_control_channel_reach_their_panel_only(
    panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: dict[str, Any] = {}
    monkeypatch.setattr(control, "_control_handlers", lambda: handlers)
    first, second = panel(), panel()
    addresses = [one.get_state()["_address"] for one in (first, second)]
    assert len({*addresses, ""}) == 3
    fronts = [Front(first), Front(second)]
    until(lambda: not any(front.view.asking for front in fronts))

    def say(address: str, text: str, *buffers: bytes) -> None:
        act = {"type": "send", "act": text, "text": text}
        content = {"panel": address, "content": act}
        handlers[control.MESSAGE](None, b"", {"content": content, "buffers": list(buffers)})

    say("nobody", "a")
    say(addresses[1], "b")
    say(addresses[0], "c", b"GIF89ax")
    until(lambda: all(front.view.order and front.view.last.text for front in fronts))
    assert [[turn["text"] for turn in front.view.shown()] for front in fronts] == [["re c"], ["re b"]]
    assert fronts[0].view.last.images == [("image/gif", b"GIF89ax")]


def test_a_closed_panel_is_gone_and_the_conversation_stays(panel: OpenPanel) -> None:
    shown = panel()
    front = Front(shown)
    until(lambda: not front.view.asking)
    shown.chat.ask("a")
    until(lambda: front.view.order)
    conversation = shown.conversation
    shown.close()
    shown.close()
    assert shown.comm is None
    assert conversation._subscribers == ()
    count = len(front.messages)
    shown.chat.ask("b")
    time.sleep(0.1)
    assert len(front.messages) == count
    assert len(conversation) == 2
    assert "2 turns" in repr(shown)


# --- when it is loaded


PLAIN = """
import sys, notebook_chat
dir(notebook_chat), notebook_chat.Chat
print(sorted({"anywidget", "ipywidgets", "traitlets"} & sys.modules.keys()))
from notebook_chat import ChatPanel
print(ChatPanel(model="ollama:m"))
"""


def test_in_a_plain_interpreter_it_is_loaded_when_it_is_needed_and_goes_quietly() -> None:
    command = [sys.executable, "-W", "error", "-c", PLAIN]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "[]",
        "<ChatPanel of <Conversation 'default', 0 turns> with ollama:m>",
    ]
    assert done.stderr == ""
