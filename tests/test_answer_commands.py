"""An answer's code in IPython's next prompt, its format, and the file that it is written into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter

from notebook_chat.composition import Ingredients, compose
from notebook_chat.magics.command_table import complete
from notebook_chat.messages import ImagePart, Message, TextPart

from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]

CODE = "So:\n```python\nx = 1\n```\n"


@pytest.fixture(autouse=True)
def next_prompt(shell: Any) -> Any:
    shell.rl_next_input = None
    yield
    shell.rl_next_input = None


def asked(shell: Any, capsys: Any, provider: Any, answer: str, cell: str = "%%chat -f code\nhi") -> str:
    provider.script = lambda messages: [answer]
    out, fine = run(shell, capsys, cell)
    assert fine
    return out


def test_the_code_is_in_the_next_prompt(shell: Any, capsys: Any, provider: Any) -> None:
    out = asked(shell, capsys, provider, CODE)
    assert out.startswith("So:\n```python\nx = 1\n```\n")
    assert out.endswith("The code is in the next prompt.\n")
    assert shell.rl_next_input == "x = 1"
    assert "x" not in shell.user_ns


def test_the_request_for_code_goes_out_and_is_not_what_was_typed(
    shell: Any, capsys: Any, provider: Any
) -> None:
    asked(shell, capsys, provider, CODE)
    assert provider.requests[-1][-1].text.startswith("hi\n\nAnswer with one block of code")
    [turn] = notebook(shell).named(None).turns
    assert (turn.asked, turn.typed, turn.included) == ("hi", "hi", ())
    asked(shell, capsys, provider, CODE, "%%chat -f code --raw\nhi")
    asked(shell, capsys, provider, CODE, "%%chat -f text\nhi")
    assert [messages[-1].text for messages in provider.requests[1:]] == ["hi", "hi"]


@pytest.mark.parametrize("form", ["text", "markdown", "md", "html"])
def test_in_a_terminal_these_formats_are_text(shell: Any, capsys: Any, provider: Any, form: str) -> None:
    assert asked(shell, capsys, provider, "**b**", f"%%chat -f {form}\nhi").startswith("**b**\n")
    assert shell.rl_next_input is None


def test_what_closes_a_message_follows_what_was_typed_and_stands_before_images() -> None:
    message = Message("user", (TextPart("look"), ImagePart("image/png", b"1")))
    composed = compose(message, Ingredients(closing="Be brief."))
    assert composed.message.parts == (*message.parts, TextPart("Be brief."))
    assert composed.typed == "look"
    assert compose(message, Ingredients()).typed is None
    composed = compose(Message("user", "look"), Ingredients(closing="Be brief."))
    assert (composed.message.text, composed.typed, composed.included) == ("look\n\nBe brief.", "look", ())


def test_silent_shows_a_line_and_gives_the_answer_to_a_variable(
    shell: Any, capsys: Any, provider: Any
) -> None:
    out = asked(shell, capsys, provider, CODE, "%%chat --format silent -o answer\nhi")
    assert out.startswith("parrot:grey · ")
    assert out.count("\n") == 1
    assert (str(shell.user_ns["answer"]), shell.user_ns["answer"].code) == (CODE, "x = 1")


def test_an_unknown_format_is_refused_with_those_that_there_are(
    shell: Any, capsys: Any, provider: Any
) -> None:
    out, fine = run(shell, capsys, "%%chat -f pdf\nhi")
    assert not fine
    assert "'pdf' is none of code, text, markdown, html, json, silent" in out
    assert provider.requests == []


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("```bash\nls -l\n```", "%%bash\nls -l"),
        ("```html\n<b>\n```", "%%html\n<b>"),
        ("```js\n1\n```", "%%javascript\n1"),
        ("```python\n%%bash\nls\n```", "%%bash\nls"),
        ("```python\n%%writefile a.py\nx\n```", "%%writefile a.py\nx"),
    ],
)
def test_another_language_gets_its_cell_magic(
    shell: Any, capsys: Any, provider: Any, answer: str, text: str
) -> None:
    asked(shell, capsys, provider, answer)
    assert shell.rl_next_input == text


def test_sql_gets_its_magic_where_there_is_one(shell: Any, capsys: Any, provider: Any) -> None:
    sql = "```sql\nselect 1\n```"
    assert "The answer's code is SQL, which has no cell here" in asked(shell, capsys, provider, sql)
    assert shell.rl_next_input is None
    shell.register_magic_function(lambda line, cell: None, "cell", "sql")
    try:
        asked(shell, capsys, provider, sql)
        assert shell.rl_next_input == "%%sql\nselect 1"
    finally:
        del shell.magics_manager.magics["cell"]["sql"]


def test_what_is_hidden_is_told(shell: Any, capsys: Any, provider: Any) -> None:
    out = asked(shell, capsys, provider, "```python\nif role != 'user\u202e': pass\n```")
    assert "1 character of it would not be seen" in out
    assert shell.rl_next_input == "if role != 'user‹U+202E›': pass"


def test_the_code_of_an_earlier_answer(shell: Any, capsys: Any, provider: Any) -> None:
    for number in (1, 2):
        asked(shell, capsys, provider, f"```python\nx = {number}\n```", "%%chat\nhi")
    for line, text in (("", "x = 2"), ("1", "x = 1"), ("1 default", "x = 1"), ("default", "x = 2")):
        shell.rl_next_input = None
        run(shell, capsys, f"%chat code {line}")
        assert shell.rl_next_input == text
    for line, told in (
        ("9", "there is no turn 9"),
        ("0", "there is no turn 0"),
        ("-1", "there is no turn -1"),
        ("9" * 5000, "there is no turn 999"),
        ("nobody", "no conversation is called 'nobody'"),
        ("x default", "'x' is not the number of a turn"),
    ):
        out, fine = run(shell, capsys, f"%chat code {line}")
        assert (told in out, fine) == (True, False), out


def test_without_an_answer_there_is_none_to_take(shell: Any, capsys: Any) -> None:
    for line in ("code", "save a.py"):
        out, fine = run(shell, capsys, f"%chat {line}")
        assert ("has no answer yet" in out, fine) == (True, False)


def test_an_answer_is_saved(
    shell: Any, capsys: Any, provider: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked(shell, capsys, provider, CODE, "%%chat\nhi")
    assert run(shell, capsys, "%chat save a.py")[0] == "The code of the answer is written to a.py.\n"
    assert run(shell, capsys, "%chat save a.md 1 default")[0] == "The answer is written to a.md.\n"
    assert Path("a.py").read_text() == "x = 1\n"
    Path("a.py").write_text("mine")
    out, _ = run(shell, capsys, "%chat save a.py")
    assert "a-2.py: a.py has changed since it was exported, and stays as it is" in out
    out, fine = run(shell, capsys, "%chat save a.rs")
    assert ("has no code for 'a.rs', but python" in out, fine) == (True, False)
    out, fine = run(shell, capsys, "%chat save")
    assert ("missing FILE" in out, fine) == (True, False)


def test_formats_files_and_conversations_are_completed(
    shell: Any, capsys: Any, provider: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(shell, capsys, provider, CODE, "%%chat\nhi")
    session = notebook(shell)
    assert complete("%%chat -f ", session) == ["code", "text", "markdown", "html", "json", "silent"]
    assert "silent" in complete("%%chat --format s", session, "s")
    assert {"code", "save"} <= set(complete("%chat ", session))
    assert "default" in complete("%chat code ", session)
    monkeypatch.chdir(tmp_path)
    Path("analysis.py").touch()
    with provisionalcompleter():
        line = "%chat save ana"
        assert "analysis.py" in [one.text for one in shell.Completer.completions(line, len(line))]
