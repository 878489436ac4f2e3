"""What all tools share that read the notebook."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ... import runner
from ...parts import ImagePart, TextPart
from ...prompt.values.bounds import cut_end
from ...tool_spec import ToolSpec
from ..tool import Kind, Tell, Tool, ToolOutput
from .view import NotebookView

TOKENS = 2000
"""How long what a tool gives may be, in tokens."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool has read.

    Attributes:
        text: It, as the model is given it.
        images: Figures.
    """

    text: str
    images: tuple[ImagePart, ...] = ()


class ReadingTool(Tool):
    """The base of the tools that read the notebook. They change nothing, and run nothing of the user's but what a
    prompt that names the value would.

    Attributes:
        called: What the model calls it by.
        description: What it is for, in words for the model.
        properties: The schemas of its arguments.
        needed: The names of those that must be given.

    Args:
        view: The notebook.
    """

    called: ClassVar[str]
    description: ClassVar[str]
    properties: ClassVar[Mapping[str, Any]] = {}
    needed: ClassVar[tuple[str, ...]] = ()

    kind: Kind = "notebook"
    home = "the notebook"
    reads_only = True
    seconds = 30.0

    def __init__(self, view: NotebookView) -> None:
        self.view = view
        parameters = {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.needed),
            "additionalProperties": False,
        }
        self.spec = ToolSpec(self.called, self.description, parameters, self.suggested())
        self.original = self.called

    def suggested(self) -> dict[str, tuple[str, ...]]:
        """What its arguments may well be as things are now."""
        return {}

    def belongs(self, arguments: Mapping[str, Any]) -> bool:
        """Whether what is to be read belongs to the thread of the notebook, as figures and connections do."""
        return False

    @abstractmethod
    def read(self, arguments: Mapping[str, Any]) -> Told:
        """What the tool gives. It is called in a thread that may wait.

        Args:
            arguments: The arguments, which fit the schema.

        Raises:
            ArgumentsError: They lead nowhere.
        """

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Reads, in a thread of its own: a cell that waits for the answer changes nothing meanwhile, and one that
        computes while a panel asks is not disturbed. What belongs to the notebook's thread is read there, where that
        waits."""
        if runner.has_caller() and await asyncio.to_thread(self.belongs, arguments):
            told = await runner.in_caller(lambda: self.read(arguments))
        else:
            told = await asyncio.to_thread(self.read, arguments)
        return ToolOutput((TextPart(cut_end(told.text, TOKENS + TOKENS // 4)), *told.images))

    def reads(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The variables that a call would read."""
        try:
            return self.variables(arguments)
        except Exception:  # what leads nowhere is read by nobody
            return ()

    def variables(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """As ``reads``; it may raise what ``read`` raises."""
        return ()


Maker = Callable[[NotebookView], ReadingTool]
"""What makes a tool for a notebook."""
