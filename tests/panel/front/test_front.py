"""The panel's scripts: how they become one module, that they keep to what is declared, and their own tests."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from graphlib import CycleError
from pathlib import Path

import pytest

from notebook_chat.panel.front import CELL_EDITOR, MODULE, NOTEBOOK_EDITOR, join

from .declarations import PATH, declarations
from .packages import HERE, node_environment

ROOT = HERE.parents[2]
FRONT = PATH.parent


def joined(**modules: str) -> str:
    return join("a.js", {f"{name}.js": text for name, text in modules.items()}.__getitem__)


def test_each_module_is_joined_once_after_those_that_it_imports() -> None:
    module = joined(
        a='import { b } from "./b.js";\nimport {\n  c,\n  d,\n} from "./c.js";\n\nexport default { b, c };\n',
        b='import { c } from "./c.js";\n\nexport const b = c + 1;\n',
        c="export const c = 1;\nexport async function d() {}\nexport class E {}\nexport function f() {}\n",
    )
    c, d, e, f, b, a = filter(None, module.splitlines())
    assert (c, d, e) == ("const c = 1;", "async function d() {}", "class E {}")
    assert (f, b, a) == ("function f() {}", "const b = c + 1;", "export default { b, c };")


@pytest.mark.parametrize(
    "line",
    [
        'import { b as c } from "./b.js";',
        'import * as b from "./b.js";',
        'import b from "./b.js";',
        'import "./b.js";',
        'import { b } from "lodash";',
        'import { b } from "https://example.org/b.js";',
        'import { b } from "../b.js";',
        "export { b };",
        'export * from "./b.js";',
        "export let b = 1;",
        "export default class {}",
    ],
)
def test_an_import_or_export_of_another_kind_is_refused(line: str) -> None:
    with pytest.raises(ImportError, match=re.escape(line)):
        joined(a=f"{line}\n", b="export const b = 1;\n")


def test_modules_that_import_each_other_are_refused() -> None:
    with pytest.raises(CycleError):
        joined(a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n')


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        joined(a='import { b } from "./b.js";\n')


def test_all_scripts_are_in_the_module_and_none_twice() -> None:
    parts = {path.name: path.read_text("utf-8").splitlines()[1] for path in FRONT.glob("*.js")}
    common = {name: parts[name] for name in ("control.js", "page.js")}
    editor, notebook_editor = (
        {**common, name: parts.pop(name)} for name in ("cell_editor.js", "notebook_editor.js")
    )
    assert len(parts) > 7
    assert [MODULE.count(part) for part in parts.values()] == [1] * len(parts)
    assert [CELL_EDITOR.count(part) for part in editor.values()] == [1] * len(editor)
    assert [NOTEBOOK_EDITOR.count(part) for part in notebook_editor.values()] == [1] * len(notebook_editor)


def test_the_messages_are_declared_to_the_scripts_as_they_are() -> None:
    assert PATH.read_text("utf-8") == declarations(), "run python -m tests.panel.front.declarations"


# --- by Node


@pytest.fixture(scope="module")
def environment() -> Mapping[str, str]:
    """The environment in which node finds its packages."""
    return node_environment()


def run(environment: Mapping[str, str], *command: str | Path, folder: Path = HERE) -> str:
    """Runs a command of Node's, which must find nothing wrong; gives what it said."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output


@pytest.mark.node
@pytest.mark.parametrize(
    "joined_module", [MODULE, CELL_EDITOR, NOTEBOOK_EDITOR], ids=["panel", "cell editor", "notebook editor"]
)
def test_the_joined_module_is_one_that_node_can_load(
    environment: Mapping[str, str], tmp_path: Path, joined_module: str
) -> None:
    """Names that two of the scripts declare would be an error."""
    module = tmp_path / "module.mjs"
    module.write_text(joined_module, encoding="utf-8")
    run(environment, "node", "--input-type=module", "--eval", f"import {module.as_uri()!r}")


@pytest.mark.node
def test_the_linter_finds_nothing(environment: Mapping[str, str]) -> None:
    run(environment, "npm", "run", "--silent", "lint")


@pytest.mark.node
def test_the_types_are_right(environment: Mapping[str, str]) -> None:
    """The scripts send and read what ``protocol.py`` declares, and import what is there."""
    run(environment, "npm", "run", "--silent", "types")


@pytest.mark.node
def test_a_message_that_is_not_declared_is_found(environment: Mapping[str, str], tmp_path: Path) -> None:
    """What the check of the types is there for."""
    for path in (*FRONT.glob("*.js"), PATH, FRONT / "package.json", HERE / "tsconfig.json"):
        text = path.read_text("utf-8").replace("../../../notebook_chat/panel/front", ".")
        if path.name == "turn.js":
            text = text.replace('type: "regenerate"', 'type: "regenerated"')
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError, match=r'turn\.js.*\n?.*"regenerated"'):
        run(environment, "tsc", "--project", ".", folder=tmp_path)


@pytest.mark.node
def test_the_scripts_own_tests(environment: Mapping[str, str]) -> None:
    told = run(environment, "node", "--test", "--test-reporter=tap")
    [passed] = re.findall(r"^# pass (\d+)$", told, re.MULTILINE)
    assert int(passed) > 90
