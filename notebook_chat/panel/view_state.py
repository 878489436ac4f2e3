"""What the views of a panel are sent, so that each has the whole truth and nothing is sent twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..conversation import Alternative, Answering, Conversation, Draft, Turn
from ..messages import ImagePart
from ..renderers.body import Body
from ..renderers.excerpt import excerpt, left_out, left_out_html
from ..renderers.footer import footer
from ..renderers.media import Medium
from ..renderers.parts import asides_html
from ..text import replace_surrogates, single_line
from .live_answer import LiveAnswer

FIRST = 8
"""How many of the last turns a view is sent before it asks; about a window full."""

_REMEMBERED = 300  # rendered turns


class Sent(NamedTuple):
    """A message to the views: JSON, and bytes that its ``images`` refer to by their places."""

    content: dict[str, Any]
    buffers: list[bytes]


class _Rendered(NamedTuple):
    """What is shown of an answer."""

    blocks: tuple[str, ...]
    thought: str
    media: Sequence[Medium]


class ViewState:
    """The messages that show a conversation.

    ``change`` gives what is new since the last one, and numbers it: a view that has all changes up to a number
    has what ``state`` tells under that number. A view that lacks one asks for the state. It holds the *rows*,
    the ids of all turns in order, and the *items*, what is shown of each, for the last few of them only: a
    view asks for those it comes to show and does not have, by their ids and versions.

    It is used by one thread at a time.

    Args:
        conversation: What is shown.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.number = 0
        self._turns: tuple[Turn, ...] | None = None  # those that the rows are of
        self._open_id: str | None = None
        self._rows: list[list[Any]] = []
        self._head: Mapping[str, Any] = {}
        self._growing: LiveAnswer | None = None
        self._asked: Draft | None = None
        self._versions: dict[str, tuple[Turn, int]] = {}
        self._rendered: OrderedDict[str, tuple[Turn | Alternative, _Rendered]] = OrderedDict()

    @property
    def weight(self) -> int:
        """How many characters a view lays out again with each change: those of the open block."""
        return self._growing.open_length if self._growing is not None else 0

    def change(self, head: Mapping[str, Any]) -> Sent | None:
        """What is new, as the next message; ``None`` when nothing is.

        Args:
            head: What stands around the turns: the model, the status, and the like.
        """
        message = Sent({}, [])
        try:
            self._note_changes(head, message)
        except Exception:
            self._growing = self._turns = None
            self.number += 1  # what is lost with it is noticed by the views, which then ask for the state
            raise
        if not message.content:
            return None
        self.number += 1
        message.content.update(type="change", number=self.number)
        return message

    def _note_changes(self, head: Mapping[str, Any], message: Sent) -> None:
        answering = self.conversation.answering  # first: what it becomes is then among the turns
        turns = self.conversation.turns
        open_id = answering.draft.id if answering is not None else None
        if (
            turns is not self._turns or open_id != self._open_id
        ):  # looked at only then: there may be thousands
            if any(turn.id == open_id for turn in turns):
                answering = open_id = None
            rows = self._rows_of(turns, answering)
            if rows != self._rows:
                self._finish_growing(turns, message)
                self._add_new(turns, rows, message)
                self._rows = message.content["rows"] = rows
            self._turns, self._open_id = turns, open_id
        self._grow(answering, message)
        if head != self._head:
            self._head = message.content["head"] = dict(head)

    def state(self) -> Sent:
        """All that the changes so far have told."""
        message = Sent({"type": "state", "number": self.number}, [])
        ids = [row[0] for row in self._rows]
        message.content.update(rows=self._rows, head=self._head, items=self._items(ids[-FIRST:], message))
        if self._growing is not None:
            message.content["live"] = self._live(self._growing, message)
        return message

    def items(self, ids: Iterable[str]) -> Sent:
        """What is shown of some turns."""
        message = Sent({"type": "items"}, [])
        message.content["items"] = self._items(ids, message)
        return message

    def _rows_of(self, turns: Sequence[Turn], answering: Answering | None) -> list[list[Any]]:
        """For each turn its id, its version (-1 while it is open), and whether it is stale and pinned."""
        stale = self.conversation.stale
        rows = [[turn.id, self._version(turn), turn.id in stale, turn.pinned] for turn in turns]
        if answering is not None:
            draft = answering.draft
            open_row = [draft.id, -1, False, draft.pinned]
            places = [place for place, turn in enumerate(turns) if turn.id == draft.replaces]
            for place in places or [len(rows)]:
                rows[place : place + 1] = [open_row]
        return rows

    def _version(self, turn: Turn) -> int:
        known, version = self._versions.get(turn.id, (None, 0))
        if turn is not known:
            if known is not None and _shown(turn) != _shown(known):
                version += 1
            self._versions[turn.id] = turn, version
        return version

    def _finish_growing(self, turns: Sequence[Turn], message: Sent) -> None:
        """The turn that an open one has become: the views have most of it already."""
        growing = self._growing
        ended = [turn for turn in turns if growing is not None and turn.id == growing.id]
        if growing is None or not ended:
            return
        [turn] = ended
        end = growing.finish(turn.shown)
        whole = _Rendered((*end.blocks, *_asides(turn)), end.thought, end.media)
        self._remember(turn, whole)
        new = _Rendered(whole.blocks[end.kept :], end.thought, end.media[end.kept_media :])
        item = {**self._item(turn, new, message), "kept": end.kept}
        message.content["items"] = [{**item, "kept_media": end.kept_media} if end.kept_media else item]

    def _add_new(self, turns: Sequence[Turn], rows: list[list[Any]], message: Sent) -> None:
        """What is shown of the last turns that were not there before."""
        known = {(row[0], row[1]) for row in self._rows}
        finished = {item["id"] for item in message.content.get("items", ())}
        new = [row[0] for row in rows[-FIRST:] if (row[0], row[1]) not in known and row[0] not in finished]
        if items := self._items(new, message):
            message.content.setdefault("items", []).extend(items)

    def _grow(self, answering: Answering | None, message: Sent) -> None:
        if answering is None:
            self._growing = None
            return
        draft, progress = answering.draft, answering.progress
        if self._growing is None or self._growing.id != draft.id:
            is_data = getattr(progress, "expected", None) is not None
            self._growing = LiveAnswer(draft.id, opening="```json\n" if is_data else "")
            self._asked = draft
            self._growing.advance(progress)
            message.content["live"] = self._live(self._growing, message)
        elif news := self._growing.advance(progress):
            message.content["live"] = {"id": draft.id, **_with_media(news, message)}

    def _live(self, growing: LiveAnswer, message: Sent) -> dict[str, Any]:
        return {"id": growing.id, **_prompt(self._asked, message), **_with_media(growing.whole(), message)}

    def _items(self, ids: Iterable[str], message: Sent) -> list[dict[str, Any]]:
        now = self.conversation.turns
        if now is not self._turns:
            self._turns = (
                None  # these items may be newer than the rows that were told: the next change looks again
            )
        turns = {turn.id: turn for turn in now}
        return [self._item(turns[id], self._shown(turns[id]), message) for id in ids if id in turns]

    def _item(self, turn: Turn, shown: _Rendered, message: Sent) -> dict[str, Any]:
        item = {
            "id": turn.id,
            "version": self._version(turn),
            **_prompt(turn, message),
            "blocks": shown.blocks,
            "reasoning": replace_surrogates(shown.thought),
            "text": _text(turn),
            "foot": replace_surrogates(footer(turn)),
        }
        if turn.alternatives:
            item["others"] = [
                self._other(place, answer) for place, answer in enumerate(turn.answers) if place != turn.kept
            ]
        return _with_media({**item, "media": shown.media}, message) if shown.media else item

    def _other(self, place: int, answer: Alternative) -> dict[str, Any]:
        shown = self._shown(answer, embed=True)  # it is folded, and has no place of its own for media
        return {
            "answer": place,
            "model": single_line(replace_surrogates(answer.model)),
            "blocks": shown.blocks,
            "reasoning": replace_surrogates(shown.thought),
            "text": _text(answer),
            "foot": replace_surrogates(footer(answer)),
        }

    def _shown(self, turn: Turn | Alternative, *, embed: bool = False) -> _Rendered:
        known = self._rendered.get(turn.id)
        if known is not None and (known[0] is turn or known[0].exchange == turn.exchange):
            self._rendered.move_to_end(turn.id)
            return known[1]
        body = Body(embed=embed)
        body.finish(turn.shown)
        shown = _Rendered((*body.blocks, *_asides(turn)), body.thought, body.media)
        self._remember(turn, shown)
        return shown

    def _remember(self, turn: Turn | Alternative, shown: _Rendered) -> None:
        self._rendered[turn.id] = turn, shown
        if len(self._rendered) > _REMEMBERED:
            self._rendered.popitem(last=False)


