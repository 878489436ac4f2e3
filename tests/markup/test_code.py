"""Code: every character is kept, whatever the language is called and however the code grows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.markup import code as code_module
from notebook_chat.markup import render_body
from notebook_chat.markup.characters import unix_lines, visible
from notebook_chat.markup.code import Highlighter, language

from .baits import BAITS
from .strategies import ANYTHING
from .vocabulary import faults, select, visible_text

SNIPPET = '''\
# Résumé of "a" & <b>
import os, sys  /* c */ // d
def f(x: int = 0x1F, *args) -> "str":
    """Doc 'string'
    over lines."""
    s = f"{x!r} ${HOME} #{y}" + 'a\\'b' -- and
    if (a < b && c > d) { return [1, 2.5e-3]; }
SELECT * FROM t WHERE a = 'x';
<div class="a">&amp;</div> <!-- c -->
- key: value
$ ls | grep x
fn main() -> Result<(), Box<dyn Error>> { println!("{:?}", v); }
'''


def shown(html: str) -> str:
    return visible_text(f"<pre><code>{html}</code></pre>")


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ("python", "python"),
        ("Python3", "Python3"),
        ("c++", "c++"),
        ("C#", "C#"),
        ("f#", "f#"),
        ("objective-c", "objective-c"),
        ("py", "py"),
        ("yml", "yml"),
        ("rs", "rs"),
        ("tsx", "tsx"),
        ("console", "console"),
        ("jsonc", "jsonc"),
        ("ocaml", "ocaml"),
        ("python {.numberLines}", "python"),
        ("{.python .numberLines}", "python"),
        ("{r, echo=FALSE}", "r"),
        ("python:app.py", "python"),
        ("rust,ignore", "rust"),
        ('js title="a"', "js"),
        ("", ""),
        ("text", ""),
        ("mermaid", ""),
        ("html+php", ""),
        ("../../etc/passwd", ""),
        ("python.lexers.X", ""),
        ('python" onclick="x', ""),
        ("__import__", ""),
        ("<b>", ""),
        ("p" * 40, ""),
    ],
)
def test_the_language_is_a_plain_name(info: str, name: str) -> None:
    assert language(info) == name


@pytest.mark.parametrize("name", sorted(code_module._LANGUAGES))
def test_each_language_keeps_every_character(name: str) -> None:
    assert language(name) == name
    assert shown(Highlighter().html(SNIPPET, name)) == SNIPPET
    assert faults(f"<pre><code>{Highlighter().html(SNIPPET, name)}</code></pre>") == []


@pytest.mark.parametrize("name", ["python", "javascript", "bash", "html", "sql", "rust", "pycon", "diff"])
def test_code_is_colored(name: str) -> None:
    assert re.search(r' class="[snfbmad]"', Highlighter().html(">>> " + SNIPPET + "\n-x\n+y\n", name))


@given(ANYTHING, st.sampled_from(sorted(code_module._LANGUAGES)))
def test_any_text_is_kept(text: str, name: str) -> None:
    text = visible(unix_lines(text))
    assert shown(Highlighter().html(text, name)) == text


@given(
    st.lists(
        st.sampled_from([*SNIPPET.splitlines(keepends=True), '"""\n', "x", "\n", "    y\n"]), max_size=400
    ),
    st.sampled_from(["python", "javascript", "c", "html", "bash", ""]),
)
def test_growing_code_is_all_there(lines: list[str], name: str) -> None:
    highlighter = Highlighter()
    code = ""
    for count, line in enumerate(lines):
        code += line
        if count % 20 == 0:
            assert shown(highlighter.growing(code, name)) == code
    assert shown(highlighter.growing(code, name)) == code


def test_growing_code_is_mostly_not_colored_again(monkeypatch: pytest.MonkeyPatch) -> None:
    highlighter, asked, code = Highlighter(), 0, ""
    real = Highlighter._colored

    def counted(self: Highlighter, lexer: object, piece: str) -> object:
        nonlocal asked
        asked += len(piece)
        return real(self, lexer, piece)  # type: ignore[arg-type]

    monkeypatch.setattr(Highlighter, "_colored", counted)
    for number in range(1000):
        code += f"value_{number} = compute({number})\n"
        if number % 10 == 0:
            highlighter.growing(code, "python")
    assert asked < 10 * len(code)


def test_other_code_in_the_same_place_is_not_taken_for_it() -> None:
    highlighter = Highlighter()
    first = "".join(f"a = {i}\n" for i in range(500))
    highlighter.growing(first, "python")
    assert shown(highlighter.growing("b = 1\n", "python")) == "b = 1\n"
    assert shown(highlighter.growing(first, "javascript")) == first


def test_long_code_is_colored_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_module.time, "thread_time", lambda: 0.0)  # however slow the machine is
    code = "".join(f"def f{i}(): return 'x'\n" for i in range(2000))
    html = Highlighter().html(code, "python")
    assert shown(html) == code
    assert html.count("<b>def") == 2000


def test_code_that_takes_too_long_is_shown_without_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10_000))
    monkeypatch.setattr(code_module.time, "thread_time", lambda: float(next(clock)))
    highlighter = Highlighter()
    assert highlighter.html(SNIPPET, "python") == highlighter.html(SNIPPET, "")
    assert "class" not in highlighter.html("x = 1", "python")


@pytest.mark.parametrize(("name", "bait"), BAITS, ids=[name for name, _ in BAITS])
@pytest.mark.parametrize("lexer", ["java", "c", "html", "bash", "python", "javascript"])
def test_baits_are_kept_too(name: str, bait: str, lexer: str) -> None:
    text = visible(unix_lines((bait * 500)[:500] + "\n"))
    assert shown(Highlighter().html(text, lexer)) == text


def test_what_the_fence_says_beyond_a_language_is_shown() -> None:
    html = render_body("```python title=app.py\nx\n```")
    (paragraph,) = select(html, "p")
    assert (paragraph.get("class"), paragraph.text) == ("nc-info", "python title=app.py")
    assert select(render_body("```python\nx\n```"), "p") == []
    assert visible_text(render_body("```&lt;b&gt;\nx\n```")) == "<b>\nx\n\n"


def test_lexers_are_loaded_when_they_are_needed() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from notebook_chat.markup import render_body; render_body('# a\\n\\n*b* `c`\\n\\n- d');"
        "print([m for m in sys.modules if m.startswith(('pygments.lexers', 'latex2mathml'))])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
