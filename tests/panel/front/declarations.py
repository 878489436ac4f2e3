"""The panel's messages as TypeScript declares them, for editors and the checker of the front end's scripts.

    python -m tests.panel.front.declarations

writes ``notebook_chat/panel/front/protocol.d.ts`` anew after a change of ``notebook_chat/panel/protocol.py``.
"""

from __future__ import annotations

from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from notebook_chat.panel import control, front, protocol

PATH = Path(front.__file__).with_name("protocol.d.ts")

_HEAD = """\
// The messages between the panel and its views. Written from panel/protocol.py; a test compares the two.

"""
_SIMPLE = {str: "string", int: "number", bool: "boolean", NoneType: "null"}


def declarations() -> str:
    """The text of the file."""
    structs = {
        name: kind
        for name, kind in vars(protocol).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and not name.startswith("_")
    }
    control_type = f'export type ControlType = "{control.MESSAGE}";\n'
    unions = ("Act", "PanelMessage", "Told", "ViewMessage")
    declared = [f"export type {name} = {_struct(kind)};\n" for name, kind in structs.items()]
    declared += [f"export type {name} = {_type(getattr(protocol, name))};\n" for name in unions]
    return _HEAD + "".join([*declared, control_type])


def _struct(kind: type[msgspec.Struct]) -> str:
    fields = msgspec.structs.fields(kind)
    if kind.__struct_config__.array_like:
        return f"[{', '.join(f'{field.encode_name}: {_type(field.type)}' for field in fields)}]"
    tag = kind.__struct_config__.tag
    lines = [f'  type: "{tag}";'] if tag is not None else []
    for field in fields:
        mark = "" if field.required else "?"
        lines.append(f"  {field.encode_name}{mark}: {_type(field.type)};")
    return "\n".join(["{", *lines, "}"])


def _type(annotation: Any) -> str:
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not msgspec.UnsetType]
        return " | ".join(map(_type, members))
    if get_origin(annotation) is list:
        [item] = get_args(annotation)
        return f"Array<{_type(item)}>"
    if get_origin(annotation) is Literal:
        return " | ".join(f'"{one}"' for one in get_args(annotation))
    return _SIMPLE.get(annotation) or str(annotation.__name__)


if __name__ == "__main__":
    PATH.write_text(declarations(), encoding="utf-8")
