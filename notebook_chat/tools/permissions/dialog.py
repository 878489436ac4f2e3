"""The question in a cell or a terminal: the whole call as plain text, and the answer in a line."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable

import msgspec

from ...renderers.terminal import writable
from ...secrets import redact
from ...text import seen, single_line
from .. import arguments as call_arguments
from ..confirmation import Confirmation, Reply, Scope
from ..tool import ArgumentsError
from .call_text import call_text

_PAGE = 20_000  # characters of a call that are shown at once
_FURTHER = 200_000
_MOST_ANSWERS = 10  # that are not understood
_LETTERS: dict[str, Scope] = {"c": "conversation", "n": "notebook", "a": "always"}
_WORDS = {
    "conversation": "c = in this conversation",
    "notebook": "n = in this notebook",
    "always": "a = always",
}
_YES, _NO = ("y", "yes"), ("n", "no", "")

_REFUSED = Reply(False, words="no answer was understood")


class Dialog:
    """Asks about a call, and reads the answer. It blocks, and an interrupt ends it.

    Args:
        read: Reads a line behind a prompt.
        show: Shows lines.
    """

    def __init__(
        self, read: Callable[[str], str] | None = None, show: Callable[[str], object] | None = None
    ) -> None:
        self._read_line = read or input
        self._show = show or _print

    def ask(self, confirmation: Confirmation) -> Reply | None:
        """The user's answer; ``None`` where nobody can be asked after all.

        Args:
            confirmation: The question.
        """
        try:
            return self._asked(confirmation)
        except EOFError:
            return Reply(False, words="there was no answer")
        except (RecursionError, TypeError, ValueError):
            return Reply(False, words="the arguments cannot be shown in full")
        except Exception as error:
            if type(error).__name__ == "StdinNotImplementedError":  # ipykernel's own
                return None
            raise

    def _asked(self, confirmation: Confirmation) -> Reply:
        pages = self._shown(confirmation)
        changed = False
        for _ in range(_MOST_ANSWERS):
            said = self._line(_prompt(confirmation, more=bool(pages)))
            word, _, rest = said.partition(" ")
            word = word.lower().rstrip(",:.")
            if word in _NO and (word or not rest):
                return Reply(False, words=rest.strip())
            if word == "x" and not rest:
                return Reply(False, rest=True)
            if word == "s" and pages:
                self._show(pages.pop(0))
            elif word in ("e", "edit") and not rest:
                if (edited := self._edited(confirmation)) is not None:
                    confirmation, changed = edited, True
                    pages = self._shown(confirmation)
            elif word in (*_YES, "a", "always") and pages and not rest:
                self._show("Not all of it has been shown yet: s shows more, n says no.")
            elif word in _YES and not rest:
                return Reply(True, arguments=confirmation.arguments if changed else None)
            elif word in ("a", "always") and not rest:
                if (lasting := self._lasting(confirmation, changed)) is not None:
                    return lasting
            else:
                self._show("That is none of the answers.")
        return _REFUSED

    def _shown(self, confirmation: Confirmation) -> list[str]:
        """Shows the call, or where it is long its beginning and its end; what has not been shown, in pages."""
        text = redact(call_text(confirmation))
        if len(text) <= _PAGE:
            self._show(text)
            return []
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        head, tail = text[: _PAGE - 2000], text[-2000:]
        middle = text[len(head) : -len(tail)]
        self._show(
            f"{head}\n… {len(middle):,} of {len(text):,} characters are not shown yet (sha256 {digest}); it ends:\n"
            f"{tail}"
        )
        return [middle[at : at + _FURTHER] for at in range(0, len(middle), _FURTHER)]

    def _lasting(self, confirmation: Confirmation, changed: bool) -> Reply | None:
        """A yes that lasts; ``None`` where the user thinks better of it."""
        letters = {letter: scope for letter, scope in _LETTERS.items() if scope in confirmation.scopes}
        if not letters:
            self._show("This can be allowed once only: y or n.")
            return None
        whole = " (any code that a model writes)" if confirmation.kind == "run" else ""
        choices = ", ".join(_WORDS[scope] for scope in letters.values())
        said = self._line(
            f"How long may {confirmation.tool} run unasked{whole}? {choices};"
            " with ! behind it for exactly these arguments: "
        ).lower()
        scope = letters.get(said.rstrip("!").strip())
        if scope is None:
            self._show("Nothing is allowed yet.")
            return None
        arguments = confirmation.arguments if changed else None
        return Reply(True, scope, arguments, exact=said.endswith("!"))

    def _edited(self, confirmation: Confirmation) -> Confirmation | None:
        """The call with other arguments; ``None`` where they stay as they are."""
        written = msgspec.json.encode(dict(confirmation.arguments)).decode()
        if len(written) <= _PAGE:
            self._show(redact(_escaped(written)))
        said = self._line("The arguments as JSON, or name=value for one of them (nothing leaves them): ")
        if not said:
            return None
        try:
            if said.startswith("{"):
                arguments = call_arguments.read(said)
            else:
                name, equals, value = said.partition("=")
                if not equals or not name.strip():
                    raise ArgumentsError("that is neither a JSON object nor name=value")
                arguments = {**confirmation.arguments, name.strip(): _value(value.strip())}
        except ArgumentsError as error:
            self._show(single_line(str(error)))
            return None
        return msgspec.structs.replace(confirmation, arguments=arguments, proposal="")

    def _line(self, prompt: str) -> str:
        return self._read_line(writable(prompt, sys.stdout)).strip()


def _prompt(confirmation: Confirmation, *, more: bool) -> str:
    choices = ["y = yes", "n = no (and why)"]
    if len(confirmation.scopes) > 1:
        choices.append("a = always")
    choices += ["e = edit", "x = no to all", *(["s = show more"] * more)]
    return f"Run {single_line(seen(confirmation.tool))}? [{', '.join(choices)}] "


def _escaped(written: str) -> str:
    """JSON that means the same, and in which nothing is invisible."""
    if seen(written) == written:
        return written
    return "".join(one if seen(one) == one else _number(one) for one in written)


def _number(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _value(text: str) -> object:
    """A value that the user wrote: JSON where it is some, else a text."""
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return value


def _print(text: str) -> None:
    print(writable(text, sys.stdout))  # noqa: T201
