"""The code of an answer: whatever a model writes, what is taken is code of that answer, whole and visible."""

from __future__ import annotations

import ast
import time
import unicodedata
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Answer
from notebook_chat.markup.answer_code import Code, code_of, is_python, languages
from notebook_chat.markup.characters import revealed
from notebook_chat.markup.code_blocks import code_blocks

from .baits import BAITS
from .strategies import ANYTHING, MARKDOWN


def fenced(code: str, info: str = "python", fence: str = "```") -> str:
    return f"{fence}{info}\n{code}\n{fence}\n"


def taken(answer: str, language: str = "python") -> str | None:
    code = code_of(answer, language)
    return code.text if code is not None else None


@pytest.mark.parametrize(
    "info",
    [
        "python",
        "Python",
        "py",
        "python3",
        "ipython",
        "ipython3",
        "",
        "{python}",
        "{.python .numberLines}",
        "python3.11",
        "jupyter",
        "tool_code",
        "python:a.py",
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_a_block_of_python_is_the_code(info: str, fence: str) -> None:
    assert taken(f"Like this:\n\n{fenced('x = 1', info, fence)}\nThat is all.") == "x = 1"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("- one\n\n  ```python\n  if x:\n      y()\n  ```\n- two", "if x:\n    y()"),
        ("1. one\n   ```py\n   a\n   ```\n2. two\n   ```py\n   b\n   ```", "a\n\nb"),
        ("> ```python\n> a\n>\n> b\n> ```", "a\n\nb"),
        ("> - ```python\n>   a\n>   ```", "a"),
        (fenced(fenced("x = 1"), "markdown", "````"), "x = 1"),
        (fenced("print('''```''')", fence="````"), "print('''```''')"),
        (fenced("    a = 1\n    b = 2"), "a = 1\nb = 2"),
        (fenced(fenced("x = 1"), "", "````"), "x = 1"),
        ("Do:\n\n    ```python\n    x = 1\n    ```\n", "x = 1"),
        ("text\n\n    a = 1\n    b = 2\n\nmore text", "a = 1\nb = 2"),
        ("```python\r\na = 1\r\nb = 2\r\n```\r\n", "a = 1\nb = 2"),
        ("```python\nx = 1", "x = 1"),
        (fenced("\ufeffimport os"), "import os"),
        (fenced("\u00a0\u00a0\u00a0\u00a0x = 1"), "x = 1"),
        (fenced("if a:\n\u00a0\u00a0\u00a0 b()"), "if a:\n    b()"),
    ],
    ids=str,
)
def test_wherever_it_stands_the_code_is_what_the_model_meant(answer: str, code: str) -> None:
    assert taken(answer) == code


def test_all_python_comes_in_order_and_what_else_there_is_is_named() -> None:
    answer = fenced("a = 1") + "then\n" + fenced("ls", "bash") + fenced("b = 2", "py") + fenced("out", "text")
    code = code_of(answer + fenced("5", ""))
    assert code == Code("a = 1\n\nb = 2", "python", left_out=("bash", "text", ""))
    assert languages(answer) == ("python", "bash", "text")


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        (">>> x = 1\n>>> x\n1", "x = 1\nx"),
        (">>> for i in x:\n...     print(i)\n...\n0", "for i in x:\n    print(i)"),
        ("In [1]: x = 1\n\nIn [2]: if x:\n   ...:     y()\n   ...:\nOut[2]: 3", "x = 1\nif x:\n    y()"),
    ],
)
@pytest.mark.parametrize("info", ["python", "pycon", ""])
def test_of_a_session_what_was_typed_counts(code: str, typed: str, info: str) -> None:
    assert taken(fenced(code, info)) == typed


def test_of_a_shell_session_what_was_typed_counts() -> None:
    assert taken(fenced("$ ls \\\n  -l\ntotal 0\n$ pwd\n/", "console"), "bash") == "ls \\\n  -l\npwd"
    assert languages(fenced("$ pip install x", "")) == ("bash",)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Yes",
        "Note: well-known",
        "x",
        "42",
        "Really?",
        "To be or not to be",
        "I cannot help with that.",
        "import duties are high, and so on",
        "```\n```",
        "```python\n\n```",
        "`x = 1` is an assignment",
        fenced("select 1", "sql"),
        fenced("select 1", "sql") + fenced("5", ""),
        "A quotation:\n\n    Where have you been, my son?\n",
    ],
)
def test_what_has_no_python_gives_none(answer: str) -> None:
    assert code_of(answer) is None
    assert Answer(answer).code == ""


