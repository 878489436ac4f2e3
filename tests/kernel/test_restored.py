"""A notebook that nbclient has run carries its conversation, and goes on from its file without a history."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from ..servers import VendorServer, echo
from ..servers.fixtures import ServerFactory
from .isolation import isolated_environment
from .kernelspecs import kernel_name, write_kernelspec

LOAD = "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'"
NEXT = "%%chat\nand the next?"


@pytest.fixture
def server(vendor_server: ServerFactory) -> VendorServer:
    return vendor_server("openai_chat", echo(lambda turns: f"re {turns[-1].text} ünï 👋 <b>"))


def execute(cells: list[str], path: Path, server: VendorServer, folder: Path) -> Any:
    """Runs a notebook of these cells, as ``jupyter execute`` does, and saves it."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    specs = folder / "kernels"
    if not specs.exists():
        write_kernelspec(specs, "installed", None)
    manager = AsyncKernelManager(
        kernel_name=kernel_name(),
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specs)], ensure_native_kernel=False),
    )
    environment = {"OPENAI_BASE_URL": server.base_url, "NOTEBOOK_CHAT_HOME": str(folder / "history")}
    client = NotebookClient(notebook, km=manager, timeout=60)
    client.execute(env=isolated_environment(folder, environment))
    nbformat.write(notebook, path)
    return notebook


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the loop that nbclient leaves open
def test_the_same_messages_go_out_for_the_next_prompt(server: VendorServer, tmp_path: Path) -> None:
    chats = [
        LOAD,
        "%config ChatMagics.system = 'be\\nkind'",
        "%%chat\none\n\n  two",
        "%%chat -s 'a pirate'\nthree",
        "%%chat -c other\nelsewhere",
        "%chat fork branch",
        "%%chat -n\nfresh",
        "%%chat -c branch\nin the branch",
        "for n in range(2):\n    get_ipython().run_cell_magic('chat', '', f'loop {n}')",
    ]
    path = tmp_path / "talk.ipynb"
    execute([*chats, NEXT, "%%chat -c branch\nand the next?"], path, server, tmp_path)
    expected = [exchange.body for exchange in server.requests[-2:]]
    execute(chats, path, server, tmp_path)
    shutil.rmtree(tmp_path / "history")
    execute(
        [LOAD, f"%chat restore {path}", NEXT, "%%chat -c branch\nand the next?"],
        tmp_path / "another.ipynb",
        server,
        tmp_path,
    )
    assert [exchange.body for exchange in server.requests[-2:]] == expected
    assert b"a pirate" in expected[1]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_runs_without_cell_ids_append_and_do_not_resume(server: VendorServer, tmp_path: Path) -> None:
    for _ in range(2):
        execute([LOAD, "%%chat\none", "%%chat\none"], tmp_path / "x.ipynb", server, tmp_path)
        assert [turn.text for turn in server.requests[-1].turns][::2] == ["one", "one"]
