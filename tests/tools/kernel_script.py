"""A model with a script, for kernels that tests start: what is to be run in one first."""

from __future__ import annotations

SCRIPTED = '''\
import json
from notebook_chat import Chat
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.messages import ImagePart, TextPart, ToolResultPart
from notebook_chat.providers import AsyncGeneratorProvider
from notebook_chat.tools import Verdict


class Yes:
    """Says yes to everything, and keeps what was proposed."""

    def __init__(self):
        self.proposals = []

    async def decide(self, call, tell):
        self.proposals.append(call.tool.proposal(call.arguments))
        return Verdict(True)


def model(script):
    """A provider whose answers call what a function gives for the results so far: lists of (name, arguments)."""

    class Scripted(AsyncGeneratorProvider):
        name = "scripted"
        default_model = "s"
        options = frozenset({"tools", "tool_choice"})
        takes_result_media = True

        @classmethod
        async def stream(cls, model, messages, **options):
            results = [part for one in messages for part in one.parts if isinstance(part, ToolResultPart)]
            calls = script(results)
            for place, (name, arguments) in enumerate(calls):
                yield ToolCall(place, f"c{len(results)}-{place}", name, json.dumps(arguments))
            yield Finish("tool_calls") if calls else TextDelta("Done.")

    return Scripted


def told(result):
    """The text of a result."""
    return "".join(part.text for part in result.parts if isinstance(part, TextPart))


def ask(*rounds, tools=("edit", "run"), permit=None, **options):
    """Has a model make these calls, a list of them in each round; the results."""
    found = []

    def script(results):
        found[:] = results
        number = script.number = getattr(script, "number", -1) + 1
        return rounds[number] if number < len(rounds) else []

    chat = Chat(provider=model(script), tools=list(tools), permit=permit or Yes(), **options)
    chat.ask("go")
    return [part for part in chat.conversation.turns[-1].parts if isinstance(part, ToolResultPart)]
'''
