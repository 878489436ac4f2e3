"""``%chat``: what is in use, what can be used, and what has been said."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import runner
from ..conversation import Conversation, Turn
from ..errors import ChatError, InvalidOptionError
from ..keys import Secret
from ..providers.registry import default_model, get_provider, list_providers, resolve
from .arguments import cell_parser, provider_parser, split
from .output import show_table, show_text

if TYPE_CHECKING:
    from .extension import ChatMagics

_MARKS = {"stopped": " (stopped)", "failed": " (incomplete)", "complete": ""}


class Commands:
    """The subcommands of ``%chat``. The first line of each one's docstring is its entry in the help.

    Parameters:
        magics: The extension, whose conversations and settings they are about.
    """

    def __init__(self, magics: ChatMagics) -> None:
        self._magics = magics

    def run(self, line: str) -> None:
        """Runs the subcommand that a line names.

        Raises:
            ChatError: There is no such subcommand, or it fails; in one line.
        """
        words = split(line)
        if not words:
            return self.status([])
        command = COMMANDS.get(words[0])
        if command is None:
            raise InvalidOptionError(
                f"%chat has no subcommand {words[0]!r}",
                hint=f"It has {', '.join(COMMANDS)}. To ask something, write it beneath %%chat.",
            )
        return command(self, words[1:])

    def status(self, words: list[str]) -> None:
        """Shows what is in use and what can be used."""
        _take(words)
        try:
            model = self._magics.model or default_model()
        except ChatError as error:
            model = f"none: {error}"
        rows = [["model", model], ["providers", ", ".join(list_providers())]]
        rows += [
            [f"conversation {conversation.name}", _turns(len(conversation))]
            for conversation in self._magics.conversations.values()
        ]
        show_table(self._magics.interpreter, (), [*rows, ["more", "%chat help"]])

    def use(self, words: list[str]) -> None:
        """MODEL: uses that model from now on; the conversation stays."""
        [model] = _take(words, "MODEL")
        resolve(model)
        self._magics.model = model
        show_text(f"{model} answers from now on.")

    def history(self, words: list[str]) -> None:
        """[NAME]: shows the turns of a conversation."""
        conversation = self._named(words)
        if not conversation.turns:
            return show_text("Nothing has been said yet.")
        rows = [_row(number, turn) for number, turn in enumerate(conversation.turns, start=1)]
        return show_table(self._magics.interpreter, ("", "Prompt", "Answer", "Model"), rows)

    def reset(self, words: list[str]) -> None:
        """[NAME]: forgets the turns of a conversation; undo brings them back."""
        conversation = self._named(words)
        count = conversation.reset()
        show_text(
            f"{_turns(count)} forgotten; %chat undo brings them back." if count else "Nothing to forget."
        )

    def undo(self, words: list[str]) -> None:
        """[NAME]: takes the last change of a conversation back."""
        conversation = self._named(words)
        if conversation.undo():
            show_text(f"Taken back; the conversation has {_turns(len(conversation))} now.")
        else:
            show_text("Nothing to take back.")

    def models(self, words: list[str]) -> None:
        """[PROVIDER]: lists models that can be used."""
        names = [words[0]] if words else list_providers()
        _take(words[1:])
        if words:
            get_provider(words[0])
        from ..providers import catalog

        rows: list[list[str]] = []
        for name, listed in runner.run(catalog.models(names)).items():
            if isinstance(listed, ChatError):
                rows.append([f"{name}:…", f"not listed: {listed.message}"])
            else:
                rows += [[f"{name}:{model}", ""] for model in listed] or [[f"{name}:…", "any model it has"]]
        show_table(self._magics.interpreter, (), rows)

    def provider(self, words: list[str]) -> None:
        """NAME --base-url URL [--key-env VARIABLE]: adds a server that speaks chat completions."""
        from ..providers.vendors import add_vendor

        options = provider_parser().parse_args(words)
        add_vendor(options.name, base_url=options.base_url, key_env=options.key_env)
        show_text(f"{options.name}:MODEL can be used from now on.")

    def key(self, words: list[str]) -> None:
        """set|forget PROVIDER: keeps a key in the system's keyring, read without echo, or removes it."""
        from .. import keychain

        action, name = _take(words, "set or forget", "PROVIDER")
        name = getattr(get_provider(name), "account", "") or name  # two dialects of one vendor share its key
        if action == "forget":
            gone = keychain.forget_key(name)
            show_text("The key is removed." if gone else f"There was no key for {name}.")
        elif action == "set":
            key = Secret(getpass.getpass(f"API key for {name}: "))
            if not key:
                raise InvalidOptionError("nothing was entered", hint="The key is as it was.")
            keychain.store_key(name, key)
            show_text(f"The key for {name} is kept in the system's keyring.")
        else:
            raise InvalidOptionError(f"%chat key does not know {action!r}", hint="Write set or forget.")

    def help(self, words: list[str]) -> None:
        """Shows this."""
        _take(words)
        lines = ["%chat: shows what is in use and what can be used."]
        lines += [f"%chat {name} {command.__doc__}" for name, command in COMMANDS.items()]
        show_text("\n".join(lines) + "\n\n" + cell_parser().format_help())

    def _named(self, words: list[str]) -> Conversation:
        if not words:
            return self._magics.conversation()
        [name] = _take(words, "NAME")
        if name not in self._magics.conversations:
            names = ", ".join(self._magics.conversations) or "none yet"
            raise InvalidOptionError(f"no conversation is called {name!r}", hint=f"There are: {names}.")
        return self._magics.conversation(name)


COMMANDS: dict[str, Callable[[Commands, list[str]], None]] = {
    "use": Commands.use,
    "models": Commands.models,
    "provider": Commands.provider,
    "key": Commands.key,
    "history": Commands.history,
    "reset": Commands.reset,
    "undo": Commands.undo,
    "help": Commands.help,
}


def complete(_shell: Any, event: Any) -> list[str]:
    """What may come next on the line of ``%chat`` or ``%%chat``."""
    words = event.line.split()
    previous = words[-1] if event.line.endswith(" ") else words[-2] if len(words) > 1 else ""
    if event.line.startswith("%%"):
        if previous in ("-m", "--model", "%%chat"):
            flags = [] if previous != "%%chat" else _flags()
            return [*flags, *(f"{name}:" for name in list_providers())]
        return _flags()
    if previous == "%chat":
        return list(COMMANDS)
    if previous == "use":
        return [f"{name}:" for name in list_providers()]
    return list_providers() if previous == "models" else []


def _flags() -> list[str]:
    return [flag for action in cell_parser()._actions for flag in action.option_strings]


def _take(words: list[str], *names: str) -> list[str]:
    """The words, when there are as many as there should be."""
    if len(words) != len(names):
        wanted = " ".join(names) or "nothing more"
        raise InvalidOptionError(f"here comes {wanted}, not {' '.join(words) or 'nothing'!r}")
    return words


def _row(number: int, turn: Turn) -> list[str]:
    answer = _cut(turn.answer) + _MARKS[turn.status]
    return [str(number), _cut(turn.prompt.text), answer, turn.model]


def _cut(text: str, length: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _turns(count: int) -> str:
    return "1 turn" if count == 1 else f"{count} turns"