@pytest.mark.parametrize(
    "answer",
    [
        "import os\nprint(os.name)",
        "x = 1\n\n\ny = 2",
        "!pip install pandas\nimport pandas",
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "files = !ls\nprint(files)",
        "def f():\n    return 1",
        "%%time\nsum(range(10))",
        "def f():\n    a = 1\n\n    return g(a)\n\n\nprint(f())",  # Markdown sees a block in it
    ],
)
def test_an_answer_that_is_nothing_but_python_is_code(answer: str) -> None:
    assert taken(answer) == answer
    assert Answer(answer).code == answer


def test_blocks_without_a_name_count_where_none_has_one() -> None:
    assert taken(fenced("x = 1", "") + fenced("Hello, world, and so on", "")) == "x = 1"
    assert taken(fenced("x = (1,", "")) == "x = (1,"  # no Python, but the code that there is
    assert taken(fenced("select 1", ""), "sql") == "select 1"


def test_a_cell_magic_tells_the_language_and_stands_alone() -> None:
    shell = fenced("%%bash\nls")
    assert code_of(shell) is None
    assert taken(shell, "bash") == "%%bash\nls"
    assert taken(shell + fenced("x = 1")) == "x = 1"
    assert taken(fenced("%%time\na()") + fenced("%%time\nb()")) == "%%time\na()\n\nb()"
    writes = fenced("%%writefile app.py\nx = 1")
    assert (code_of(writes), languages(writes)) == (None, ("%%writefile",))
    assert taken(writes + fenced("import app")) == "import app"  # and not into that file


def test_an_end_that_has_not_come_is_known() -> None:
    for answer, is_open in (
        ("```python\nx = 1\n```", False),
        ("```python\nx = 1\n```\nand so", False),
        ("```python\nx = 1\n``", True),
        ("```python\nx = 1", True),
        ("````python\nx = 1\n```", True),
        ("```python\na\n```\n```python\nb", True),
        ("> ```python\n> x\n> ```\n", False),
        ("- ```python\n  x\n  ```", False),
    ):
        code = code_of(answer)
        assert code is not None
        assert code.is_open is is_open, answer


@pytest.mark.parametrize(
    "character", "\u202e\u2066\u200b\u2060\ufeff\u00ad\x1b\x00\x08\x0b\u2028\ue000\U000e0041\u3164"
)
def test_nothing_in_the_code_is_invisible(character: str) -> None:
    code = code_of(fenced(f"if role != 'user{character}': pass"))
    assert code is not None
    assert code.text == f"if role != 'user‹U+{ord(character):04X}›': pass"
    assert code.revealed == 1


@pytest.mark.parametrize("text", ["👩🏽‍💻", "❤️‍🔥", "1️⃣", "می‌خواهم", "क्‍ष", "你好", "Ünïcödé", "𝒳", "→ ≤ £"])
def test_what_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert revealed(f"s = '{text}'") == (f"s = '{text}'", 0)


@given(ANYTHING | MARKDOWN)
def test_whatever_a_model_writes_its_code_is_visible_and_from_its_blocks(answer: str) -> None:
    blocks = code_blocks(answer)
    for language in ("python", *languages(answer)):
        code = code_of(answer, language)
        if code is None:
            assert language == "python"
            continue
        assert code.text.strip()
        assert revealed(code.text) == (code.text, 0)
        assert not any(
            unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") and one not in "\n\t" for one in code.text
        )
        if not blocks:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert is_python(answer)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_code_in_a_fence_comes_out_as_it_was_but_for_what_cannot_be_seen(code: str) -> None:
    code = f"x = 1 {code}"
    found = code_of(fenced(code, fence="~~~~~~~~"))
    assert found is not None
    if found.revealed == 0 and "\u2028" not in code:
        assert found.text == code


@pytest.mark.parametrize("bait", [bait for _, bait in BAITS], ids=[name for name, _ in BAITS])
def test_no_answer_makes_it_slow_or_fail(bait: str) -> None:
    def seconds(length: int) -> float:
        many = bait * (length // len(bait))
        start = time.thread_time()
        for answer in (many, fenced(many), fenced(many, "")):
            code_of(answer)
            languages(answer)
        return time.thread_time() - start

    assert seconds(40_000) < 1.0 or seconds(40_000) < 9 * seconds(10_000)


@pytest.mark.parametrize(
    "text", ["(" * 50_000, "-" * 50_000 + "1", "[" * 300 + "]" * 300, "1" * 6000, "x = '\\d'", "\0"]
)
def test_hostile_python_is_none_and_warns_of_nothing(text: str) -> None:
    is_python(text, alone=True)
    with (
        pytest.raises((SyntaxError, MemoryError, RecursionError, ValueError, Warning)),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        ast.parse(text)
        raise ValueError("it is Python")
