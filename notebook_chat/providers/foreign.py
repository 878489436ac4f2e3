"""Which dialect a stream is in, told by its first frame: for a hint where a server speaks another one."""

from __future__ import annotations

import re

_MARKS: dict[str, re.Pattern[bytes]] = {
    "OpenAI's responses": re.compile(rb'"type"\s*:\s*"response\.|"object"\s*:\s*"response"'),
    "Anthropic's messages": re.compile(
        rb'"type"\s*:\s*"(message_start|message_delta|content_block_|message")'
    ),
    "OpenAI's chat completions": re.compile(rb'"choices"\s*:|"object"\s*:\s*"chat\.completion'),
    "Gemini's API": re.compile(rb'"candidates"\s*:|"usageMetadata"\s*:|"modelVersion"\s*:'),
    "Ollama's API": re.compile(rb'"done"\s*:\s*(true|false)'),
}


def speaker(frame: bytes) -> str | None:
    """The dialect of a frame.

    Args:
        frame: The beginning of a stream, or its first frame.

    Returns:
        What the dialect is called, such as ``Ollama's API``; ``None`` where no sign of one is found.
    """
    return next((name for name, marks in _MARKS.items() if marks.search(frame)), None)
