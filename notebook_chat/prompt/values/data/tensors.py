"""Describers of torch: tensors, modules, optimizers. Nothing is computed on another device."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ..bounds import BYTES_PER_TOKEN, lines_within
from ..description import Description
from .arrays import facts_of_array
from .columns import listed, shape_of, values_line
from .samples import Work, sample_size
from .scalars import scalar, type_name
from .tables import size

_MOST_LINES = 200


def describe_tensor(tensor: Any, tokens: int) -> Description:
    """A tensor: its shape, its type, where it is, whether it has a gradient, and its values where they are in this
    machine's memory."""
    torch = sys.modules["torch"]
    base = torch.Tensor
    shape = tuple(int(one) for one in base.size(tensor))
    dtype = str(tensor.dtype).removeprefix("torch.")
    kind = type_name(tensor)
    learns = ", requires_grad" if tensor.requires_grad else ""
    lines = [f"A {kind} of shape {shape}, {dtype}, on {tensor.device}{learns}."]
    array = _array(torch, tensor)
    if array is None:
        lines.append("Its values are not read.")
    elif array.size:
        word = "NaN" if array.dtype.kind == "f" else ""
        lines += values_line(facts_of_array(array, Work()), sample_size(array.size), word=word)
        room = int((tokens - 1) * BYTES_PER_TOKEN) - size(lines) - 12
        flat = array.reshape(-1)[:100] if array.flags.c_contiguous else array[(0,) * (array.ndim - 1)][:100]
        lines.append(f"First: {listed([scalar(one) for one in flat], room // 2)}")
    return Description("\n".join(lines), f"{shape_of(shape) or '0-d'} {dtype}")


def describe_module(module: Any, tokens: int) -> Description:
    """A module: its layers with their settings, how many parameters it has, how many of them are trained."""
    counted: dict[int, Any] = {id(one): one for one in _parameters(module)}
    total = sum(int(one.numel()) for one in counted.values())
    trained = sum(int(one.numel()) for one in counted.values() if one.requires_grad)
    devices = sorted({str(one.device) for one in counted.values()})
    dtypes = sorted({str(one.dtype).removeprefix("torch.") for one in counted.values()})
    mode = "training" if vars(module).get("training") else "evaluation"
    where = f", {', '.join(dtypes)} on {', '.join(devices)}" if counted else ""
    head = f"A torch module {_class_name(module)}: {total:,} parameters, {trained:,} trainable{where}; {mode} mode."
    lines = chain((head,), _own(module, ""), _tree(module, ""))
    return Description(lines_within(lines, tokens, more="… further layers"), f"{total:,} parameters")


def describe_optimizer(optimizer: Any, tokens: int) -> Description:
    """An optimizer: its settings for each group of parameters."""
    lines = [
        f"A torch optimizer {_class_name(optimizer)} with {len(optimizer.param_groups)} groups of parameters."
    ]
    for group in optimizer.param_groups:
        settings = (f"{name}={scalar(value)}" for name, value in group.items() if name != "params")
        lines.append(f"{len(group['params']):,} parameters: {listed(settings, 300)}")
    return Description(lines_within(lines, tokens), _class_name(optimizer))


def _array(torch: Any, tensor: Any) -> Any:
    """The values of a tensor as an array on the same memory; ``None`` for what is elsewhere or has no such form."""
    if str(tensor.device) != "cpu" or tensor.layout != torch.strided or tensor.is_quantized:
        return None
    plain = torch.Tensor.detach(tensor)
    try:
        if plain.dtype == torch.bfloat16:
            plain = plain.reshape(-1)[:10_000].float()
        return plain.numpy()
    except (
        RuntimeError,
        TypeError,
    ):  # conjugated views, tensors of functorch, types that numpy does not have
        return None


def _class_name(value: Any) -> str:
    return type(value).__name__


def _parameters(module: Any) -> Iterator[Any]:
    own, children = vars(module).get("_parameters", {}), vars(module).get("_modules", {})
    yield from (one for one in own.values() if one is not None and hasattr(one, "numel"))
    for child in children.values():
        if child is not None:
            yield from _parameters(child)


def _tree(module: Any, indent: str) -> Iterator[str]:
    for name, child in vars(module).get("_modules", {}).items():
        if child is None:
            continue
        count = sum(int(one.numel()) for one in {id(one): one for one in _parameters(child)}.values())
        yield f"{indent}{name}: {_class_name(child)}({_settings(child)}){f', {count:,} parameters' if count else ''}"
        yield from _tree(child, f"{indent}  ")


def _own(module: Any, indent: str) -> Iterator[str]:
    for name, one in vars(module).get("_parameters", {}).items():
        if one is not None:
            yield f"{indent}{name}: parameter of shape {tuple(one.shape)}"


def _settings(module: Any) -> str:
    """What a layer was made with, as its attributes say."""
    state = vars(module)
    plain = {
        name: value
        for name, value in state.items()
        if not name.startswith("_") and name != "training" and type(value) in (int, float, bool, str, tuple)
    }
    return listed((f"{name}={scalar(value)}" for name, value in plain.items()), 100)
