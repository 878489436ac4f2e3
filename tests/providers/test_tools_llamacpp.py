"""Tools against a real server that speaks OpenAI's two dialects: llama.cpp's, whose templates fail where a history of
calls is not as they want it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat, errors
from notebook_chat.events import Finish
from notebook_chat.messages import Message, TextPart, ToolCallPart
from notebook_chat.providers import OpenAI, OpenAIResponses
from notebook_chat.providers.registry import get_provider
from notebook_chat.tool_spec import ToolSpec

from .test_tools_chat import SCHEMAS, adder, exchange, result

pytestmark = pytest.mark.model

SERVER = """
import sys, xllamacpp
path, template = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = path
params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 4096, 1, False, 0
params.use_jinja, params.endpoint_props, params.ui = True, True, False
if template:
    params.chat_template = template
server = xllamacpp.Server(params)
print("listening", server.listening_address, flush=True)
sys.stdin.read()
"""
TEMPLATE = """{%- if tools %}<|im_start|>system
Tools: <tools>{% for tool in tools %}{{ tool.function.name }} {% endfor %}</tools>
Call one as <tool_call>{"name": "...", "arguments": {...}}</tool_call><|im_end|>
{% endif %}{%- for message in messages %}<|im_start|>{{ message.role }}
{% if message.content %}{{ message.content }}{% endif %}{% for call in message.tool_calls or [] %}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>
{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


@pytest.fixture(scope="module", params=["", TEMPLATE], ids=["without tools", "with tools"])
def server(request: pytest.FixtureRequest, model_file: Path) -> Iterator[tuple[str, bool]]:
    """Where a server is, and whether its template has a place for tools."""
    command = [sys.executable, "-c", SERVER, str(model_file), request.param]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        line = b""
        for line in child.stdout:
            if line.startswith(b"listening"):
                break
        address = line.decode().split()[-1]
        assert address.startswith("http"), "it did not start"
        yield f"{address}/v1", bool(request.param)
        child.stdin.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()


HISTORY = exchange(
    TextPart("I add."), ToolCallPart("toolu_1", "add", '{"a": 1, "b": 2}'), ToolCallPart("toolu_2", "add", '{"a": 1'),
    results=(result("toolu_1", "3"), result("toolu_2", "it is no JSON", is_error=True)),
)  # fmt: skip
TOOLS = [ToolSpec(f"tool_{place}", "A tool.", schema) for place, (schema, _) in enumerate(SCHEMAS.values())]


@pytest.mark.parametrize("provider", [OpenAI, OpenAIResponses])
async def test_a_history_of_calls_is_taken(provider: Any, server: tuple[str, bool]) -> None:
    to: Any = {"base_url": server[0], "api_key": "x", "max_tokens": 2}
    result = provider.create_async_generator("m", [*HISTORY, Message("assistant", "So."), *HISTORY], **to)
    assert any([isinstance(event, Finish) async for event in result.events()])


@pytest.mark.parametrize("provider", [OpenAI, OpenAIResponses, "llamacpp"])
async def test_schemas_of_any_form_are_taken(provider: Any, server: tuple[str, bool]) -> None:
    address, can = server
    if not can:
        pytest.skip("tools are left out without a word")
    asked = get_provider(provider) if isinstance(provider, str) else provider
    to: Any = {"base_url": address, "api_key": "x", "max_tokens": 2, "tools": TOOLS}
    assert any(
        [isinstance(event, Finish) async for event in asked.create_async_generator("m", "hi", **to).events()]
    )


def test_what_its_model_can_is_known_before_it_is_asked(server: tuple[str, bool]) -> None:
    address, can = server
    chat = Chat("llamacpp:m", base_url=address, api_key="", tools=[adder()], max_tokens=4)
    if can:
        chat.ask("1 + 2?")
    else:
        with pytest.raises(errors.InvalidOptionError, match="llamacpp:m cannot call tools"):
            chat.ask("1 + 2?")


def test_tools_are_in_the_prompt(server: tuple[str, bool]) -> None:
    address, can = server
    if not can:
        pytest.skip("they are left out without a word")
    sizes = []
    for tools in ([], [adder()]):
        chat = Chat("llamacpp:m", base_url=address, api_key="", tools=tools, max_tokens=2)
        usage = chat.ask("hi").usage
        assert usage is not None
        sizes.append(usage.input_tokens or 0)
    assert sizes[1] > sizes[0] + 20
