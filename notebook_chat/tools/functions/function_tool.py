"""A function as a tool."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ...errors import ChatError, InvalidOptionError
from ...tool_spec import ToolSpec
from ..tool import ArgumentsError, Kind, Tell, Tool, ToolOutput
from .definitions import check_bound, definition, docstring, own_name
from .docstrings import documentation
from .failures import failure_output
from .marks import Marks, marks_of
from .names import safe_name
from .notebook_thread import ThreadBusyError, await_there, call_there
from .printed import Printed, kept, shown
from .results import output_of, taken, taken_later
from .signature import Signature
from .work import GivenUp, InterruptedCallError, TooManyLeftError, in_worker

LONGEST_DESCRIPTION = 1_024
"""How much of a docstring a model is told, in characters: OpenAI takes no more."""


class FunctionTool(Tool):
    """A function that a model may have called.

    Args:
        function: The function.
        marks: What is said of it beyond what it is.
        name: What it is called where it has no name of its own, or another one.

    Attributes:
        function: The function.

    Raises:
        InvalidOptionError: It cannot be a tool; it says why.
    """

    kind: Kind = "function"

    def __init__(self, function: Any, marks: Marks, name: str = "") -> None:
        own = marks.name or name or own_name(function)
        if not own:
            raise InvalidOptionError(
                "a lambda has no name to call it by",
                hint="Give it one: tool(lambda …: …, name='add'), of notebook_chat.",
            )
        check_bound(function, own)
        self.function = function
        self._definition = definition(function)
        documented = documentation(docstring(function))
        self._signature = Signature(function, own, documented)
        description = documented.text if marks.description is None else marks.description
        if marks.description is None and len(description) > LONGEST_DESCRIPTION:
            description = f"{description[: LONGEST_DESCRIPTION - 1]}…"
        self.spec = ToolSpec(safe_name(own), description, self._signature.schema)
        self.original = own
        self.home = str(getattr(self._definition, "__module__", None) or "")
        self.given = not marks.ask
        self.seconds = marks.seconds
        self._in_notebook = marks.thread == "notebook"
        self._is_async = _is_async(function)

    @property
    def code(self) -> object:
        """Which function it is: two may have the same name and docstring."""
        bound = getattr(self.function, "__self__", None)
        return id(bound), id(getattr(self.function, "__func__", self.function))

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Calls the function with the arguments as values of the types that it names."""
        with kept(tell) as printed:
            try:
                if self._is_async:
                    return await self._awaited(arguments, tell, printed)
                return await self._called(arguments, tell, printed)
            except (ThreadBusyError, TooManyLeftError, InterruptedCallError) as error:
                return ToolOutput.text(str(error), is_error=True)

    async def _called(self, arguments: Mapping[str, Any], tell: Tell, printed: Printed) -> ToolOutput:
        """Calls a function that is not asynchronous, and makes a text of what it gives, in one thread."""

        def call() -> Any:
            places, names = self._signature.bound(arguments, _telling(tell))
            try:
                with shown():
                    value = taken(self.function(*places, **names))
                if inspect.isawaitable(value) or inspect.isasyncgen(value):
                    return value
                return output_of(value, printed.parts)
            except (KeyboardInterrupt, GivenUp):  # for whoever has the thread
                raise
            except BaseException as error:
                return self._failed(error, printed)

        if self._in_notebook:
            value = await call_there(call, self.seconds, tell)
        else:
            value = await in_worker(call, self.name)
        if isinstance(value, ToolOutput):
            return value
        return await self._settled(lambda: _later(value), tell, printed)

    async def _awaited(self, arguments: Mapping[str, Any], tell: Tell, printed: Printed) -> ToolOutput:
        places, names = await asyncio.to_thread(self._signature.bound, arguments, _telling(tell))
        return await self._settled(lambda: _later(self.function(*places, **names)), tell, printed)

    async def _settled(
        self, start: Callable[[], Coroutine[Any, Any, Any]], tell: Tell, printed: Printed
    ) -> ToolOutput:
        """What comes of something that is to be awaited."""

        async def awaited() -> Any:
            with shown():
                return await start()

        try:
            value = await (await_there(awaited, tell) if self._in_notebook else awaited())
        except (ThreadBusyError, InterruptedCallError):
            raise
        except Exception as error:
            return self._failed(error, printed)
        return await in_worker(lambda: output_of(taken(value), printed.parts), self.name)  # type: ignore[no-any-return]

    def _failed(self, error: BaseException, printed: Printed) -> ToolOutput:
        if isinstance(error, ArgumentsError):
            raise error
        output = failure_output(error, self._definition)
        return ToolOutput((*printed.parts, *output.parts), True) if printed.parts else output


async def _later(value: Any) -> Any:
    """What comes of a value that is to be awaited, or that gives its items one after the other."""
    if inspect.isawaitable(value):
        value = await value
    return await taken_later(value)


def _is_async(function: Any) -> bool:
    inner = definition(function) if not inspect.isroutine(function) else function
    return any(
        inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in (function, inner)
    )


def _telling(tell: Tell) -> Callable[[], Tell]:
    """What a parameter for the progress is filled in with: it may be called with the words alone."""

    def told(words: str, fraction: float | None = None) -> None:
        known = isinstance(fraction, (int, float)) and 0 <= fraction <= 1
        tell(str(words), float(fraction) if known and fraction is not None else None)

    return lambda: told


def function_tool(function: Any, *, name: str = "", marks: Marks | None = None) -> FunctionTool:
    """A function as a tool.

    Args:
        function: A function, a method of an object, a class, or anything else that can be called.
        name: What it is called where nothing else is said, such as the variable that holds it.
        marks: What is said of it; without it what ``tool`` has said.

    Raises:
        InvalidOptionError: It cannot be a tool; it says why.
    """
    try:
        return FunctionTool(function, marks or marks_of(function) or Marks(), name)
    except ChatError:
        raise
    except Exception as error:  # whatever the code of the callable does when it is looked at
        raise InvalidOptionError(
            f"a {type(function).__name__} cannot be a tool: {type(error).__name__}: {error!s:.200}"
        ) from None
