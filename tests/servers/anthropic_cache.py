"""A cache of prompts that counts as Anthropic's does: what is read from it, what is written into it.

Facts: platform.claude.com, "Prompt caching": a request's tools, system prompt and messages are one row of blocks. A
``cache_control`` at the top of a request marks the last of them: the row up to there is kept. A later request reads the
longest row that was kept and that it begins with, looking back from its mark over at most 20 blocks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .answers import Answer, Usage
from .recorder import Request

_LOOKS_BACK = 20
_CHARACTERS = 4  # that a token has


class PromptCache:
    """What a service keeps of prompts.

    Args:
        minimum: From how many tokens on a beginning is kept.
    """

    def __init__(self, minimum: int = 1024) -> None:
        self._minimum = minimum
        self._kept: set[str] = set()

    def usage(self, request: Request, output: int = 7) -> Usage:
        """What the prompt of a request costs, which is kept where the request says so.

        Args:
            request: The request.
            output: The tokens of the answer.
        """
        body = request.json
        rows, sizes = [], []
        digest = hashlib.sha256(str(body.get("model")).encode())
        for block in _row(body):
            digest.update(block)
            rows.append(digest.hexdigest())
            sizes.append(len(block) // _CHARACTERS + 1)
        total = sum(sizes)
        if body.get("cache_control") is None:
            return Usage(total, output)
        looked = range(len(rows), max(len(rows) - _LOOKS_BACK - 1, 0), -1)
        found = next((count for count in looked if rows[count - 1] in self._kept), 0)
        read = sum(sizes[:found])
        written = total - read if total >= self._minimum else 0
        if written:
            self._kept.add(rows[-1])
        return Usage(total, output, cached=read, written=written)

    def answering(self, answer: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        """A reply that answers as another one does, with what the cache makes of its usage."""

        def reply(request: Request) -> Answer:
            given = answer(request)
            figures = self.usage(request, given.usage.output if given.usage else 0)
            reasoning = given.usage.reasoning if given.usage else 0
            return Answer(
                *given.pieces,
                usage=replace(figures, reasoning=reasoning),
                finish=given.finish,
                model=given.model,
                wire=given.wire,
                headers=given.headers,
            )

        return reply


def _row(body: Mapping[str, Any]) -> Iterator[bytes]:
    for tool in body.get("tools") or ():
        yield _bytes(tool)
    if body.get("system"):
        yield _bytes(body["system"])
    settings = [body.get("thinking"), body.get("tool_choice"), body.get("output_config")]
    for message in body["messages"]:
        content = message["content"]
        for block in content if isinstance(content, list) else [{"type": "text", "text": content}]:
            # How the model is to think is a part of the messages: to change it loses what was kept of them.
            yield _bytes([message["role"], settings, block])


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
