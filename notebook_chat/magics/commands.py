"""``%chat``: what is in use, what can be used, and what has been said."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

from .. import runner
from ..errors import ChatError, InvalidOptionError
from ..keys import Secret
from ..providers.registry import default_model, get_provider, list_providers, resolve
from .arguments import cell_parser, provider_parser, split
from .output import show_table, show_text
from .records import Records, number_of, take, turns


class Commands(Records):
    """The subcommands of ``%chat``. The first line of each one's docstring is its entry in the help."""

    def run(self, line: str) -> None:
        """Runs the subcommand that a line names.

        Raises:
            ChatError: There is no such subcommand, or it fails; in one line.
        """
        name, _, rest = line.strip().partition(" ")
        if not name:
            return self.status([])
        command = COMMANDS.get(name)
        if command is None:
            raise InvalidOptionError(
                f"%chat has no subcommand {name!r}",
                hint=f"It has {', '.join(COMMANDS)}. To ask something, write it beneath %%chat.",
            )
        return command(self, [rest] if name == "search" else split(rest))  # a search may have quotes

    def status(self, words: list[str]) -> None:
        """Shows what is in use and what can be used."""
        take(words)
        try:
            model = self._magics.model or default_model()
        except ChatError as error:
            model = f"none: {error}"
        rows = [["model", model], ["providers", ", ".join(list_providers())]]
        rows += [
            [f"conversation {conversation.name}", turns(len(conversation))]
            for conversation in self._magics.conversations.values()
        ]
        show_table(self._magics.interpreter, (), [*rows, ["more", "%chat help"]])

    def use(self, words: list[str]) -> None:
        """MODEL: uses that model from now on; the conversation stays."""
        [model] = take(words, "MODEL")
        resolve(model)
        self._magics.model = model
        show_text(f"{model} answers from now on.")

    def reset(self, words: list[str]) -> None:
        """[NAME]: forgets the turns of a conversation; undo brings them back."""
        conversation = self._named(words)
        count = conversation.reset()
        show_text(
            f"{turns(count)} forgotten; %chat undo brings them back." if count else "Nothing to forget."
        )

    def undo(self, words: list[str]) -> None:
        """[NAME]: takes the last change of a conversation back."""
        conversation = self._named(words)
        if conversation.undo():
            show_text(f"Taken back; the conversation has {turns(len(conversation))} now.")
        else:
            show_text("Nothing to take back.")

    def fork(self, words: list[str]) -> None:
        """NAME [OF]: begins a conversation NAME with what has been said so far."""
        if not words:
            raise InvalidOptionError("here comes NAME", hint="%%chat -c NAME then goes on with it.")
        name, source = words[0], self._named(words[1:])
        there = self._magics.conversations.get(name)
        origin = there.origin if there is not None else None
        if there is not None and len(there) and (origin is None or origin.id != source.id):
            raise InvalidOptionError(f"there is a conversation called {name!r}", hint="Choose another name.")
        branch = source.branch(name, before=origin.position if origin else None)
        taken = len(branch)
        if there is not None and origin is not None:
            # The cell runs again: what was taken then is as it is now, and what the branch had itself stays.
            own = [turn for turn in there.turns if turn.position > origin.position]
            there.replace([*branch.turns, *own])
        else:
            self._magics.add(branch)
            if self._magics.store is not None:
                self._magics.store.save(branch)
        show_text(f"%%chat -c {name} goes on after {turns(taken)}.")

    def pin(self, words: list[str]) -> None:
        """N [NAME]: keeps a turn in the context however long the conversation grows."""
        number, rest = number_of(words)
        self._named(rest).pin(number)
        show_text(f"Turn {number} stays in the context.")

    def unpin(self, words: list[str]) -> None:
        """N [NAME]: keeps it there no longer than others."""
        number, rest = number_of(words)
        self._named(rest).pin(number, False)
        show_text(f"Turn {number} is not pinned any more.")

    def panel(self, words: list[str]) -> None:
        """[NAME]: shows a conversation in a window that keeps working while cells run."""
        from IPython.display import display

        display(self._magics.panel(*take(words, "NAME") if words else ()))  # type: ignore[no-untyped-call]

    def models(self, words: list[str]) -> None:
        """[PROVIDER]: lists models that can be used."""
        names = [words[0]] if words else list_providers()
        take(words[1:])
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

        action, name = take(words, "set or forget", "PROVIDER")
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
        take(words)
        lines = ["%chat: shows what is in use and what can be used."]
        lines += [f"%chat {name} {command.__doc__}" for name, command in COMMANDS.items()]
        show_text("\n".join(lines) + "\n\n" + cell_parser().format_help())


COMMANDS: dict[str, Callable[[Commands, list[str]], None]] = {
    "panel": Commands.panel,
    "use": Commands.use,
    "models": Commands.models,
    "provider": Commands.provider,
    "key": Commands.key,
    "history": Commands.history,
    "reset": Commands.reset,
    "undo": Commands.undo,
    "fork": Commands.fork,
    "pin": Commands.pin,
    "unpin": Commands.unpin,
    "show": Commands.show,
    "search": Commands.search,
    "list": Commands.list_,
    "rename": Commands.rename,
    "delete": Commands.delete,
    "export": Commands.export,
    "import": Commands.import_,
    "restore": Commands.restore,
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
