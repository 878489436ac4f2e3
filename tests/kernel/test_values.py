"""Values in a real kernel: what they print stays out of the cell, an interrupt reaches the user, and what a notebook
defines has its source."""

from __future__ import annotations

import time

from .conftest import StartKernel

SETUP = """
import time
from notebook_chat.prompt import describe

class Loud:
    def __repr__(self):
        print("PRINTED")
        return "said quietly"

class Endless:
    def __repr__(self):
        while True:
            time.sleep(0.01)
"""


def test_what_a_value_prints_is_not_in_the_cell(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    assert kernel.run(SETUP).status == "ok"
    run = kernel.run("print(describe([Loud(), Endless()], seconds=30).text)")
    assert run.text.splitlines()[-1] == "[said quietly, <Endless object whose repr does not end>]"
    assert "PRINTED" not in run.text


def test_an_interrupt_ends_the_cell(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(SETUP)
    run = kernel.submit(
        "print('begun')\ndescribe(Endless(), seconds=1000)\nfor n in range(10**9): time.sleep(0.01)"
    )
    run.wait_for(lambda execution: "begun" in execution.text)
    time.sleep(0.1)  # until it waits
    kernel.interrupt()
    assert run.wait().status == "error"
    assert run.reply["ename"] == "KeyboardInterrupt"
    assert kernel.run("1 + 1").text == "2"


def test_what_a_notebook_defines_has_its_source(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(SETUP)
    kernel.run("import dataclasses\ndef area(width):\n    return width ** 2  # square")
    kernel.run("@dataclasses.dataclass\nclass Point:\n    x: int = 5  # to the right")
    assert "return width ** 2  # square" in kernel.run("print(describe(area).text)").text
    assert "x: int = 5  # to the right" in kernel.run("print(describe(Point).text)").text
    kernel.run("@dataclasses.dataclass\nclass Point:\n    x: int = 6  # anew")
    assert "x: int = 6  # anew" in kernel.run("print(describe(Point).text)").text
    kernel.run("def fails(rows):\n    return rows[0] / 0\nfails([7])")
    text = kernel.run("import sys\nprint(describe(sys.last_value).text)").text
    assert text.startswith("ZeroDivisionError: division by zero")
    assert "It failed in a cell, line 2, in fails:\n" in text
    assert "[7]" in text
    assert "site-packages" not in text
