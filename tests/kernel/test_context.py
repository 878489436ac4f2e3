"""Cells as context in a real kernel: what they print, display and draw, before the extension is loaded and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from ..servers import VendorServer, echo
from ..servers.fixtures import ServerFactory
from .conftest import StartKernel
from .harness import Kernel

LOAD = "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'"

PLOT = """\
import matplotlib
%matplotlib inline
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()"""


@pytest.fixture
def server(vendor_server: ServerFactory) -> VendorServer:
    return vendor_server("openai_chat", echo(lambda turns: "fine"))


def started(start_kernel: StartKernel, server: VendorServer, path: Path | None = None) -> Kernel:
    own = {"JPY_SESSION_NAME": str(path)} if path is not None else {}
    return start_kernel(env={"OPENAI_BASE_URL": server.base_url, **own})


def content(server: VendorServer) -> list[dict[str, Any]]:
    """The last prompt's parts, on the wire."""
    sent = json.loads(server.requests[-1].body)["messages"][-1]["content"]
    return [{"type": "text", "text": sent}] if isinstance(sent, str) else sent


def shown(text: str) -> str:
    """The block of cells, without its mark."""
    key = text.split("<notebook-cells ", 1)[1].split(">", 1)[0]
    return (
        text.split(f"<notebook-cells {key}>\n", 1)[1]
        .split(f"\n</notebook-cells {key}>")[0]
        .replace(f"{key} ", "")
    )


def test_all_that_cells_give_goes_along(start_kernel: StartKernel, server: VendorServer) -> None:
    kernel = started(start_kernel, server)
    cells = {
        "load": LOAD,
        "a": "import sys\nprint('out', end='')\nprint(' and on')\nprint('err', file=sys.stderr)\n40 + 2",
        "b": "import asyncio\nprint('before')\nawait asyncio.sleep(0)\nprint('after')",
        "c": "handle = display('10%', display_id=True)\nhandle.update('100%')",
        "d": "from IPython.display import HTML, clear_output\nprint('gone')\nclear_output()\n"
        "display(HTML('<table><tr><td>1</td><td>2</td></tr></table>'))",
        "e": "import threading\nt = threading.Thread(target=print, args=['thread'])\nt.start()\nt.join()",
        "f": "!echo shelled",
        "g": "%%capture\nprint('hidden')",
        "h": "for n in range(3):\n    print(f'\\r{n}', end='')",
        "i": "def f(x):\n    return 1 / x\nf(0)",
    }
    for name, source in cells.items():
        kernel.run(source, cell_id=name)
    run = kernel.run("%%chat --context all\nwhat happened?", cell_id="ask")
    assert run.status == "ok", run.text
    [part] = content(server)
    text = shown(part["text"])
    for wanted in (
        "## printed\nout and on\n## printed as warnings and logs (stderr)\nerr\n## result\n42\n",
        "## printed\nbefore\nafter\n",
        "## displayed\n'100%'\n",
        "## displayed\n1\t2\n",
        "## printed\nthread\n",
        "## printed\nshelled\n",
        "## printed\n2\n",
        "## error\nIn[10], line 3\n    f(0)\nIn[10], line 2, in f\n    return 1 / x\nZeroDivisionError: division",
    ):
        assert wanted in text, text
    assert text.count("gone") == text.count("hidden") == 1  # in the source alone
    assert "with cells In[2] to In[10]" in str(run.outputs)


def test_a_figure_goes_along_as_an_image(start_kernel: StartKernel, server: VendorServer) -> None:
    kernel = started(start_kernel, server)
    kernel.run(LOAD, cell_id="load")
    kernel.run(PLOT, cell_id="plot")
    run = kernel.run("%%chat --context 1\nwhat does it show?", cell_id="ask")
    assert run.status == "ok", run.text
    text, image, prompt = content(server)
    assert "## figure: image 1 below" in shown(text["text"])
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    assert prompt["text"] == "what does it show?"
    assert "with cell In[2] (1 figure)" in str(run.outputs)
    kernel.run("%config ChatMagics.cells_figures = False", cell_id="set")
    kernel.run("%%chat --context 1\nwhat does it show?", cell_id="ask")
    [part] = content(server)
    assert "(a figure that cannot be seen here)" in part["text"]


def test_cells_of_before_have_their_outputs_as_far_as_they_are_known(
    start_kernel: StartKernel, server: VendorServer, tmp_path: Path
) -> None:
    path = tmp_path / "mine.ipynb"
    kernel = started(start_kernel, server, path)
    cells = {"a": "print('early')\n6 * 7", "b": PLOT, "c": "{}['price']"}
    saved = nbformat.v4.new_notebook()
    saved.cells.append(nbformat.v4.new_markdown_cell("# Prices", id="title"))
    for number, (name, source) in enumerate(cells.items(), start=1):
        run = kernel.run(source, cell_id=name)
        new = nbformat.v4.new_code_cell(source, id=name, outputs=run.outputs, execution_count=number)
        saved.cells.append(new)
    kernel.run(LOAD, cell_id="load")
    kernel.run("%%chat --context all\nwhat?", cell_id="ask")
    [part] = content(server)
    text = shown(part["text"])
    assert "## In[1]" in text
    assert "## result\n42\n" in text
    assert "KeyError" in text
    nbformat.write(saved, path)
    kernel.run("%%chat --context all\nwhat?", cell_id="ask")
    parts = content(server)
    text = shown(parts[0]["text"])
    assert text.startswith("## text\n# Prices\n## In[1]\n")
    assert "## printed\nearly\n## result\n42\n" in text
    assert "KeyError" in text
    assert parts[1]["type"] == "image_url"


def test_a_notebook_that_a_program_runs(
    start_kernel: StartKernel, server: VendorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    sources = [LOAD, "x = 41\nprint('hello')", "x + 1", "%%chat --context 2\nwhat is it?"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    client = NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=60, kernel_name="python3")
    client.execute(cwd=str(tmp_path))
    [part] = content(server)
    assert shown(part["text"]) == (
        "## In[2]\nx = 41\nprint('hello')\n## printed\nhello\n## In[3]\nx + 1\n## result\n42"
    )


def test_unloading_and_loading_again_leaves_one_look_at_what_passes(
    start_kernel: StartKernel, server: VendorServer
) -> None:
    kernel = started(start_kernel, server)
    for _ in range(3):
        kernel.run(LOAD)
        kernel.run("%unload_ext notebook_chat")
    hooks = "len(get_ipython().display_pub._hooks)"
    assert kernel.run(hooks).text == "0"
    kernel.run(LOAD)
    assert kernel.run(hooks).text == "1"
    kernel.run("print('once')")
    kernel.run("%%chat --context 1\nwhat?")
    [part] = content(server)
    assert shown(part["text"]).count("once") == 2
