"""Failures with a planted key, in a real kernel that shows and logs all it can: no piece of the key comes out.

``%xmode Verbose`` shows the variables of each frame, asyncio's debug mode and level DEBUG log what they can. What comes
out is everything on iopub (outputs, tracebacks, the panel's messages), the log, the history's files and the notebook.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from ..kernel.harness import Kernel
from .planted import ECHOES, KEY, echoing_server, leaks

pytestmark = pytest.mark.kernel

PROVIDERS = ("openai", "openai-responses", "anthropic", "gemini", "ollama")

SETTING_UP = """
import asyncio, logging, os, sys
logging.basicConfig(filename="debug.log", level=logging.DEBUG, force=True)
logging.getLogger("notebook_chat").setLevel(logging.DEBUG)
asyncio.get_running_loop().set_debug(True)
%load_ext notebook_chat
%xmode Verbose
from notebook_chat import Chat, ChatPanel
from notebook_chat.providers import get_provider
from notebook_chat.providers.vendors import add_vendor
class planted:  # its value is in no variable
    def __getattr__(self, name): return os.environ["PLANTED"]
planted = planted()
def frames(error, seen):
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if "notebook_chat" in frame.f_code.co_filename or "site-packages" in frame.f_code.co_filename:
                for name, value in list(frame.f_locals.items()):
                    yield f"{frame.f_code.co_name}: {name} = {value!r}"
            trace = trace.tb_next
        yield repr(error) + repr(vars(error))
        yield from frames(error.__cause__, seen)
        error = error.__context__
def last():
    error = sys.last_value
    print("\\n".join(frames(error, set())))
async def foreign_words(model, messages, api_key=None, **options):
    yield "par"
    raise ValueError(f"cannot log in with {api_key} at all")
async def foreign_locals(model, messages, api_key=None, **options):
    headers = {"Authorization": f"Bearer {api_key}"}
    yield "tial"
    headers["nothing"]
def foreign_at_once(model, messages, api_key=None, **options):
    raise RuntimeError(f"no {api_key[:20]}")
