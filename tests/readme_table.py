"""The README's table of the subcommands of ``%chat``, made from the table that the magics have.

    python -m tests.readme_table

writes it into the README.
"""

from __future__ import annotations

import re
from pathlib import Path

from notebook_chat.magics.command_table import SUBCOMMANDS, subcommand_parser

README = Path(__file__).parents[1] / "README.md"
_TABLE = re.compile(r"(?<=<!-- subcommands -->\n).*?(?=<!-- end of subcommands -->)", re.DOTALL)


def table() -> str:
    """The table as Markdown."""
    rows = ["| on the `%chat` line | |", "|---|---|"]
    for name, subcommand in SUBCOMMANDS.items():
        usage = subcommand_parser(name).usage_line
        rows.append("| `{}` | {} |".format(*(cell.replace("|", r"\|") for cell in (usage, subcommand.help))))
    return "".join(f"{row}\n" for row in rows)


def in_readme() -> str:
    """The table as the README has it."""
    [found] = _TABLE.findall(README.read_text("utf-8"))
    return str(found)


def write() -> None:
    """Puts the table into the README."""
    text = README.read_text("utf-8")
    README.write_text(_TABLE.sub(lambda _: table(), text), "utf-8")


if __name__ == "__main__":
    write()
