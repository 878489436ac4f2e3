"""``%chat fix``, ``%chat insert`` and ``%chat explain``: which error and which cell they are about."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import load_ipython_extension, unload_ipython_extension
from notebook_chat.errors import StreamInterruptedError

from .test_magics import notebook, provider, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

FIXED = "Because.\n\n```python\nx = 1 / 1\n```\n"


@pytest.fixture(autouse=True)
def afresh(shell: Any, provider: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A kernel without errors and cells; what was put into new cells."""
    cells: list[str] = []
    for name in ("last_value", "last_type", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            monkeypatch.delattr(sys, name)
    monkeypatch.setattr(shell, "set_next_input", lambda text, replace=False: cells.append(text))
    shell.reset()
    provider.script = lambda messages: [FIXED]
    yield cells
    for name in ("last_value", "last_type", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)


def run(shell: Any, capsys: Any, *sources: str) -> str:
    """What the last of some cells printed."""
    out = ""
    for source in sources:
        capsys.readouterr()
        shell.run_cell(source, store_history=True)
        captured = capsys.readouterr()
        out = captured.out + captured.err
    return out


def sent(provider: Any) -> str:
    """What went out last."""
    return str(provider.requests[-1][-1].text)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["%chat fix"], "No cell of this kernel has failed"),
        (["y = 2", "%chat fix"], "No cell of this kernel has failed"),
        (["raise KeyboardInterrupt", "%chat fix"], "In[1] was interrupted, which is no error"),
        (["1/0", "raise KeyboardInterrupt", "%chat fix"], "%chat fix 1 goes to the error before it"),
        (["%%chat -m nope:x\nhi", "%chat fix"], "%chat doctor goes the way to the model"),
        (["1/0", "%%chat -m nope:x\nhi", "%chat fix"], "%chat fix 1 goes to the error before it"),
        (["import notebook_chat as n; n.Chat('nope:x')", "%chat fix"], "%chat doctor"),
        (["%chat fix 7"], "this kernel has run no In[7]"),
        (["y = 2", "%chat fix 1"], "no error of In[1] is known"),
        (["%chat insert"], "There is no corrected cell: %chat fix shows one."),
        (["%chat explain"], "no cell has run yet"),
        (["%chat explain 9"], "this kernel has run no In[9]"),
        (["%chat fix --nope"], "unknown option --nope"),
        (["!exit 3", "%chat fix"], "ended with exit code 3"),
        ([f"x = '{'y' * 70_000}'\n1/0", "%chat fix"], "Split it into several cells"),
    ],
)
def test_what_cannot_be_fixed_is_said_in_a_line(
    shell: Any, provider: Any, capsys: Any, cells: list[str], words: str
) -> None:
    out = run(shell, capsys, *cells)
    assert words in out
    assert len(out.strip().splitlines()) == 1
    assert provider.requests == []


def test_the_last_error_is_meant_also_when_other_cells_ran(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "first = 1/0", "second = {}['k']", "z = 3", "%chat fix")
    assert "In[2], the cell that failed:\n```python\nsecond = {}['k']\n```" in sent(provider)


def test_an_earlier_error_by_its_number(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "a = 5\na/0", "{}['k']", "%chat fix 1")
    assert "In[1], the cell that failed:\n```python\na = 5\na/0\n```" in sent(provider)
    assert "ZeroDivisionError: division by zero" in sent(provider)
    assert "a: 5" in sent(provider)
    for name in ("In[2]", "Err[2]", "2"):
        run(shell, capsys, f"%chat fix {name}")
        assert "KeyError: 'k'" in sent(provider)


def test_what_the_user_knows_goes_along_as_it_is_typed(shell: Any, provider: Any, capsys: Any) -> None:
    for hint in ("it isn't 'zero', it's one", "why?", "use --force and -x", 'the 2 {columns} "are" called a'):
        run(shell, capsys, "1/0", f"%chat fix {hint}")
        assert sent(provider).endswith(f"\n\n{hint}")
        assert notebook(shell).conversation().turns[-1].asked == f"%chat fix {hint}"
        number = shell.execution_count - 2
        run(shell, capsys, f"%chat fix {number} {hint}")
        assert sent(provider).endswith(f"\n\n{hint}")
        assert f"In[{number}], the cell that failed" in sent(provider)


