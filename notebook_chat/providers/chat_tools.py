"""What a request in chat completions says of tools: those that run here, and those that the service runs."""

from __future__ import annotations

from typing import Any

from . import chat_fields, function_tools
from .call import Call
from .chat_dialect import ChatDialect
from .tool_declarations import choice_of


def fields(dialect: ChatDialect, call: Call) -> dict[str, Any]:
    """The fields that tell of tools, and have the service search the web or keep it from it.

    Args:
        dialect: The provider.
        call: The call.

    Raises:
        InvalidOptionError: The service cannot search with this model, or the tool that is to be called is none of
            them.
    """
    found = chat_fields.web(dialect, call)
    functions = function_tools.functions(call, dialect.schema_subset)
    if not functions:
        return found
    asked = choice_of(call)
    given: dict[str, Any] = {}
    if asked in ("auto", "required", "none"):
        given = {"tool_choice": asked}
    elif asked and dialect.chooses_by_name:
        given = {"tool_choice": {"type": "function", "function": {"name": asked}}}
    elif asked:
        functions = [one for one in functions if one.name == asked]
        given = {"tool_choice": "required"}
    tools = [*(one.nested() for one in functions), *found.get("tools", ())]
    return {**found, "tools": tools, **given}
