"""The subcommands about the notebook's own cells: an error corrected, a cell explained."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import InvalidOptionError
from .arguments import conversation_names, model_names, parse_cell_line
from .failures import Failure, Failures, Proposal
from .inserted_cells import unmarked
from .output import show_text
from .subcommand import Context, Group, argument

if TYPE_CHECKING:
    from ..prompt.failures.code_requests import CodeRequest, FixRequest
    from ..run import Run

group = Group()

_NUMBER = re.compile(r"(?:(?:In|Err|Out)\[)?([0-9]{1,9})\]?")
_INSERT = "`%chat insert` puts it into {}; nothing is run."

_WHAT = argument(
    "what",
    nargs="*",
    metavar="N|HINT",
    help="the number of the cell's run, the last one unless it is given; and what else you know, in your own words",
)
_MODEL = argument("-m", "--model", metavar="MODEL", help="the model for this turn", complete=model_names)
_CONVERSATION = argument(
    "-c",
    "--conversation",
    metavar="NAME",
    help="the conversation that it becomes a turn of",
    complete=conversation_names,
)


@group.subcommand(
    "fix",
    "explains the last error, or that of cell N, and shows the corrected cell as a difference",
    _MODEL,
    _CONVERSATION,
    argument("--insert", action="store_true", help="put the corrected cell into a new cell below at once"),
    _WHAT,
    prose=True,
)
def fix(context: Context, arguments: Namespace) -> None:
    """Asks what was wrong, and shows what the cell should be."""
    number, hint = _number_and_hint(arguments.what)
    failures = context.settings.failures
    failures.proposal = None
    failure = failures.find(number)
    if failure is None:
        return show_text(f"No cell of this kernel has failed. {_of_command(context.shell)}".strip())
    fixing = request_about(failure, failures, context.shell, hint)
    if fixing.note:
        show_text(fixing.note)
    run = _asked("fix", fixing.request, context, arguments, hint)
    where = "a new cell below" if hasattr(context.shell, "kernel") else "the next prompt"
    foot = "" if arguments.insert else _INSERT.format(where)
    _propose(run, fixing.request, failure, context, foot)
    if arguments.insert and failures.proposal is not None:
        _put_below(failures.proposal, context)
    return None


def request_about(failure: Failure, failures: Failures, shell: Any, hint: str = "") -> FixRequest:
    """What goes out about a failure.

    Args:
        failure: It.
        failures: Those of the kernel.
        shell: IPython's shell.
        hint: What the user says besides.

    Raises:
        InvalidOptionError: A cell is too long to be sent as a whole.
    """
    from ..prompt.failures.code_requests import FixRequest, fix_request
    from ..prompt.failures.tracebacks import Source

    over = f"In[{failure.over}]" if failure.over is not None else ""
    request = fix_request(
        failure.error,
        Source(failure.name, failure.source),
        failures.cells.sources(failure.number, failure.source),
        told=failure.told,
        values=shell.user_ns,
        hint=hint,
        over=over,
    )
    note = f"{failure.name} ran again as {over} and came to its end: its error may be over." if over else ""
    return FixRequest(request, failure.name, note)


@group.subcommand("insert", "puts the corrected cell that %chat fix has shown into a new cell below, once")
def insert(context: Context, _: Namespace) -> None:
    """Makes a cell of what was shown."""
    proposal = context.settings.failures.proposal
    if proposal is None:
        return show_text("There is no corrected cell: %chat fix shows one.")
    return _put_below(proposal, context)


@group.subcommand(
    "explain",
    "explains the cell that ran last, or cell N, with its values and its result",
    _MODEL,
    _CONVERSATION,
    _WHAT,
    prose=True,
)
def explain(context: Context, arguments: Namespace) -> None:
    """Asks what a cell does."""
    from ..prompt.failures.code_requests import explain_request
    from ..prompt.failures.frame_values import named_values
    from ..prompt.failures.tracebacks import Source

    number, hint = _number_and_hint(arguments.what)
    failures = context.settings.failures
    number = number if number is not None else failures.cells.last()
    source = failures.cells.source(number) if number is not None else ""
    if number is None or not source.strip():
        raise InvalidOptionError(
            "no cell has run yet" if number is None else f"this kernel has run no In[{number}]"
        )
    results = context.shell.user_ns.get("_oh", {})
    request = explain_request(
        Source(f"In[{number}]", source),
        values=context.shell.user_ns,
        result=named_values([f"Out_{number}"], {f"Out_{number}": results[number]})
        if number in results
        else (),
        told=failures.told(number),
        hint=hint,
    )
    _asked("explain", request, context, arguments, hint)


def _asked(command: str, request: CodeRequest, context: Context, arguments: Namespace, hint: str) -> Run:
    """Asks, as a ``%%chat`` cell does."""
    from .asking import put

    options = parse_cell_line("")
    options.model, options.conversation = arguments.model, arguments.conversation
    run = put(
        request.prompt,
        options,
        session=context.session,
        settings=context.settings,
        shell=context.shell,
        values=context.shell.user_ns if "{" in hint else None,
        extras=request.extras,
        typed=" ".join(("%chat", command, *arguments.what)),
    )
    assert run is not None  # it was no dry run
    return run


def _propose(run: Run, request: CodeRequest, failure: Failure, context: Context, foot: str) -> None:
    """Shows the corrected cell of an answer as a difference, if it has one that can be told."""
    from ..prompt.failures.correction import correction_in
    from .difference import difference, show_difference

    turn = run.turn
    if turn is None or turn.status != "complete" or not request.cells:
        return
    correction = correction_in(turn.answer, [cell.text for cell in request.cells])
    if correction is not None:
        correction = replace(correction, code=unmarked(correction.code))
    if correction is None:
        show_text("The answer holds no corrected cell.")
        return
    cell = request.cells[correction.of]
    asking = context.session.cells.current
    owner = f"{asking}:fix" if asking is not None else ""
    context.settings.failures.proposal = Proposal(correction, cell.name, owner)
    lines = difference(unmarked(cell.text), correction.code)
    head, markdown = f"{cell.name}, corrected:", context.settings.output == "markdown"
    show_difference(context.shell, lines, head, foot, markdown=markdown)


def _put_below(proposal: Proposal, context: Context) -> None:
    """Puts a corrected cell into a new one, once. What a terminal has in its next prompt may be asked for again."""
    if proposal.placed and hasattr(context.shell, "kernel"):
        return show_text(f"The corrected {proposal.name} is in a cell already; %chat code makes another one.")
    proposal.placed = True
    return show_text(context.settings.inserted.put(proposal.correction.code, owner=proposal.owner))


def _of_command(shell: Any) -> str:
    """What to do where a command of the system failed, which raises nothing."""
    code = shell.user_ns.get("_exit_code")
    if type(code) is int and code != 0:
        return f"A command behind ! ended with exit code {code}: paste what it wrote beneath %%chat."
    return ""


def _number_and_hint(words: list[str]) -> tuple[int | None, str]:
    """The number of a cell, and what else the user says."""
    if not words:
        return None, ""
    found = _NUMBER.fullmatch(words[0])
    if found is None:
        return None, " ".join(words)
    return int(found[1]), " ".join(words[1:])