def test_a_value_that_the_hint_names_goes_along(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "limit = 42", "1/0", "%chat fix it should be `{limit}`")
    assert notebook(shell).conversation().turns[-1].asked == "%chat fix it should be `{limit}`"


def test_options_before_the_words(shell: Any, provider: Any, capsys: Any) -> None:
    out = run(shell, capsys, "1/0", "%chat fix -m parrot:green -c other 1 be brief")
    assert "parrot:green" in out
    assert sent(provider).endswith("\n\nbe brief")
    assert len(notebook(shell).conversation("other")) == 1
    assert len(notebook(shell).conversation()) == 0


def test_a_provider_that_fails_does_not_hide_the_error(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "1/0")
    provider.script = lambda messages: [StreamInterruptedError("the line broke")]
    assert "the line broke" in run(shell, capsys, "%chat fix")
    provider.script = lambda messages: [FIXED]
    assert "+ x = 1 / 1" in run(shell, capsys, "%chat fix")
    assert "In[1], the cell that failed" in sent(provider)


def test_a_stopped_answer_offers_nothing(shell: Any, provider: Any, capsys: Any, afresh: list[str]) -> None:
    run(shell, capsys, "1/0")
    provider.script = lambda messages: ["Because.\n\n```python\nx = 1"]
    assert "The answer holds no corrected cell." in run(shell, capsys, "%chat fix")
    assert "There is no corrected cell" in run(shell, capsys, "%chat insert")
    provider.script = lambda messages: [FIXED, StreamInterruptedError("the line broke")]
    out = run(shell, capsys, "%chat fix --insert")
    assert "corrected:" not in out
    assert afresh == []


def test_an_interrupt_ends_it_in_silence(shell: Any, provider: Any, capsys: Any) -> None:
    import _thread

    run(shell, capsys, "1/0")
    provider.script = lambda messages: ["so far", 0.05, _Interrupts(_thread.interrupt_main), 30]
    out = run(shell, capsys, "%chat fix")
    assert "Traceback" not in out
    assert "stopped" in out
    provider.script = lambda messages: [FIXED]
    assert "+ x = 1 / 1" in run(shell, capsys, "%chat fix")


class _Interrupts(str):
    """A piece of an answer that interrupts the caller as it comes."""

    def __new__(cls, interrupt: Any) -> Any:
        import threading

        threading.Timer(0.3, interrupt).start()
        return ""


def test_inserting_in_one_step(shell: Any, capsys: Any, afresh: list[str]) -> None:
    out = run(shell, capsys, "x = 1/0", "%chat fix --insert")
    assert afresh == ["x = 1 / 1"]
    assert "%chat insert" not in out
    run(shell, capsys, "x = 1/0", "%chat fix it is one --insert")
    assert afresh == ["x = 1 / 1"] * 2
    assert "x" not in shell.user_ns


def test_a_cell_that_ran_fine_since_is_said(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "n = 0", "1/n", "n = 1", "1/n")
    out = run(shell, capsys, "%chat fix")
    assert "In[2] ran again as In[4] and came to its end: its error may be over." in out
    assert "A later run of it, In[4], came to its end" in sent(provider)


def test_an_error_of_before_the_extension_was_loaded(
    shell: Any, provider: Any, capsys: Any, tmp_path: Path
) -> None:
    unload_ipython_extension(shell)
    run(shell, capsys, "def half(v):\n    return v / 2", "half(None)", "y = 1")
    load_ipython_extension(shell)
    run(shell, capsys, "%chat fix")
    assert "In[2], the cell that failed:\n```python\nhalf(None)\n```" in sent(provider)
    assert "In[1], a cell that it uses:" in sent(provider)
    assert "v: None" in sent(provider)


def test_a_file_that_ran_before_the_extension_was_loaded(
    shell: Any, provider: Any, capsys: Any, tmp_path: Path
) -> None:
    unload_ipython_extension(shell)
    script = tmp_path / "job.py"
    script.write_text("rate = {}\nprint(rate['usd'])\n", encoding="utf-8")
    run(shell, capsys, f"%run {script}", "y = 1")
    load_ipython_extension(shell)
    run(shell, capsys, "%chat fix")
    assert f"```python\n%run {script}\n```" in sent(provider)
    assert "→    2 | print(rate['usd'])" in sent(provider)


