"""The subcommand that tells whether the notebook would run without asking a model."""

from __future__ import annotations

import os
from argparse import Namespace

from ..errors import InvalidOptionError
from .file_paths import FilePaths
from .output import shorten, show_table, show_text
from .subcommand import Context, Group, argument, path_of

group = Group()


@group.subcommand(
    "verify",
    "says whether all cells could be run in a new kernel without asking a model, and which would ask",
    argument(
        "--files-only",
        action="store_true",
        help="count what stands in the notebook and in the record beside it, and not what this machine's ledger has",
    ),
    argument(
        "--strict",
        action="store_true",
        help="cells whose values are known only when they run count as not recorded",
    ),
    argument(
        "--run",
        action="store_true",
        help="run the notebook in a new kernel that may ask nobody; nothing is saved",
    ),
    argument(
        "file",
        nargs="?",
        metavar="FILE.ipynb",
        help="another notebook; this one, as it was saved last, unless it is named",
        complete=FilePaths(".ipynb"),
    ),
)
def verify(context: Context, arguments: Namespace) -> None:
    """Reads the notebook as it was saved last, and tells of each cell that asks."""
    from .verification import verify as verified
    from .verification.execution import execute
    from .verification.report import WORDS

    path = path_of(arguments.file) if arguments.file is not None else context.session.notebook
    if path is None:
        raise InvalidOptionError(
            "the front end does not tell which notebook this is", hint="Write %chat verify FILE.ipynb."
        )
    if not os.path.exists(path):  # noqa: PTH110  false, where a name is too long
        raise InvalidOptionError(
            f"{shorten(path.name)} is not there" if arguments.file else f"{path.name} was not saved yet",
            hint="Save the notebook, and run this again." if not arguments.file else "",
        )
    path = path.resolve()
    if arguments.run:
        report = execute(path, path.name)
    else:
        context.session.ledger.flush()  # what was answered just now counts
        report = verified(path, path.name, files_only=arguments.files_only, strict=arguments.strict)
    rows = [[str(one.cell), one.begins, WORDS[one.verdict], one.where] for one in report.cells]
    if rows:
        show_table(context.shell, ("Cell", "Asks", "", "Why"), rows)
    show_text(f"{path.name}, as it was saved last: {report.verdict}.")
