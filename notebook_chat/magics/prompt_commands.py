"""The subcommands about prompts that come from files: those to reuse, and instructions for assistants."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from ..errors import InvalidOptionError
from ..session import DEFAULT, NotebookSession
from ..text import seen, single_line
from .arguments import cell_parser
from .file_paths import FilePaths
from .mcp_prompts import is_server_prompt, load_server_prompt
from .output import confirm, shorten, show_document, show_table, show_text
from .reused_prompt import MARK, take_prompt
from .settings import Settings
from .subcommand import CONVERSATION, Context, Group, argument

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..prompt.templates import LoadedPrompt, Template

group = Group()

INSTRUCTIONS = ("AGENTS.md", "CLAUDE.md")
"""The files with instructions for assistants that are offered where they lie beside a notebook."""

_LARGEST = 200_000  # bytes of instructions


def beside(session: NotebookSession) -> Path | None:
    """The notebook's folder; ``None`` where it is not known, or not on this machine."""
    notebook = session.notebook
    return notebook.parent if notebook is not None and notebook.parent.is_dir() else None


def prompt_names(session: NotebookSession) -> list[str]:
    """The names of the prompts that can be used."""
    from ..prompt.templates import template_names

    return template_names(beside(session))


def prompt_words(words: Sequence[str], written: str, session: NotebookSession) -> list[str]:
    """The names of prompts for a word that begins as one, and the parameters of a prompt that is named.

    Args:
        words: The words of the line before.
        written: What is written of the next one.
        session: Whose prompts they are.
    """
    if written.startswith(MARK):
        return [name for one in prompt_names(session) if (name := MARK + one).startswith(written)]
    named, given, _ = take_prompt(words, cell_parser())
    if named is None or written.startswith("-") or (words and words[-1].startswith("-")):
        return []
    from ..prompt.templates import find_template

    takes = [f"{one.name}=" for one in find_template(named, beside(session)).takes if one.name not in given]
    return [one for one in takes if one.startswith(written)]


@group.subcommand(
    "prompts",
    "lists the prompts to reuse, which %%chat @NAME KEY=VALUE asks; or shows one as its file has it",
    argument("name", nargs="?", metavar="NAME", help="a prompt to be shown", complete=prompt_names),
)
def prompts(context: Context, arguments: Namespace) -> None:
    """Shows a table of prompts, or the file of one."""
    from ..prompt.templates import Template, find_template, listing, places

    folder = beside(context.session)
    if arguments.name is not None:
        template = find_template(arguments.name.removeprefix(MARK), folder)
        return _show_file(context, template.where, files.read(template.path, _LARGEST).decode("utf-8-sig"))
    rows = []
    for name, place, found, hidden in listing(folder):
        told, takes = (found.description, found.takes) if isinstance(found, Template) else (found.message, ())
        instead = " (the one above is used)" if hidden else ""
        parameters = shorten(", ".join(one.told for one in takes))
        rows.append([MARK + name, parameters, shorten(told), place.shown + instead])
    if not rows:
        own = places(folder)[-1].shown
        return show_text(
            "There are none yet: %%chat @explain asks what stands in .chat/explain.md beside the notebook, or in"
            f" {own}/explain.md."
        )
    return show_table(context.shell, ("", "Parameters", "What for", "Where"), rows)


def load_prompt(name: str, options: Namespace, body: str, session: NotebookSession) -> LoadedPrompt:
    """The prompt that a line names, as it is to be asked: what the line says wins over what the file says. What is used
    of a file that lies beside the notebook is told: it may have come from anybody.

    Args:
        name: Its name.
        options: What the line says.
        body: What stands beneath the line.
        session: Whose notebook it is.

    Raises:
        ChatError: There is no such prompt, its file cannot be read, or a parameter is missing or unknown.
    """
    from ..prompt.templates import find_template

    if is_server_prompt(name):
        return load_server_prompt(name, options.parameters, body, session)
    template = find_template(name, beside(session))
    loaded = filled_in(template, options, body)
    if template.beside:
        _refuse_local_file(template, loaded)
    if told := _told(template, loaded):
        show_text(told)
    return loaded


def filled_in(template: Template, options: Namespace, body: str) -> LoadedPrompt:
    """A template as it is asked, without what the line says itself.

    Args:
        template: The template.
        options: What the line says.
        body: What stands beneath the line.

    Raises:
        ChatError: A parameter is missing or unknown.
    """
    said = {
        "model": options.model,
        "system": options.system,
        "temperature": options.temperature,
        "max_tokens": options.max_tokens,
    }
    return template.loaded(options.parameters, body).without(
        [key for key, value in said.items() if value is not None]
    )


