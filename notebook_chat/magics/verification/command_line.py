"""``python -m notebook_chat verify``."""

from __future__ import annotations

import argparse
import glob
import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ...replay.record_file import ENDING
from ...text import encodable, printable
from .report import Report
from .verifier import verify

_LEFT_OUT = {".ipynb_checkpoints", "__pycache__", "node_modules", "site-packages"}


def declare(parser: argparse.ArgumentParser) -> None:
    """Declares what may follow the command's name.

    Args:
        parser: The parser.
    """
    parser.add_argument(
        "notebooks",
        nargs="+",
        metavar="NOTEBOOK",
        help="a notebook (.ipynb, or a text notebook such as jupytext writes), a folder of them, a pattern such as"
        " 'reports/**/*.ipynb'",
    )
    parser.add_argument(
        "--files-only",
        action="store_true",
        help="count what stands in the notebook and in the record beside it, which another machine has, too, and not"
        " what this machine's ledger has",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="cells whose values are known only when they run count as not recorded",
    )
    parser.add_argument(
        "--run",
        dest="execute",
        action="store_true",
        help="run the notebooks in new kernels that may ask nobody and reach no network; nothing of it is saved",
    )
    parser.add_argument("--timeout", type=float, metavar="N", help="with --run: seconds for each cell")
    parser.add_argument("--json", action="store_true", help="write what is found as JSON")
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="only the cells that are not recorded, and the verdicts"
    )


def run(arguments: Namespace) -> int:
    """Says of each notebook what would become of it.

    Args:
        arguments: As ``declare`` declares them.

    Returns:
        0 where all are complete, else 1.
    """
    reports: list[Report] = []
    for path, named in _notebooks(arguments.notebooks):
        if path is None:
            reports.append(Report(named, problem="there is no such notebook"))
        elif arguments.execute:
            from .execution import execute

            reports.append(execute(path, named, arguments.timeout))
        else:
            reports.append(verify(path, named, files_only=arguments.files_only, strict=arguments.strict))
        if not arguments.json:
            _write(reports[-1].lines(quiet=arguments.quiet))
    complete = bool(reports) and all(report.complete for report in reports)
    if arguments.json:
        told = {"complete": complete, "notebooks": [report.to_dict() for report in reports]}
        _write([json.dumps(told, indent=2)])
    elif not reports:
        _write(["There is no notebook in what is named."])
    return 0 if complete else 1


def _notebooks(named: Sequence[str]) -> Iterator[tuple[Path | None, str]]:
    """The notebooks that are named, each once, with their names; ``None`` for one that is not there."""
    seen: set[Path] = set()
    for name in named:
        for path in _meant(name):
            if path is None:
                yield None, name
            elif (place := path.resolve()) not in seen:
                seen.add(place)
                yield place, str(path)


def _meant(name: str) -> Iterable[Path | None]:
    path = Path(name).expanduser()
    if name.endswith(ENDING):
        own = Path(f"{str(path).removesuffix(ENDING)}.ipynb")
        return [own] if os.path.exists(own) else []  # noqa: PTH110  a record of something else, such as tests
    if os.path.isdir(path):  # noqa: PTH112  false, where a name is too long
        return sorted(one for one in path.rglob("*.ipynb") if _counts(one.relative_to(path)))
    if (there := os.path.exists(path)) or not glob.has_magic(name):  # noqa: PTH110
        return [path if there else None]
    found = sorted(Path(one) for one in glob.glob(str(path), recursive=True))  # noqa: PTH207
    return [one for one in found if one.is_file()] or [None]


def _counts(path: Path) -> bool:
    """Whether a notebook in a folder is one of the user's own, and no copy that a program keeps."""
    return not any(part in _LEFT_OUT or part.startswith(".") for part in path.parts)


def _write(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        print(encodable(printable(line), encoding))  # noqa: T201
