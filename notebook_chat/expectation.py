"""The data that an answer is to be: whether it is, and what is asked where it is not."""

from __future__ import annotations

from typing import Any

from .answer import AnswerSnapshot
from .errors import DataError
from .events import TOO_LARGE
from .messages import Message
from .question import Asked, Target
from .schemas import Adapted, JSONError, Shape, adapt, as_text, parse, partial
from .schemas.json_text import unfenced
from .schemas.rows import columns_of

_LONGEST = 20_000
"""How much of an answer that was no good goes out again, in characters."""

_LONGEST_WORDS = 1000  # of what is wrong, in characters

_ENDS = {
    "length": (
        "it was cut off at the token limit",
        "Give it more room: --max-tokens, or max_tokens= in Python.",
    ),
    TOO_LARGE: ("it became larger than max_characters", "Give it more room: max_characters."),
    "content_filter": ("the service withheld it, or a part of it", "Word the prompt differently."),
    "refusal": ("the model declined", "Word the prompt differently."),
    "tool_calls": ("it ended with a call of a tool", "Ask without tools, or ask on."),
}
"""The reasons for an answer's end after which it is not looked at, and asking again is of no use."""


class Expectation:
    """What is expected of one answer.

    Args:
        shape: What the answer is to be.
        target: Who is asked.

    Attributes:
        shape: As given.
        adapted: Its schema, as the model is asked for it.
        data: The data, once the answer has turned out to be them.
        value: The same as JSON.
        error: Why there are none; ``None`` once there are.
    """

    def __init__(self, shape: Shape, target: Target) -> None:
        self.shape = shape
        self.adapted: Adapted = adapt(shape.json_schema, target.provider.schema_subset)
        self.data: Any = None
        self.value: Any = None
        self.error: DataError | None = None
        self.repairable = False
        self.begin()

    def begin(self) -> None:
        """An answer is to come, and nothing of it has."""
        self.error = DataError("the answer is not whole, and so no data", hint="Run it again.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table of the data; none where they are no list of objects."""
        return columns_of(self.shape.json_schema)

    def judge(self, snapshot: AnswerSnapshot) -> None:
        """Takes an answer that is whole: the reason for its end first, then its text.

        Args:
            snapshot: The answer.
        """
        self.error, self.repairable = self._judged(snapshot), False
        if self.error is not None:
            self.repairable = snapshot.finish_reason not in _ENDS

    def _judged(self, snapshot: AnswerSnapshot) -> DataError | None:
        text = snapshot.final_text
        if snapshot.finish_reason in _ENDS:
            words, hint = _ENDS[snapshot.finish_reason]
            return DataError(
                f"the answer is not the data that were asked for: {words}", hint=hint, partial=text
            )
        try:
            self.value, self.data = self._read(text)
            return None
        except JSONError as error:
            what = f"the answer is no JSON: {error}"
        except Exception as error:  # also what a class's own validators raise
            words = " ".join(str(error).split())[:_LONGEST_WORDS] or type(error).__name__
            what = f"the answer does not fit the schema: {words}"
        return DataError(what, partial=text)

    def _read(self, text: str) -> tuple[Any, Any]:
        """The value that a text is, and the data that it means."""
        given = parse(text)
        value = self.adapted.back(given)
        try:
            return value, self.shape.decode(value, unfenced(text) if value == given else None)
        except Exception:
            if not self.adapted.changed:
                raise
            try:  # a service that has not seen the schema may have answered in the form of the first one
                return given, self.shape.decode(given)
            except Exception:
                pass
            raise

    def correction(self, snapshot: AnswerSnapshot) -> tuple[Message, ...]:
        """What is sent behind a prompt whose answer was no good: the answer, and what is wrong with it.

        Args:
            snapshot: The answer.
        """
        assert self.error is not None
        text = snapshot.final_text.strip()
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n[…]"
        words = f"That cannot be used: {self.error.message}. Answer once more, with corrected JSON alone."
        if self.adapted.asked:
            words += f" It must fit this JSON schema:\n\n{as_text(self.adapted.asked)}"
        answered = (Message("assistant", shown),) if shown else ()
        return (*answered, Message("user", words))

    def partial(self, text: str) -> Any:
        """As much of the value as a text has that is still coming; ``None`` where there is none yet.

        Args:
            text: The text.
        """
        return self.adapted.unwrapped(partial(text))


def expectation(asked: Asked) -> Expectation | None:
    """What is expected of one who is asked; ``None`` for any text.

    Args:
        asked: Who is asked, and how.
    """
    return None if asked.shape is None else Expectation(asked.shape, asked.target)