def test_a_file_that_runs(shell: Any, provider: Any, capsys: Any, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text("rate = {}\nprint(rate['usd'])\n", encoding="utf-8")
    run(shell, capsys, f"%run {script}", "y = 1", "%chat fix")
    assert f"In[1], the cell that failed:\n```python\n%run {script}\n```" in sent(provider)
    assert "job.py, line 2" in sent(provider)


def test_options_of_ours_that_are_wrong_in_code_can_be_fixed(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "from notebook_chat import Chat\nChat('parrot:grey', temperature=9)", "%chat fix")
    assert "InvalidOptionError" in sent(provider)


def test_an_error_in_a_cell_that_another_one_runs(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "get_ipython().run_cell('1/0')\nafter = 1", "%chat fix")
    assert "get_ipython().run_cell('1/0')\nafter = 1" in sent(provider)
    assert "ZeroDivisionError" in sent(provider)


def test_a_cell_is_explained(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "a = [3, 1, 2]\nsorted(a)", "%chat status", "%chat explain")
    assert "In[1], the cell to explain:\n```python\na = [3, 1, 2]\nsorted(a)\n```" in sent(provider)
    assert "Out_1: " in sent(provider)
    assert "[1, 2, 3]" in sent(provider)
    assert "a: " in sent(provider)
    run(shell, capsys, "b = 2", "%chat explain 1 what does sorted do?")
    assert "a = [3, 1, 2]" in sent(provider)
    assert sent(provider).endswith("\n\nwhat does sorted do?")
    assert notebook(shell).conversation().turns[-1].asked == "%chat explain 1 what does sorted do?"


def test_the_error_of_a_cell_is_explained_with_it(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "1/0", "%chat explain")
    assert "It ended with an error:\nZeroDivisionError" in sent(provider)


class Held:
    """Something that a frame holds."""


def test_nothing_is_kept_alive_for_it(shell: Any, provider: Any, capsys: Any) -> None:
    shell.user_ns["Held"] = Held
    seen: list[Any] = []
    shell.user_ns["seen"] = seen
    shell.user_ns["ref"] = weakref.ref
    run(
        shell,
        capsys,
        "def f():\n    held = Held()\n    seen.append(ref(held))\n    1/0",
        "f()",
        "%chat fix",
        "{}['k']",
    )
    gc.collect()
    assert seen[0]() is None


class Asked:
    """Something that says when it is asked what it is."""

    times = 0

    def __repr__(self) -> str:
        Asked.times += 1
        return "Asked()"


def test_no_value_is_asked_for_anything_until_somebody_wants_a_fix(
    shell: Any, provider: Any, capsys: Any
) -> None:
    shell.user_ns["Asked"], Asked.times = Asked, 0
    run(shell, capsys, "a = Asked()\na + 1", "{}['k']", "{}['l']")
    assert Asked.times == 0
    run(shell, capsys, "%chat fix 1")
    assert "a: " in sent(provider)


def test_values_that_hang_are_waited_for_together(shell: Any, provider: Any, capsys: Any) -> None:
    import time

    class Hangs:
        def __repr__(self) -> str:
            while True:
                pass

    shell.user_ns |= {f"h{number}": Hangs() for number in range(30)}
    names = ", ".join(f"h{number}" for number in range(30))
    run(shell, capsys, f"every = [{names}]\nevery.nothing")
    began = time.monotonic()
    run(shell, capsys, "%chat fix")
    assert time.monotonic() - began < 30  # one by one they would take that long
    assert "h3: " in sent(provider)


def test_an_option_without_its_value_is_refused(shell: Any, capsys: Any) -> None:
    assert "expected one argument" in run(shell, capsys, "1/0", "%chat fix -m")


def test_run_all_goes_on_where_there_is_nothing_to_fix_any_more(shell: Any, capsys: Any) -> None:
    assert shell.run_cell("%chat fix").success
    assert shell.run_cell("%chat insert").success