"""

WAYS = (
    "await get_provider({name!r}).create_async('m', 'hi', base_url={url!r}, api_key=planted.key, timeout=1,"
    " retries={retries})",
    "Chat('{name}:m', base_url={url!r}, api_key=planted.key, retries={retries}, timeout=1).ask('hi')",
    "list(get_provider({name!r}).create_completion('m', 'hi', base_url={url!r}, api_key=planted.key, timeout=1,"
    " retries=0))",
    "await get_provider({name!r}).list_models(base_url={url!r}, api_key=planted.key, timeout=1)",
)

HERE = {
    "nobody there": "Chat('{name}:m', base_url='http://127.0.0.1:9/v1', api_key=planted.key, retries=0).ask('hi')",
    "nobody there, a key in the address": "await get_provider('{name}').create_async('m', 'hi', "
    "base_url=f'http://127.0.0.1:9/v1?api_key={{planted.key}}', api_key='', retries=0)",
    "a password in the address": "await get_provider('{name}').create_async('m', 'hi', "
    "base_url=f'http://ann:{{planted.key}}@127.0.0.1:9/v1', retries=0)",
    "a broken address": "Chat('{name}:m', base_url=f'http://ann:{{planted.key}}@[::g]/v1').ask('hi')",
    "another broken address": "Chat('{name}:m', base_url=f'htp//ann:{{planted.key}}@host').ask('hi')",
    "a proxy that is not there": "Chat('{name}:m', base_url='http://127.0.0.1:9/v1', api_key='', retries=0, "
    "proxy=f'http://ann:{{planted.key}}@127.0.0.1:9').ask('hi')",
    "a proxy of no kind": "await get_provider('{name}').create_async('m', 'hi', base_url='http://127.0.0.1:9', "
    "api_key='', proxy=f'gopher://ann:p@{{planted.key}}@127.0.0.1:9')",
    "no TLS": "await get_provider('{name}').create_async('m', 'hi', base_url={secure!r}, api_key=planted.key, "
    "timeout=1, retries=0)",
    "a misspelt option": "Chat('{name}:m', apikey=planted.key)",
    "another misspelt option": "await get_provider('{name}').create_async('m', 'hi', api_token=planted.key, "
    "base_url='http://127.0.0.1:9', temperature='warm')",
    "a token": "Chat('{name}:m', token=planted.key, temperature=7)",
    "a header with a line end": "await get_provider('{name}').create_async('m', 'hi', "
    "headers={{'Authorization': planted.key + chr(10) + 'x: y'}}, base_url='http://127.0.0.1:9')",
    "a field that cannot be sent": "await get_provider('{name}').create_async('m', 'hi', api_key='', "
    "base_url='http://127.0.0.1:9', extra_body={{'api_key': planted.key, 'x': object()}})",
    "cancelled": "await asyncio.wait_for(get_provider('{name}').create_async('m', 'hi', base_url={silent!r}, "
    "api_key=planted.key), 0.1)",
    "cancelled at the list": "await asyncio.wait_for(get_provider('{name}').list_models(base_url={silent!r}, "
    "api_key=planted.key), 0.1)",
    "a vendor": "add_vendor('mine', base_url='nowhere', headers={{'X-Api-Key': planted.key}}, dialect='{name}')",
}

FOREIGN = {
    f"{function}, {way}": code
    for function in ("foreign_words", "foreign_locals", "foreign_at_once")
    for way, code in {
        "asked": f"Chat(provider={function}, api_key=planted.key).ask('hi')",
        "awaited": f"await Chat(provider={function}, api_key=planted.key).ask_async('hi')",
        "streamed": f"list(Chat(provider={function}, api_key=planted.key).stream('hi'))",
    }.items()
}

PANEL = """
os.environ |= {{"OPENAI_API_KEY": planted.key, "OPENAI_BASE_URL": {url!r}}}
panel = ChatPanel(Chat("openai:m", retries=0, timeout=1))
panel._service.take({{"type": "ready", "view": "v"}}, [])
panel._service.take({{"type": "send", "act": "a{number}", "text": "hi"}}, [])
await asyncio.sleep(0.3)
"""


def failures(server: str) -> dict[str, str]:
    """The code of each failure, by what goes wrong."""
    table: dict[str, str] = {}
    for column, name in enumerate(PROVIDERS):
        for row, echo in enumerate(ECHOES):
            url = f"{server}/{echo.replace(' ', '-')}"
            table[f"{name}: {echo}"] = WAYS[(row + column) % len(WAYS)].format(
                name=name, url=url, retries=int("note" in echo)
            )
        places = {"secure": server.replace("http:", "https:"), "silent": f"{server}/silence"}
        for failure, code in HERE.items():
            table[f"{name}: {failure}"] = code.format(name=name, **places)
    return table | FOREIGN


def test_no_piece_of_the_key_comes_out(tmp_path: Path) -> None:
    env = {"PLANTED": KEY, "PYTHONASYNCIODEBUG": "1", "NOTEBOOK_CHAT_HOME": str(tmp_path / "home")}
    with echoing_server() as server, Kernel(tmp_path / "kernel", env=env) as kernel:
        assert kernel.run(SETTING_UP).status == "ok", kernel.process.log
        table = failures(server)
        cells = []
        for failure, code in table.items():
            run = kernel.run(code, timeout=60)
            assert run.status == "error", (failure, run.outputs)
            cells += [run, kernel.run("last()")]
            found = leaks(str([one.content for cell in cells[-2:] for one in cell.messages]))
            assert not found, (failure, found[:3])
        for number, echo in enumerate(ECHOES):
            url = f"{server}/{echo.replace(' ', '-')}"
            kernel.run(f'os.environ |= {{"OPENAI_API_KEY": planted.key, "OPENAI_BASE_URL": {url!r}}}')
            cells.append(kernel.run("%%chat openai:m --timeout 1\nhi", cell_id=f"c{number}", timeout=60))
            assert cells[-1].status == "error", (echo, cells[-1].outputs)
            table[f"%%chat: {echo}"] = "%%chat"
        for number, echo in enumerate(ECHOES):
            url = f"{server}/{echo.replace(' ', '-')}"
            cells.append(kernel.run(PANEL.format(url=url, number=number)))
            assert cells[-1].status == "ok", cells[-1].outputs
            table[f"panel: {echo}"] = PANEL
        wrong = f"{server}/a-wrong-key,-without-its-end"
        kernel.run(f'os.environ["OPENAI_BASE_URL"] = {wrong!r}')
        for command in ("doctor openai:m", "models openai", "status", "history"):
            cells.append(kernel.run(f"%chat {command}", timeout=60))
        cells.append(kernel.run("%tb"))
        kernel.run("%chat key set openai mistyped-" + KEY[:30])  # its own request shows what was typed
        typed = kernel.messages[-3:]
        assert not leaks(str([one.content for one in typed if one.type != "execute_input"]))
        assert kernel.run("any('mis' 'typed-' in line for line in In)").text == "False"
        messages = [
            str(one.content)
            for one in kernel.messages
            if not (one.type == "execute_input" and "mistyped-" in str(one.content))
        ]
        log = (kernel.process.work / "debug.log").read_text(errors="replace")
        kernel.process.shutdown()
        everything = {"iopub": "\n".join(messages), "log": log, "process": kernel.process.log}
        everything["notebook"] = notebook(cells)
        for path in tmp_path.rglob("*"):
            if path.is_file() and path.name != "kernel.json":
                everything[path.name] = path.read_bytes().decode("latin-1")
    assert len(table) >= 105
    assert "AuthenticationError" in everything["iopub"]
    assert "POST http://127.0.0.1" in log
    assert any(name.startswith("conversations.sqlite3") for name in everything)
    print(f"\n{len(table)} failures, {sum(map(len, everything.values())):,} characters searched")
    assert {name: found[:3] for name, text in everything.items() if (found := leaks(text))} == {}


def notebook(cells: list[object]) -> str:
    """The notebook as it would be saved."""
    saved = nbformat.v4.new_notebook()
    for run in cells:
        outputs = [nbformat.from_dict(json.loads(json.dumps(vars(one), default=str))) for one in run.outputs]  # type: ignore[attr-defined]
        saved.cells.append({"cell_type": "code", "source": run.code, "outputs": outputs, "metadata": {}})  # type: ignore[attr-defined]
    return json.dumps(saved)
