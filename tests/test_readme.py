"""The README says what holds: its example of a provider works, its table of subcommands is the magics' own."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from notebook_chat import Chat
from notebook_chat.magics.arguments import cell_parser
from notebook_chat.magics.command_table import subcommand_parser
from notebook_chat.magics.words import split
from notebook_chat.providers import list_providers, vendors

from . import readme_table

README = Path(__file__).parents[1] / "README.md"


def block(language: str, name: str) -> str:
    """The code block that begins with a comment naming its file."""
    [found] = re.findall(
        rf"```{language}\n# {re.escape(name)}\n(.*?)```", README.read_text("utf-8"), re.DOTALL
    )
    return str(found)


def test_the_two_files_that_add_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notebook_chat_shout.py").write_text(
        block("python", "notebook_chat_shout.py"), encoding="utf-8"
    )
    project = tomllib.loads(block("toml", "pyproject.toml"))["project"]
    info = tmp_path / f"{project['name']}-{project['version']}.dist-info"  # what an installer makes of it
    info.mkdir()
    (info / "METADATA").write_text(
        f"Name: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
    )
    groups = project["entry-points"]
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert "shout" in list_providers()
    assert Chat("shout").ask("can you hear me").split() == ["CAN", "YOU", "HEAR", "ME"]
    sys.modules.pop("notebook_chat_shout")


@pytest.mark.parametrize(
    "name",
    [path.name for path in sorted((README.parent / "examples").glob("*.ipynb"))],
)
def test_the_examples_are_named_and_hold_no_outputs(name: str) -> None:
    path = README.parent / "examples" / name
    assert f"examples/{name}" in README.read_text("utf-8")
    assert '"output_type"' not in path.read_text("utf-8")


def test_the_table_of_subcommands_is_that_of_the_magics() -> None:
    assert readme_table.in_readme() == readme_table.table(), "write it: python -m tests.readme_table"


def test_the_table_of_options_has_all_of_them() -> None:
    rows = README.read_text("utf-8").partition("| on the `%%chat` line | |")[2].partition("\n\n")[0]
    written = re.findall(r"`(-[-\w]+)", "".join(row.split("|")[1] for row in rows.splitlines() if "|" in row))
    assert len(written) == len(set(written))
    options = [action for action in cell_parser()._actions if action.option_strings and action.dest != "help"]
    assert [one.dest for one in options if not set(one.option_strings) & set(written)] == []
    assert len(written) == len(options)


def test_no_table_and_no_list_is_torn() -> None:
    for name in ("README.md", "CHANGELOG.md"):
        text = (README.parent / name).read_text("utf-8")
        assert re.findall(r"(?m)^\| .*\n\n\| .*\n(?!\|[-:])", text) == []
        assert re.findall(r"(?m)^- .*\n\n- ", text) == []
        assert "%%%" not in text


LINES = re.findall(r"%chat provider ([^`\n]+)", README.read_text("utf-8"))


@pytest.mark.parametrize("line", [line for line in LINES if "--base-url" in line and "[" not in line])
def test_the_lines_that_add_servers_are_taken(line: str) -> None:
    arguments = subcommand_parser("provider").parse_args(split(line))
    provider = vendors.add_vendor(
        arguments.name,
        base_url=arguments.base_url,
        key_env=arguments.key_env,
        dialect=arguments.dialect,
        key_header=arguments.key_header,
        headers=dict(arguments.header),
    )
    assert vendors.remove(arguments.name)
    assert provider.url.startswith(("https://", "http://localhost"))


def test_the_readme_has_lines_that_add_servers() -> None:
    assert len(LINES) > 7
