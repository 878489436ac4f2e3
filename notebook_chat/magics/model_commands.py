"""The subcommands about models."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ..errors import ChatError, MissingKeyError
from .arguments import model_names, provider_names
from .output import show_system, show_table, show_text, turns
from .subcommand import Context, Group, argument

if TYPE_CHECKING:
    from ..providers.model_facts import ModelFacts

group = Group()


@group.subcommand("status", "shows what is in use and what can be used, as does %chat alone")
def status(context: Context, _: Namespace) -> None:
    """Shows the model, the providers and the conversations."""
    from ..providers.registry import default_model, list_providers

    try:
        model = context.settings.model or default_model()
    except ChatError as error:
        model = f"none: {error}"
    rows = [["model", model], ["providers", ", ".join(list_providers())]]
    conversations = context.session.conversations.values()
    rows += [
        [f"conversation {conversation.name}", turns(len(conversation))] for conversation in conversations
    ]
    show_table(context.shell, (), [*rows, ["more", "%chat help"]])
    for conversation in conversations:
        show_system(conversation)


@group.subcommand(
    "use",
    "uses a model from now on; the conversation stays",
    argument("model", metavar="MODEL", help="the model, as provider:model", complete=model_names),
)
def use(context: Context, arguments: Namespace) -> None:
    """Sets the model."""
    from ..providers.registry import resolve

    resolve(arguments.model)
    context.settings.model = arguments.model
    show_text(f"{arguments.model} answers from now on.")


@group.subcommand(
    "models",
    "lists models that can be used, and what is known of them",
    argument(
        "provider",
        nargs="?",
        metavar="PROVIDER",
        help="whose models; those of all providers unless it is named",
        complete=provider_names,
    ),
    argument("words", nargs="*", metavar="WORD", help="only models with all of these in their names"),
)
def models(context: Context, arguments: Namespace) -> None:
    """Asks the providers, all at once."""
    from .. import runner
    from ..providers import model_list
    from ..providers.registry import get_provider, list_providers
    from .model_rows import table

    words = [word.lower() for word in arguments.words]
    if arguments.provider is not None:
        get_provider(arguments.provider)
    names = list_providers() if arguments.provider is None else [arguments.provider]
    facts: dict[str, ModelFacts] = {}
    told: list[str] = []
    without_key: list[str] = []
    for name, listed in runner.run(model_list.described(names, words)).items():
        if isinstance(listed, MissingKeyError) and len(names) > 1:
            without_key.append(name)
        elif isinstance(listed, ChatError):
            advice = f" {listed.hint}" if len(names) == 1 and listed.hint else ""
            told.append(f"{name}:… not listed: {listed.message}{'.' if advice else ''}{advice}")
        elif listed:
            facts |= {f"{name}:{model}": known for model, known in listed.items()}
        else:
            told.append(f"{name}:… " + ("none with that in its name" if words else "any model it has"))
    if facts:
        show_table(context.shell, *table(facts))
    if without_key:
        told.append(f"not listed without a key: {', '.join(without_key)}; %chat key set NAME keeps one")
    for line in told:
        show_text(line)
