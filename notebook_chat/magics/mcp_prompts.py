"""Prompts and resources of MCP servers on the line of ``%%chat``: ``@server/prompt``, ``-a mcp:server/address``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import runner
from ..errors import InvalidMessagesError, InvalidOptionError
from ..session import NotebookSession
from .mcp_servers import MARK, find_server
from .output import show_text
from .reused_prompt import MARK as PROMPT

if TYPE_CHECKING:
    from ..prompt import LoadedPrompt


def is_server_prompt(name: str) -> bool:
    """Whether the name of a prompt is that of a server's: ``server/prompt``."""
    server = name.removeprefix(MARK).partition("/")[0]
    return "/" in name and server.strip(".") != ""  # and not a path, such as ../x


def load_server_prompt(
    name: str, given: Mapping[str, str], body: str, session: NotebookSession
) -> LoadedPrompt:
    """A prompt of a server, as it is to be asked. It is text and nothing else: braces in it mean nothing.

    Args:
        name: ``server/prompt``.
        given: Its arguments.
        body: What stands beneath the line, which goes below it.
        session: Whose notebook it is.

    Raises:
        ChatError: There is no such prompt, an argument is missing or unknown, or the server fails.
    """
    from ..prompt import LoadedPrompt

    server_name, _, prompt_name = name.removeprefix(MARK).partition("/")
    server = find_server(server_name, session)
    offer = runner.run(server.inspect())
    prompt = next((one for one in offer.prompts if one.name == prompt_name), None)
    if prompt is None:
        names = ", ".join(f"{PROMPT}{server_name}/{one.name}" for one in offer.prompts)
        raise InvalidOptionError(
            f"the server {server_name} has no prompt {prompt_name!r}",
            hint=f"It has {names}." if names else "It has none.",
        )
    takes = {one: needed for one, needed, _ in prompt.arguments}
    unknown = [one for one in given if one not in takes]
    missing = [one for one, needed in takes.items() if needed and one not in given]
    if unknown or missing:
        what = f"has no parameter {unknown[0]!r}" if unknown else f"needs {missing[0]}"
        raise InvalidOptionError(f"{PROMPT}{name} {what}", hint=f"It takes {', '.join(takes) or 'none'}.")
    text = runner.run(server.prompt(prompt_name, given))
    if not text.strip() and not body.strip():
        raise InvalidMessagesError(f"{PROMPT}{name} is empty")
    show_text(f"{PROMPT}{name} from {server.home}: {len(text):,} characters")
    mark = f"\ue000{os.urandom(8).hex()}:0\ue001"
    return LoadedPrompt(f"{PROMPT}{name}", "\n\n".join(filter(None, (mark, body))), {mark: text})


def is_resource(given: str) -> bool:
    """Whether what ``-a`` names is a resource of a server."""
    return given.startswith(MARK)


def with_resources(given: Sequence[str], session: NotebookSession) -> list[Any]:
    """The files that go along, with those in the place of ``mcp:server/address`` that servers have.

    Args:
        given: What ``-a`` names.
        session: Whose notebook it is.

    Raises:
        ChatError: There is no such server, or it fails.
    """
    found: list[Any] = []
    for one in given:
        if not is_resource(one):
            found.append(one)
            continue
        name, _, uri = one.removeprefix(MARK).partition("/")
        if not uri:
            raise InvalidOptionError(
                f"{one} names no resource",
                hint=f"Write -a {MARK}{name}/ADDRESS; %chat mcp resources {name} lists them.",
            )
        found.append(find_server(name, session).resource(uri))
    return found
