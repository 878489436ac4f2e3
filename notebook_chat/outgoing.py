"""What goes out with a prompt, to look at: before it is sent, or afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .conversation import SentRequest, estimate
from .conversation.sent_requests import MOST_BYTES, MOST_REQUESTS
from .messages import ImagePart, MediaPart, Message, TextPart, ToolCallPart, ToolResultPart
from .parts import ONLY_SHOWN, Part
from .prompt.secrets.secret_search import masked
from .text import printable, single_line

_MESSAGE = 10_000
_MESSAGES = 100_000
_BODY = 10_000
"""How much of a message, of all messages and of the body is shown, in characters."""

_MARGIN = 4096  # more than is shown, so that a secret at the end of that is seen as one
_BLOB = re.compile(r"[A-Za-z0-9+/_-]{300,}={0,2}")


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """What goes out, or went out, with a prompt. It is shown without what looks like a secret; ``body`` has it all.

    Attributes:
        model: Who is asked, as ``provider:model``.
        messages: The messages that the model is given.
        url: Where the request goes, without credentials; empty where a provider from elsewhere makes the request.
        headers: The names of its headers.
        body: Its body, byte for byte; empty where a provider from elsewhere makes it.
        tokens: How many tokens the messages are.
        counted: Whether the service has counted them; else they are estimated.
        notes: What the reader should know: what goes along, turns left out, secrets.
        state: What has become of it, in a few words.
    """

    model: str
    messages: tuple[Message, ...]
    url: str = ""
    headers: tuple[str, ...] = ()
    body: bytes = b""
    tokens: int = 0
    counted: bool = False
    notes: tuple[str, ...] = ()
    state: str = "nothing was sent"

    @property
    def text(self) -> str:
        """It as text, long messages and a long body shortened."""
        lines = [self._head, *([self._where] if self.url else []), *map(_line, self.notes)]
        for number, (message, shown) in enumerate(_shown(self.messages), start=1):
            lines += ["", f"[{number} {_line(message.role)}, {_tokens(estimate([message]), False)}]", shown]
        if self.body:
            lines += ["", f"[body, {len(self.body):,} bytes]", _body(self.body)]
        return printable("\n".join(lines))

    @property
    def html(self) -> str:
        """It as HTML, in which nothing of it is alive."""
        from .markup import container

        notes = "".join(f"<li>{escape(_line(note))}</li>" for note in self.notes)
        rows = "".join(
            f"<tr><td>{number}</td><td>{escape(_line(message.role))}</td><td>{_pre(shown)}</td>"
            f"<td>{estimate([message]):,}</td></tr>"
            for number, (message, shown) in enumerate(_shown(self.messages), start=1)
        )
        count = "1 message" if len(self.messages) == 1 else f"{len(self.messages):,} messages"
        parts = [
            f"<p>{escape(self._head)}</p>",
            f"<p>{escape(self._where)}</p>" if self.url else "",
            f"<ul>{notes}</ul>" if notes else "",
            f"<details open><summary>{count}</summary><table><thead><tr><th></th><th>Role</th><th>Content</th>"
            f"<th>Tokens</th></tr></thead><tbody>{rows}</tbody></table></details>",
        ]
        if self.body:
            parts.append(
                f"<details><summary>Body, {len(self.body):,} bytes</summary>{_pre(_body(self.body))}</details>"
            )
        return container("".join(parts), style=True)

    @property
    def _head(self) -> str:
        return f"{_line(self.model)} · {_tokens(self.tokens, self.counted)} · {self.state}"

    @property
    def _where(self) -> str:
        return f"POST {_line(self.url)} (headers, without their values: {_line(', '.join(self.headers))})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return (
            f"<Outgoing to {_line(self.model)}: {len(self.messages):,} messages, {_tokens(self.tokens, self.counted)},"
            f" {len(self.body):,} bytes, {self.state}>"
        )


def went_out(requests: Sequence[SentRequest], number: int | None = None) -> Outgoing:
    """What went out with one ask.

    Args:
        requests: All requests of it, in order; at least one.
        number: Which of them is meant, from 1 on; ``None`` for the last.
    """
    number = len(requests) if number is None else number
    one = requests[number - 1]
    notes = list(one.notes)
    if len(requests) > 1:
        notes += [
            f"request {place} of {len(requests)}{' (this one)' if place == number else ''}: {_named(requests, place)}"
            for place in range(1, len(requests) + 1)
        ]
    if one.body is None:
        notes.append("this provider was given the messages, and made what it sent itself")
    return Outgoing(
        one.model,
        one.messages,
        one.url,
        one.headers,
        one.body or b"",
        estimate(one.messages),
        notes=tuple(notes),
        state=_outcome(one),
    )


def _named(requests: Sequence[SentRequest], place: int) -> str:
    """What one of several requests was, and what became of it."""
    one = requests[place - 1]
    before = next((other for other in reversed(requests[: place - 1]) if other.model == one.model), None)
    who = f"{_line(one.model)}, " if any(other.model != one.model for other in requests) else ""
    if before is None:
        what = "the first"
    elif len(one.messages) < len(before.messages):
        what = "with fewer turns"
    elif len(one.messages) > len(before.messages):
        what = "with the answer, and what was wrong with it"
    elif one.body == before.body:
        what = "the same once more"
    else:
        what = "a simpler request"
    return f"{who}{what}, {len(one.body or b''):,} bytes, {_outcome(one)}"


def _outcome(one: SentRequest) -> str:
    if one.body is None:
        return "sent"
    if one.status is None:
        return "sent, no response came"
    return f"sent, {'answered' if one.status == 200 else 'refused'} with status {one.status}"


def forgotten(what: str) -> str:
    """Says that it is not known any more what went out.

    Args:
        what: With what.
    """
    return (
        f"What went out with {what} is not known any more: that is kept for the last {MOST_REQUESTS} requests of this"
        f" kernel, up to {MOST_BYTES // 1024**2} MB."
    )


def shown_body(body: bytes) -> str:
    """A body as a whole, as it is shown: what looks like a secret is told by its size.

    Args:
        body: The body.
    """
    return printable(masked(body.decode("utf-8", "replace")))


def _shown(messages: Sequence[Message]) -> list[tuple[Message, str]]:
    """Each message with what is shown of it."""
    left, shown = _MESSAGES, []
    for message in messages:
        text = "\n".join(
            _part(part, min(_MESSAGE, left)) for part in message.parts if not isinstance(part, ONLY_SHOWN)
        )
        left = max(left - len(text), 200)
        shown.append((message, text))
    return shown


def _part(part: Part, longest: int) -> str:
    match part:
        case TextPart():
            return _cut(part.text, longest)
        case ImagePart():
            return f"[{part.media_type}, {len(part.data):,} bytes]"
        case ToolCallPart():
            return f"[calls {_line(part.name)} with {_cut(part.arguments, longest)}]"
        case ToolResultPart():
            return "\n".join(_part(one, longest) for one in part.parts)
    if isinstance(part, MediaPart):
        return f"[{_line(getattr(part, 'name', ''))} {_line(part.media_type)}, {len(part.data):,} bytes]"
    return f"[{type(part).__name__}]"


def _cut(text: str, longest: int) -> str:
    """The beginning and the end of a text, without secrets, with what is missing told between them."""
    if len(text) <= longest:
        return masked(text)
    head, tail = longest * 4 // 5, longest // 5
    beginning = masked(text[: head + _MARGIN])[:head]
    end = masked(text[-tail - _MARGIN :])[-tail:]
    return f"{beginning}\n[… {len(text) - head - tail:,} characters are not shown …]\n{end}"


def _body(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    text = _BLOB.sub(lambda blob: f"{blob[0][:20]}[… {len(blob[0]) - 20:,} characters …]", text)
    if len(text) <= _BODY:
        return masked(text)
    return f"{masked(text[: _BODY + _MARGIN])[:_BODY]}\n[… {len(text) - _BODY:,} characters are not shown …]"


def _tokens(count: int, counted: bool) -> str:
    return f"{count:,} tokens (counted by the service)" if counted else f"about {count:,} tokens"


def _pre(text: str) -> str:
    style = "white-space:pre-wrap;overflow-wrap:anywhere;text-align:left;max-height:24em;overflow:auto"
    return f'<pre style="{style}">{escape(printable(text))}</pre>'


def _line(text: str) -> str:
    return single_line(masked(text))
