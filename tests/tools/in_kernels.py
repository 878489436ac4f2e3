"""What a cell runs to have a chat with a scripted model and a tool, and somebody who is asked about its calls."""

from __future__ import annotations

SET_UP = """
import asyncio, json, pathlib
from notebook_chat import Chat, ChatPanel
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.providers import AsyncGeneratorProvider
from notebook_chat.renderers import DisplayRenderer, play
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import Confirmation, Tool, ToolOutput, Verdict

def from_file(name, default):
    path = pathlib.Path(name)
    return json.loads(path.read_text()) if path.exists() else default

ARGUMENTS = from_file("arguments.json", {"a": 2, "b": 3})
MORE = from_file("more.json", {"why": "", "proposal": ""})

class Scripted(AsyncGeneratorProvider):
    name, default_model, options = "scripted", "s", frozenset({"tools", "tool_choice"})
    asked = 0

    @classmethod
    async def stream(cls, model, messages, **options):
        cls.asked += 1
        if messages[-1].role == "tool":
            yield TextDelta("It **gave** something.")
            yield Finish("stop")
        else:
            yield TextDelta("Let me see.")
            for number in range(2 if "both" in messages[-1].text else 1):
                yield ToolCall(number, f"c{cls.asked}-{number}", "add", json.dumps(ARGUMENTS))
            yield Finish("tool_calls")

class Add(Tool):
    spec, kind, server, ran = ToolSpec("add", "Adds.", {"type": "object"}), "mcp", MORE.get("server", "sums"), []

    async def run(self, arguments, tell):
        self.ran.append(dict(arguments))
        while MORE.get("waits") and not pathlib.Path("given").exists():
            tell("adding up", 0.5)
            await asyncio.sleep(0.02)
        return ToolOutput.text(MORE.get("result") or str(arguments))

class Asks:
    def __init__(self, confirmer=None):
        self.confirmer = confirmer

    def asking(self, confirmer):
        return Asks(confirmer)

    async def decide(self, call, tell):
        if self.confirmer is None:
            return Verdict(True)
        tell(f"waiting for your yes: {call.tool.name}", None)
        tool = call.tool
        asked = Confirmation(tool.name, tool.kind, call.arguments, tool.server, MORE["why"], MORE["proposal"],
                             model=call.model)
        reply = await self.confirmer.ask(asked)
        return Verdict(reply is not None and reply.yes, reply and reply.arguments, reply.words if reply else "")

chat = Chat(provider=Scripted, tools=[Add()], permit=Asks())
"""
"""Beside it may stand ``arguments.json``, the arguments of the calls, and ``more.json`` with ``why``, ``proposal``,
``server``, ``result``, and ``waits``: until there is a file ``given``."""
