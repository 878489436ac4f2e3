"""The subcommand about what answers used and cost."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import HistoryError, InvalidOptionError
from .arguments import conversation_names, variable_name
from .output import show_problem, show_table, show_text
from .subcommand import Context, Group, argument, path_of
from .times import point
from .usage_rows import HEAD, counted, dated, named, nothing, price_problem, row

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..spending.sums import Scope, Sums

group = Group()

_WORDS = ("answer", "conversation", "notebook", "today", "month", "all")
_BY = ("model", "notebook", "day")
_PATIENCE = 30.0  # seconds, for a ledger that another program holds


@group.subcommand(
    "usage",
    "shows what answers used and cost: the last one, this conversation and notebook, today, this month",
    argument(
        "what",
        nargs="?",
        choices=_WORDS,
        metavar="WHAT",
        help=f"one of {', '.join(_WORDS)}, alone; those but the last unless it is given",
    ),
    argument(
        "-c",
        "--conversation",
        metavar="NAME",
        help="whose answers, where it is not the default conversation",
        complete=conversation_names,
    ),
    argument("--by", choices=_BY, metavar="BY", help=f"group them by one of {', '.join(_BY)}"),
    argument(
        "--since", type=point, metavar="TIME", help="only those since a time: 2026-10-01, 7d, 2h, today"
    ),
    argument("--plot", action="store_true", help="draw them day by day (needs matplotlib)"),
    argument("--csv", metavar="FILE", help="write them into a file: each exchange, or with --by each group"),
    argument(
        "-o",
        "--output",
        type=variable_name,
        metavar="NAME",
        help="put them into this variable, as a DataFrame; as --csv",
    ),
)
def usage(context: Context, arguments: Namespace) -> None:
    """Shows sums of the ledger's figures."""
    from ..spending import sums

    show_problem(price_problem())
    try:
        if arguments.csv or arguments.output:
            return _give(context, arguments, _scope(context, arguments))
        if arguments.plot:
            return _plot(context, _scope(context, arguments), arguments.by)
        if arguments.by:
            scope = _scope(context, arguments)
            found = _read(context, lambda connection: sums.grouped(connection, scope, arguments.by))
            return _show(context, arguments.by, [named(one, arguments.by) for one in found], scope.name)
        one_only = arguments.what is not None or arguments.since is not None
        scopes = [_scope(context, arguments)] if one_only else _usual(context, arguments.conversation)
        found = _read(context, lambda connection: [sums.sums(connection, scope) for scope in scopes])
    except HistoryError as error:
        return _of_kernel(context, error)
    _show(context, "", found)
    return _tell_more(context.session.named(arguments.conversation), arguments.what)


def _usual(context: Context, name: str | None) -> list[Scope]:
    """The scopes that are shown where nobody says which."""
    here = ("notebook",) if context.session.notebook is not None else ()
    words = ("answer", "conversation", *here, "today", "month")
    return [scope for word in words if (scope := _scope_of(context, word, name)) is not None]


def _scope(context: Context, arguments: Namespace) -> Scope:
    """Which exchanges are meant.

    Raises:
        InvalidOptionError: There are none of these.
    """
    usual = "all" if arguments.since is not None else "month"
    word = arguments.what or (usual if arguments.conversation is None else "conversation")
    scope = _scope_of(context, word, arguments.conversation)
    if scope is None:
        raise InvalidOptionError(f"there is no {word} yet whose usage is known")
    if arguments.since is None:
        return scope
    return scope.also("at >= ?", arguments.since, name="since then")


def _scope_of(context: Context, word: str, name: str | None) -> Scope | None:
    """What a word means for a conversation of a name; ``None`` where there is no such thing yet."""
    from datetime import datetime

    from ..spending.sums import Scope

    match word:
        case "answer":
            return _last_answer(context.session.named(name))
        case "conversation":
            conversation = context.session.named(name)
            return Scope(f"this conversation ({conversation.name})", "conversation = ?", (conversation.id,))
        case "notebook":
            path = context.session.notebook
            return _here(context) if path is None else Scope("this notebook", "notebook = ?", (str(path),))
        case "today":
            return Scope.today(datetime.now())
        case "month":
            return Scope.month(datetime.now())
    return Scope("all")


