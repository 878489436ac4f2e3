"""What views must show of a conversation."""

from __future__ import annotations

from typing import Any

from notebook_chat.conversation import Conversation, Draft, Turn, answered
from notebook_chat.markup import Document
from notebook_chat.messages import ImagePart, Message, TextPart
from notebook_chat.panel.live_answer import WAITING
from notebook_chat.panel.view_state import ViewState
from notebook_chat.renderers.body import Body
from notebook_chat.renderers.footer import footer
from notebook_chat.text import replace_surrogates

from ..fakes import Coming
from .replica import Replica

HEAD: dict[str, Any] = {"model": "parrot:grey", "notice": None}
PNG = b"\x89PNG\r\n\x1a\nfirst"
GIF = b"GIF89asecond"


def prompt_of(text: str, *images: bytes) -> Message:
    kinds = {PNG: "image/png", GIF: "image/gif"}
    parts = tuple(ImagePart(image, kinds[image]) for image in images)
    return Message("user", (TextPart(text), *parts) if parts else text)


def say(conversation: Conversation, text: str, answer: str = "", cell: str | None = None) -> Turn:
    """A whole turn."""
    draft = conversation.begin(prompt_of(text), cell=cell)
    turn = conversation.commit(
        draft, draft.turn(answered(answer or f"re {text}"), "complete", model="parrot:grey")
    )
    assert turn is not None
    return turn


def begun(conversation: Conversation, text: str = "a", **options: Any) -> tuple[Draft, Coming]:
    """An open turn and its answer."""
    draft, coming = conversation.begin(prompt_of(text), **options), Coming()
    conversation.follow(draft, coming)
    return draft, coming


def rendered(answer: str) -> list[str]:
    document = Document()
    document.feed(replace_surrogates(answer))
    document.finish()
    return list(document.blocks)


def truth_of(turn: Turn, stale: bool) -> dict[str, Any]:
    """What a view must show of a turn."""
    return {
        **prompt_row(turn.id, turn.prompt, stale, turn.pinned),
        "blocks": rendered(turn.answer),
        "open": "",
        "reasoning": replace_surrogates(turn.reasoning),
        "note": "",
        "text": replace_surrogates(turn.answer),
        "foot": footer(turn),
        "others": [
            {
                "answer": place,
                "model": answer.model,
                "blocks": rendered(answer.answer),
                "reasoning": replace_surrogates(answer.reasoning),
                "text": replace_surrogates(answer.answer),
                "foot": footer(answer),
            }
            for place, answer in enumerate(turn.answers if turn.alternatives else ())
            if place != turn.kept
        ],
    }


def live_truth_of(draft: Draft, coming: Coming, body: Body) -> dict[str, Any]:
    """What a view must show of an open turn whose answer so far is in a body."""
    return {
        **prompt_row(draft.id, draft.prompt, False, draft.pinned),
        "blocks": list(body.blocks),
        "open": body.open_block(),
        "reasoning": body.thought,
        "note": "" if coming.text or coming.reasoning else coming.status.text if coming.status else WAITING,
        "text": "",
        "foot": "",
        "others": [],
    }


def prompt_row(id: str, prompt: Message, stale: bool, pinned: bool) -> dict[str, Any]:
    images = [(part.media_type, part.data) for part in prompt.parts if isinstance(part, ImagePart)]
    return {
        "id": id,
        "stale": stale,
        "pinned": pinned,
        "prompt": replace_surrogates(prompt.text),
        "images": images,
        "media": [],
        "along": "",
    }


def settled(feed: ViewState, view: Replica, head: dict[str, Any] = HEAD) -> None:
    """Has a view say what it lacks until it lacks nothing, as a service does it. That takes a few rounds."""
    for _ in range(3):
        if (change := feed.change(head)) is not None:
            view.take(*change)
        view.take({"type": "check", "number": feed.number})
        if view.asking:
            view.take(*feed.state())
        elif view.needed:
            view.take(*feed.items(view.needed))
    assert not view.asking
    assert view.needed == []
    assert feed.change(head) is None


def viewed(feed: ViewState) -> Replica:
    """A view that has just come."""
    view = Replica()
    settled(feed, view)
    return view