def _told(template: Template, loaded: LoadedPrompt) -> str:
    """What is used of a template's file besides its text, and what is not; empty where there is nothing to tell."""
    used = [f"model {loaded.model}"] if loaded.model else []
    if loaded.system:
        used.append(f"a system prompt of {len(loaded.system):,} characters from this turn on")
    used += [f"{name} {value}" for name, value in loaded.options.items()]
    unused = f" (not used here: {', '.join(template.unused)})" if template.unused else ""
    if not template.beside:
        return f"{MARK}{template.name}{unused}" if unused else ""
    return f"{MARK}{template.name} from {template.where}{': ' * bool(used)}{', '.join(used)}{unused}"


def _refuse_local_file(template: Template, loaded: LoadedPrompt) -> None:
    """Sees to it that no file which came with a notebook has another file loaded as a model, or fetched.

    Raises:
        InvalidOptionError: It names one.
    """
    if not loaded.model:
        return
    from ..providers.registry import resolve

    provider, model = resolve(loaded.model)
    if provider.name == "local" and model not in ("", provider.default_model):
        raise InvalidOptionError(
            f"{template.where} names a file as the model, {single_line(loaded.model)[:100]}",
            hint=f"To load it, write -m {single_line(loaded.model)[:100]} on the line.",
        )


# --- instructions for assistants


def offer_instructions(conversation: Conversation, session: NotebookSession, settings: Settings) -> None:
    """Tells of instructions for assistants that lie beside the notebook, at its first question, once. They are never
    taken unasked: whoever wrote the notebook may have written them.

    Args:
        conversation: The conversation that is gone on with.
        session: Whose notebook it is.
        settings: What has been told so far.
    """
    if INSTRUCTIONS[0] in settings.told:
        return
    settings.told.add(INSTRUCTIONS[0])
    if len(conversation) or conversation.system_in_force:
        return  # it was told when the conversation began; or the user speaks for himself
    folder = beside(session) or Path()
    found = [name for name in INSTRUCTIONS if (folder / name).is_file()]
    if found:
        show_text(
            f"{found[0]} lies beside this notebook: %chat instructions {found[0]} shows it, and takes it into the"
            " system prompt if you say so."
        )


@group.subcommand(
    "instructions",
    "shows a file such as AGENTS.md, and takes it into the system prompt, after asking",
    argument("--yes", action="store_true", help="do not ask"),
    argument(
        "file",
        metavar="FILE",
        help="the file, such as AGENTS.md or CLAUDE.md",
        complete=FilePaths(*INSTRUCTIONS),
    ),
    CONVERSATION,
)
def instructions(context: Context, arguments: Namespace) -> None:
    """Takes instructions into the system prompt."""
    conversation = context.session.conversation(arguments.name or DEFAULT)
    text = _instructions(arguments.file, beside(context.session))
    shown = single_line(arguments.file)
    _show_file(context, shown, text)
    if text in (conversation.system or ""):
        return show_text(f"{shown} is in the system prompt of {conversation.name!r} already.")
    if not (arguments.yes or confirm(f"Take {shown} into the system prompt of {conversation.name!r}?")):
        return show_text("The system prompt is as it was.")
    conversation.system = "\n\n".join(filter(None, (conversation.system, text)))
    if text in conversation.system_in_force:
        told = 'it goes along from the next question on; -s "" on a line of %%chat ends that.'
    else:
        told = "an earlier turn has a system prompt of its own (-s), which stays in force: -n on a line ends that."
    return show_text(f"{shown} is in the system prompt of {conversation.name!r}: {told}")


def _instructions(file: str, folder: Path | None) -> str:
    try:
        path = Path(file).expanduser()
        if not path.is_absolute() and folder is not None:
            path = folder / path
        text = files.read(path, _LARGEST).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise InvalidOptionError(f"{file} is not UTF-8") from None
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidOptionError(f"{file} cannot be read: {reason}") from None
    if not text:
        raise InvalidOptionError(f"{file} is empty")
    return text


def _show_file(context: Context, name: str, text: str) -> None:
    """Shows a file whole, with every invisible character as its number."""
    text = seen(text)
    style = "white-space:pre-wrap;overflow-wrap:anywhere"
    html = f'<p><em>{escape(single_line(name))}</em></p><pre style="{style}">{escape(text)}</pre>'
    show_document(context.shell, f"[{single_line(name)}]\n{text}", html)
