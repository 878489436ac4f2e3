"""An MCP server that does what servers do, and what they should not: a program of Python's own library alone.

It speaks the protocol of 2025-11-25 as lines of JSON. What it should not do is switched on by words behind its name:
``deaf`` (never answers), ``stubborn`` (minds neither the end of its input nor SIGTERM), ``junk`` (prints what is no
JSON), ``lying`` (schemas that are none; with ``abyss`` one that no parser reads), ``endless`` (lists without an end),
``many`` (300 tools), ``dead`` (ends at once), ``noisy`` (floods its standard error), ``storm`` (tells of changes
without an end), ``child`` (has a stubborn child in a session of its own). ``pids=FILE`` has it add the ids of its
processes to a file.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db0"
        "0000000049454e44ae426082"
    )
).decode()
STUBBORN = (
    "import signal, time\n"
    "for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(n, signal.SIG_IGN)\n"
    "time.sleep(600)"
)
FLAGS = set(sys.argv[1:])
_lock = threading.Lock()
_extra: list[str] = []


def send(message: dict[str, Any]) -> None:
    with _lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def tool(name: str, properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties or {}}
    return {"name": name, "description": f"does {name}", "inputSchema": schema, **more}


def tools() -> list[dict[str, Any]]:
    if "lying" in FLAGS:
        return [
            {**tool("text"), "inputSchema": {"type": "string"}},
            {**tool("deep"), "inputSchema": nested(300 if "abyss" in FLAGS else 50)},
            {
                **tool("wide"),
                "inputSchema": {"type": "object", "properties": {f"p{n}": {} for n in range(20_000)}},
            },
            {**tool("bomb"), "inputSchema": bomb()},
            {**tool("none"), "inputSchema": {}},
            {**tool("promise"), "outputSchema": {"type": "object", "required": ["never"]}},
            {**tool("naïve tool"), "description": "seen\u202e\U000e0041" + "x" * 100_000},
            {**tool("twice")},
            {**tool("twice"), "description": "another"},
        ]
    if "many" in FLAGS:
        return [tool(f"tool{n}") for n in range(300)]
    return [
        tool("echo", {"text": {"type": "string"}}, annotations={"readOnlyHint": True}),
        tool("slow", {"seconds": {"type": "number"}}),
        tool("block", {"seconds": {"type": "number"}}),
        tool("crash"),
        tool("huge", {"bytes": {"type": "integer"}}),
        tool("everything"),
        tool("fail"),
        tool("data"),
        tool("change"),
        tool("environment"),
        *map(tool, _extra),
    ]


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def bomb() -> dict[str, Any]:
    definitions = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(25)}
    return {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {**definitions, "d25": {}},
    }


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": value}], **more}


def called(id: Any, name: str, given: dict[str, Any], token: Any) -> None:
    if name in ("slow", "block"):
        steps = max(int(float(given.get("seconds", 1)) / 0.05), 1)
        for step in range(steps):
            if id in _cancelled and name == "slow":
                return
            time.sleep(0.05)
            if token is not None:
                told = {
                    "progressToken": token,
                    "progress": step + 1,
                    "total": steps,
                    "message": f"step {step + 1}",
                }
                send({"method": "notifications/progress", "params": told})
        result = text("done")
    elif name == "crash":
        sys.stderr.write("a bad end: password=hunter2secret\n")
        sys.stderr.flush()
        os._exit(3)
    elif name == "huge":
        result = text("x" * int(given["bytes"]))
    elif name == "everything":
        result = {
            "content": [
                {"type": "text", "text": "see"},
                {"type": "image", "data": PNG, "mimeType": "image/jpeg"},
                {"type": "image", "data": "no base64!", "mimeType": "image/png"},
                {"type": "audio", "data": base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + bytes(40)).decode(),
                 "mimeType": "audio/wav"},
                {"type": "resource", "resource": {"uri": "memo://a", "mimeType": "text/plain", "text": "inside"}},
                {"type": "resource", "resource": {"uri": "memo://b", "mimeType": "image/png", "blob": PNG}},
                {"type": "resource_link", "uri": "file:///c", "name": "c", "description": "elsewhere"},
            ]
        }  # fmt: skip
    elif name == "data":
        result = {"content": [], "structuredContent": {"rows": 3}}
    elif name == "fail":
        result = text("it did not work", isError=True)
    elif name == "change":
        _extra.append("added")
        send({"method": "notifications/tools/list_changed"})
        result = text("changed")
    elif name == "environment":
        result = text(json.dumps(dict(os.environ)))
    elif name == "promise":
        result = text("no data")
    else:
        result = text(json.dumps(given))
    send({"id": id, "result": result})


_cancelled: set[Any] = set()


def listed(kind: str, items: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    if "endless" not in FLAGS:
        return {kind: items}
    page = int(params.get("cursor") or 0)
    return {kind: [{**one, "name": f"{one['name']}{page}"} for one in items], "nextCursor": str(page + 1)}


def answered(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        return {
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {"listChanged": True}, "resources": {}, "prompts": {}},
            "serverInfo": {"name": "hostile", "version": "1"},
            "instructions": "be careful",
        }
    if method == "tools/list":
        return listed("tools", tools(), params)
    if method == "resources/list":
        return {"resources": [{"uri": "memo://a", "name": "a", "mimeType": "text/plain"}]}
    if method == "resources/read":
        return {
            "contents": [
                {"uri": params["uri"], "mimeType": "text/plain", "text": f"what is in {params['uri']}"}
            ]
        }
    if method == "prompts/list":
        return {"prompts": [{"name": "greet", "arguments": [{"name": "who", "required": True}]}]}
    if method == "prompts/get":
        said = f"Say hello to {params['arguments']['who']}: {{secret}}"
        return {"messages": [{"role": "user", "content": {"type": "text", "text": said}}]}
    return None


def noted(*pids: int) -> None:
    for flag in FLAGS:
        if flag.startswith("pids="):
            with Path(flag.removeprefix("pids=")).open("a", encoding="utf-8") as file:
                file.write("".join(f"{pid}\n" for pid in pids))


def main() -> None:
    noted(os.getpid())
    if "dead" in FLAGS:
        sys.exit("no license: token=abcdef123456")
    if "stubborn" in FLAGS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "child" in FLAGS:
        child = subprocess.Popen([sys.executable, "-c", STUBBORN], start_new_session=True)
        noted(child.pid)
    if "noisy" in FLAGS:
        threading.Thread(
            target=lambda: [sys.stderr.write("noise " * 1000 + "\n") for _ in range(5000)], daemon=True
        ).start()
    if "junk" in FLAGS:
        print("Welcome to the server!\n\n{not json\n[]", flush=True)
    for line in sys.stdin:
        if "deaf" in FLAGS:
            continue
        message = json.loads(line)
        method, params, id = message.get("method"), message.get("params") or {}, message.get("id")
        if method == "notifications/cancelled":
            _cancelled.add(params.get("requestId"))
        if method == "notifications/initialized" and "storm" in FLAGS:
            threading.Thread(target=storm, daemon=True).start()
        if id is None or method is None:
            continue
        if method == "tools/call":
            token = params.get("_meta", {}).get("progressToken")
            threading.Thread(
                target=called, args=(id, params["name"], params.get("arguments") or {}, token)
            ).start()
        elif (result := answered(method, params)) is not None:
            send({"id": id, "result": result})
        else:
            send({"id": id, "error": {"code": -32601, "message": "Method not found"}})
    while "stubborn" in FLAGS:
        time.sleep(60)


def storm() -> None:
    while True:
        send({"method": "notifications/tools/list_changed"})


if __name__ == "__main__":
    main()