def _prompt(turn: Turn | Draft | None, message: Sent) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    if turn is None:
        return {"prompt": "", "images": images, "along": ""}
    for part in turn.prompt.parts:
        if isinstance(part, ImagePart):
            images.append({"type": part.media_type, "buffer": len(message.buffers)})
            message.buffers.append(part.data)
    along = ", ".join(one.told for one in turn.included)
    return {
        "prompt": replace_surrogates(turn.asked),
        "images": images,
        "along": single_line(replace_surrogates(along and f"with {along}")),
    }


def _text(turn: Turn | Alternative) -> str:
    return replace_surrogates("\n\n".join(filter(None, (excerpt(turn.answer), left_out(turn.answer)))))


def _with_media(content: dict[str, Any], message: Sent) -> dict[str, Any]:
    """What is told of an answer, with its images and recordings among the message's buffers."""
    if "media" not in content:
        return content
    media = []
    for one in content["media"]:
        media.append({"type": one.media_type, "buffer": len(message.buffers), "told": one.told})
        message.buffers.append(one.data)
    return {**content, "media": media}


def _asides(turn: Turn | Alternative) -> tuple[str, ...]:
    """The block of what is beside the text."""
    html = left_out_html(turn.answer) + asides_html(turn.parts)
    return (html,) if html else ()


def _shown(turn: Turn) -> tuple[Any, ...]:
    return (
        *(turn.prompt, turn.asked, turn.included, turn.exchange, turn.status, footer(turn)),
        *(turn.alternatives, turn.kept),
    )
