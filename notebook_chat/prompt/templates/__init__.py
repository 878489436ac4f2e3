"""Prompts to reuse: files with a text, parameters, and how it is to be asked."""

from .library import find_template, listing, places, template_names
from .template import LoadedPrompt, Parameter, Template, check_parameter, settled

__all__ = [
    "LoadedPrompt",
    "Parameter",
    "Template",
    "check_parameter",
    "find_template",
    "listing",
    "load",
    "places",
    "settled",
    "template_names",
]


def load(name: str, /, **parameters: str) -> LoadedPrompt:
    """A prompt from ``.chat/NAME.md`` in the working directory, or from the user's own folder, with its parameters
    filled in: ``chat.ask(load("explain", topic="entropy"))``.

    Args:
        name: What the prompt is called.
        **parameters: Its parameters; ``input`` is what a cell has beneath its line.

    Raises:
        InvalidOptionError: There is no such prompt, its file cannot be read, or a parameter is missing or unknown.
    """
    given = {key: str(value) for key, value in parameters.items()}
    body = given.pop("input", "")
    return find_template(name.removeprefix("@")).loaded(given, body)
