"""YAML that anybody may have written, as texts, lists and mappings."""

from __future__ import annotations

from typing import Any

from ...errors import InvalidOptionError
from ...text import single_line

_DEEPEST = 20  # lists and mappings within each other


def read_yaml(text: str, where: str, first_line: int = 1) -> Any:
    """What a text of YAML holds. Every scalar is a text: ``no`` and ``3.10`` stay what they are.

    Nothing is made of it but texts, lists and mappings; anchors, by which a few lines can stand for any number, are
    refused.

    Args:
        text: The text.
        where: The file that it is in, to be named where it is broken.
        first_line: Which line of that file it begins at.

    Raises:
        InvalidOptionError: It is no YAML; the line says where.
    """
    import yaml  # when a template is read, and not before

    def failure(what: str, mark: Any) -> InvalidOptionError:
        place = f", line {mark.line + first_line}" if mark is not None else ""
        return InvalidOptionError(
            f"{where} is not YAML as it is read here{place}: {single_line(what)}", hint=""
        )

    class Loader(yaml.BaseLoader):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise failure("it has an anchor or an alias", event.start_mark)
            self.depth += 1
            if self.depth > _DEEPEST:
                raise failure("it is nested too deeply", event.start_mark)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if len(set(keys)) < len(node.value):
                raise failure("a key stands there twice, or is no text", node.start_mark)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        raise failure(error.problem or "it cannot be read", error.problem_mark) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, InvalidOptionError):
            raise
        raise failure("it has a character that no YAML may have, or too much of it", None) from None
