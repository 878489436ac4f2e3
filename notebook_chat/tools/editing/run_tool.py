"""The tool that runs code in the notebook's kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...cell_record import CellOutput
from ...markup.characters import revealed
from ...parts import TextPart
from ...secrets import redact
from ...tool_spec import ToolSpec
from ..tool import ArgumentsError, Given, ResultPart, Tell, Tool, ToolOutput
from .desk import CodeOutcome, CodeRunner
from .new_source import MOST

_HEADINGS = {
    "stderr": "warnings and logs (stderr)",
    "display": "displayed",
    "result": "value of the last line",
}
_LONGEST_SECONDS = 86_400

_RUN = ToolSpec(
    "run_code",
    "Runs Python in the user's notebook, in the same kernel and with the same variables as its cells. The user is "
    "shown the code first and must say yes. What it prints and displays stands under the user's cell and is what you "
    "are given: printed text, the value of the last line, figures, or the error. Variables that it sets stay. Run "
    "little at once, and print what you want to know.",
    {
        "type": "object",
        "properties": {
            "code": {
                "type": "string",
                "description": "The code, as in a cell: Python, also with %magics and !commands.",
            },
            "seconds": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": _LONGEST_SECONDS,
                "description": "How long it may take. Without it, until it ends or the user stops it.",
            },
        },
        "required": ["code"],
        "additionalProperties": False,
    },
)


class RunCode(Tool):
    """Runs code as a cell would, once somebody has said yes.

    Args:
        runner: Who runs it.
    """

    spec = _RUN
    kind = "run"
    home = "notebook"
    seconds = None  # the user stops it, as any cell

    def __init__(self, runner: CodeRunner) -> None:
        self._runner = runner

    def proposal(self, arguments: Mapping[str, Any]) -> str:
        """The code, whole, with nothing invisible in it: just that is run."""
        return _code(arguments)[0]

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Runs the code, and gives what came of it.

        Args:
            arguments: ``code``, and perhaps ``seconds``.
            tell: Tells what is waited for.

        Raises:
            ArgumentsError: There is no code in it, or too much.
        """
        code, changed = _code(arguments)
        if not code.strip():
            raise ArgumentsError("there is no code to run")
        if len(code) > MOST:
            raise ArgumentsError(f"the code has more than {MOST:,} characters: write it into a file first")
        seconds = arguments.get("seconds")
        outcome = await self._runner.run(code, float(seconds) if seconds is not None else None, tell)
        notes = []
        if changed:
            notes.append(f"{changed} invisible characters were written as their numbers")
        if outcome.ended == "time":
            notes.append(
                f"it took longer than {seconds:g} s, and was ended: what it had done until then is done"
            )
        if outcome.ended == "stopped":
            notes.append("stopped by the user: what it had done until then is done")
        return ToolOutput((*_parts(outcome), *_noted(notes)), bool(outcome.error or outcome.ended))


def run_tools(runner: CodeRunner) -> Given:
    """The tools that ``-T run`` gives.

    Args:
        runner: Who runs the code.
    """
    return Given((RunCode(runner),))


def _code(arguments: Mapping[str, Any]) -> tuple[str, int]:
    """The code as it is shown and run, and how many characters had to be made visible."""
    return revealed(str(arguments.get("code", "")).strip("\n"))


def _parts(outcome: CodeOutcome) -> list[ResultPart]:
    parts: list[ResultPart] = []
    for output in outcome.outputs:
        if text := redact(output.text).strip("\n"):
            parts.append(TextPart(f"{_heading(output)}{text}\n"))
        parts += output.images
    if outcome.error:
        parts.append(TextPart(f"{'It' if not parts else 'Then it'} failed:\n{redact(outcome.error)}\n"))
    if not parts and not outcome.ended:
        parts.append(TextPart("It ran to its end, and gave nothing to see.\n"))
    return parts


def _heading(output: CellOutput) -> str:
    return f"[{_HEADINGS[output.kind]}]\n" if output.kind in _HEADINGS else ""


def _noted(notes: Sequence[str]) -> list[ResultPart]:
    return [TextPart(f"({'; '.join(notes)})\n")] if notes else []
