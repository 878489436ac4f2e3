"""``%%chat --schema``: what it may name, what a variable gets, what is shown."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pandas
import pydantic
import pytest
from IPython.core.interactiveshell import InteractiveShell

from notebook_chat.errors import InvalidOptionError
from notebook_chat.exports import turn_html, turn_markdown
from notebook_chat.magics import asked_data
from notebook_chat.magics.arguments import parse_cell_line
from notebook_chat.magics.asked_data import named_shape, schema_names
from notebook_chat.session import session_of

from .test_magics import completions, provider, run, shared_shell, shell  # noqa: F401

ROWS = '[{"name": "Ann <b>", "age": 34}, {"name": "Bob", "age": 3}]'


class Person(pydantic.BaseModel):
    name: str
    age: int


@dataclasses.dataclass
class Pet:
    name: str


VARIABLES: dict[str, Any] = {
    "Person": Person,
    "Pet": Pet,
    "PERSON": {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#"}}},
    "fields": "name, age int",
    "models": __import__("types").SimpleNamespace(Person=Person),
    "number": 3,
}


# --- what may be named --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "answer", "data"),
    [
        ("Person", '{"name": "A", "age": 1}', Person(name="A", age=1)),
        (" models.Person ", '{"name": "A", "age": 1}', Person(name="A", age=1)),
        ("list[Person]", '[{"name": "A", "age": 1}]', [Person(name="A", age=1)]),
        ("[Person]", '[{"name": "A", "age": 1}]', [Person(name="A", age=1)]),
        ("Person | Pet", '{"name": "A"}', Pet("A")),
        ("Pet|None", "null", None),
        ("PERSON", '{"name": "A"}', {"name": "A"}),
        ("list[PERSON]", '[{"next": {"name": "A"}}]', [{"next": {"name": "A"}}]),
        ("fields", '{"name": "A", "age": 1}', {"name": "A", "age": 1}),
        ("list[fields]", '[{"name": "A", "age": 1}]', [{"name": "A", "age": 1}]),
        ("[name, age int]", '[{"name": "A", "age": 1}]', [{"name": "A", "age": 1}]),
        ("[title]", '[{"title": "A"}]', [{"title": "A"}]),
        ("name str", '{"name": "A"}', {"name": "A"}),
        ("list[str]", '["A"]', ["A"]),
        ("int", "3", 3),
        ('{"type": "array", "items": {"type": "integer"}}', "[1]", [1]),
    ],
)
def test_what_a_schema_may_be_called(text: str, answer: str, data: Any) -> None:
    assert named_shape(text, VARIABLES).decode(json.loads(answer), answer) == data


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Persn", "nothing in the notebook is called Persn"),
        ("list[Persn]", "nothing in the notebook is called Persn"),
        ("models.Persn", "nothing in the notebook is called models.Persn"),
        ("Person | Persn", "nothing in the notebook is called Persn"),
        ("Person | PERSON", "no classes"),
        ("list[person]", "called person. Did you mean Person\\?"),
        ("list[Strange]", "for a field of that name write 'Strange str'"),
        ("name str age int", "type 'str age int', .* stand commas"),
        ("number", "cannot be int"),
        ("missing.json", "cannot be read"),
        ("name, age foo", "type 'foo'"),
        ("", "no fields"),
    ],
)
def test_what_is_no_schema_is_said(text: str, told: str) -> None:
    with pytest.raises(InvalidOptionError, match=told):
        named_shape(text, VARIABLES)


# --- in a cell ----------------------------------------------------------------------------------------------


def answers(provider: Any, *texts: str) -> None:  # noqa: F811
    """Has the provider give these answers, the last one for ever."""
    left = list(texts)
    provider.script = staticmethod(lambda messages: [left.pop(0) if len(left) > 1 else left[0]])


def test_a_list_of_objects_becomes_a_frame_and_is_shown_as_a_table(
    shell: InteractiveShell,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    provider: Any,  # noqa: F811
) -> None:
    answers(provider, ROWS)
    out, worked = run(shell, capsys, "%%chat --schema '[name, age int]' -o rows\nWho?")
    assert worked
    frame = shell.user_ns.pop("rows")
    assert isinstance(frame, pandas.DataFrame)
    assert frame.to_dict("records") == json.loads(ROWS)
    assert "name     age\nAnn <b>  34\nBob      3" in out
    shell.user_ns["Person"] = Person
    try:
        out, worked = run(shell, capsys, "%%chat --schema list[Person] -o rows\nWho?")
        assert worked
        assert list(shell.user_ns.pop("rows")["age"]) == [34, 3]
        answers(provider, '{"name": "Ann", "age": 34}')
        assert run(shell, capsys, "%%chat --schema Person -o who\nWho?")[1]
        assert shell.user_ns.pop("who") == Person(name="Ann", age=34)
    finally:
        del shell.user_ns["Person"]


def test_without_a_library_the_rows_stay_a_list(
    shell: InteractiveShell,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    provider: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(provider, "nope", ROWS)
    monkeypatch.setattr(asked_data, "frames", lambda: None)
    out, worked = run(shell, capsys, "%%chat --schema '[name, age int]' -o rows\nWho?")
    assert worked
    assert shell.user_ns.pop("rows") == json.loads(ROWS)
    assert "asked once more: the first answer was not the data that were asked for" in out


def test_any_json(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], provider: Any) -> None:  # noqa: F811
    answers(provider, '{"a": [1, 2]}')
    assert run(shell, capsys, "%%chat -f json -o found\nWhat?")[1]
    assert shell.user_ns.pop("found") == {"a": [1, 2]}
    assert "Answer with JSON alone" in provider.requests[-1][-1].text


def test_what_is_broken_twice_fails_in_one_line_and_leaves_the_variable(
    shell: InteractiveShell,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    provider: Any,  # noqa: F811
) -> None:
    answers(provider, "Certainly!")
    shell.user_ns["rows"] = "before"
    out, worked = run(shell, capsys, "%%chat --schema '[name, age int]' -o rows\nWho?")
    assert not worked
    assert shell.user_ns.pop("rows") == "before"
    assert out.count("DataError: the answer is no JSON: it does not begin as JSON does") == 1
    assert "Traceback" not in out
    assert "Certainly!" in out
    assert "asking once more" in out
    session = session_of(shell)
    assert session is not None
    assert session.conversations["default"].turns[-1].answer == "Certainly!"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--schema Persn", "nothing in the notebook is called Persn"),
        ("--schema 'a foo'", "type 'foo'"),
        ("--schema 'name' -f code", "code or data"),
        ("--schema", "expected one argument"),
        ("--web=yes", "--web stands alone, without a value"),
    ],
)
def test_lines_that_are_refused_send_nothing(
    shell: InteractiveShell,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    provider: Any,  # noqa: F811
    line: str,
    told: str,
) -> None:
    before = len(provider.requests)
    out, worked = run(shell, capsys, f"%%chat {line}\nWho?")
    assert not worked
    assert told in out
    assert len(provider.requests) == before


def test_a_dry_run_shows_the_schema(
    shell: InteractiveShell,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    provider: Any,  # noqa: F811
) -> None:
    out, worked = run(shell, capsys, "%%chat --dry-run --schema 'name str, age int'\nWho?")
    assert worked
    assert '"required": ["name", "age"]' in out


def test_the_classes_of_the_notebook_are_offered(shell: InteractiveShell) -> None:  # noqa: F811
    session = session_of(shell)
    assert session is not None
    shell.user_ns |= {
        "Person": Person,
        "PERSON": VARIABLES["PERSON"],
        "_Hidden": Person,
        "number": 3,
        "text": str,
    }
    try:
        offered = schema_names(session)
        assert {"Person", "PERSON", "list[Person]", "list[PERSON]"} <= set(offered)
        assert not {"_Hidden", "number", "text"} & set(offered)
        assert {"Person", "list[Person]"} <= completions(shell, "%%chat --schema ")
        assert "Person" in completions(shell, "%%chat --schema Pers")
    finally:
        for name in ("Person", "PERSON", "_Hidden", "number", "text"):
            shell.user_ns.pop(name, None)


def test_exports_have_the_text_in_a_fence_and_the_cell_its_schema(
    shell: InteractiveShell,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    provider: Any,  # noqa: F811
    tmp_path: Any,
) -> None:
    answers(provider, ROWS)
    run(shell, capsys, "%%chat --schema '[name: who it''s, age int]' -n\nWho?")
    run(shell, capsys, "%%chat -f json\nWho?")
    session = session_of(shell)
    assert session is not None
    conversation = session.conversations["default"]
    first, second = conversation.turns[-2:]
    assert f"```json\n{ROWS}\n```" in turn_markdown(first)
    assert "Ann &lt;b&gt;" in turn_html(first)
    run(shell, capsys, f"%chat export {tmp_path / 'x.ipynb'}")
    cells = [cell["source"] for cell in json.loads((tmp_path / "x.ipynb").read_text("utf-8"))["cells"]]
    with_schema, any_json = cells[-2:]
    assert "--schema" in with_schema
    assert "-f json" in any_json
    out, worked = run(shell, capsys, with_schema)
    assert worked, out
    assert session.conversations["default"].turns[-1].options["schema"] == first.options["schema"]
    assert second.options["schema"] == {}


@pytest.mark.parametrize("line", ["--schema name, age int", "--schema [name, age]", "--schema {'a': 1}"])
def test_a_schema_without_quotes_is_told_to_stand_in_them(line: str) -> None:
    with pytest.raises(InvalidOptionError, match="with spaces it stands in quotes"):
        parse_cell_line(line)


@pytest.mark.parametrize(
    "text", ["name, age int", "[name, age int]", "list[Person]", "[Person]", "name: a [sic"]
)
def test_a_schema_in_quotes_is_taken_as_it_is(text: str) -> None:
    assert parse_cell_line(f'--schema "{text}"').schema == text