def _here(context: Context) -> Scope:
    """All that was asked in the conversations of this kernel, where nobody tells which notebook it is."""
    from ..spending.sums import Scope

    ids = [conversation.id for conversation in context.session.conversations.values()]
    return Scope("here", f"conversation IN ({', '.join('?' * len(ids))})", tuple(ids))


def _last_answer(conversation: Conversation) -> Scope | None:
    """What was asked last in the conversation, with all models that were asked side by side."""
    from ..spending.sums import Scope

    last = max(conversation.turns, key=lambda turn: turn.revision, default=None)
    if last is None:
        return None
    return Scope("the last answer", "conversation = ? AND at >= ?", (conversation.id, last.at))


def _read(context: Context, work: Callable[[Any], Any]) -> Any:
    """What is read out of the ledger.

    Raises:
        HistoryError: It cannot be read.
    """
    ledger = context.session.ledger
    try:
        return ledger.read(work).result(_PATIENCE)
    except HistoryError:
        raise
    except Exception as error:
        words = ledger.failure or str(error) or type(error).__name__
        raise HistoryError(f"the ledger cannot be read: {words}") from None


def _of_kernel(context: Context, error: HistoryError) -> None:
    """What this kernel knows by itself."""
    show_problem(error.message)
    show_text(f"Since the extension was loaded: {context.settings.tally.spent}.")


# --- how it is shown


def _show(context: Context, title: str, found: Sequence[Sums], where: str = "") -> None:
    if title and not found:
        return show_text(nothing(where))
    return show_table(context.shell, (title, *HEAD), list(map(row, found)))


def _tell_more(conversation: Conversation, word: str | None) -> None:
    """What the figures mean, as far as there is anything to say."""
    last = max(conversation.turns, key=lambda turn: turn.revision, default=None)
    if last is not None and word in (None, "answer"):
        first = "" if last.first_text is None else f", the first text after {last.first_text:.1f} s"
        show_text(f"The last answer took {last.seconds:.1f} s{first}.")
    played = sum(one.replayed for turn in conversation.turns for one in turn.answers)
    if played and word in (None, "answer", "conversation", "notebook"):
        what = "1 answer is" if played == 1 else f"{played:,} answers are"
        show_text(f"{what} from before, for which nobody was asked: they count as nothing.")


# --- how it is given


def _give(context: Context, arguments: Namespace, scope: Scope) -> None:
    """Puts the figures into a file, or a variable."""
    from ..schemas.rows import table_of
    from ..spending import sums

    rows, columns = _read(context, lambda connection: sums.table(connection, scope, arguments.by))
    if arguments.output:
        context.shell.user_ns[arguments.output] = table_of([*map(dated, rows)], columns)
        show_text(f"{arguments.output} has {counted(rows)}.")
    if arguments.csv:
        _write(context, arguments.csv, rows, columns)


def _write(context: Context, name: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    from .. import export_files
    from ..spending.usage_csv import csv_of

    written = export_files.write(path_of(name), csv_of(rows, columns), context.session.notebook)
    spared = f": {name} {written.spared}, and stays as it is" if written.spared else ""
    show_text(f"{counted(rows)} written to {written.path}{spared}.")


def _plot(context: Context, scope: Scope, by: str | None) -> None:
    """Draws what was used, day by day."""
    from ..spending import sums
    from .usage_plot import draw

    group = by if by in ("model", "notebook") else "model"
    days = _read(context, lambda connection: sums.by_day(connection, scope, group))
    if not days:
        return show_text(
            f"Nothing was asked {scope.name}." if scope.name != "all" else "Nothing was asked yet."
        )
    return draw(context.shell, days, scope.name)
