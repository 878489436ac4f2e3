"""The subcommands about models."""

from __future__ import annotations

from argparse import Namespace

from ..errors import ChatError
from .arguments import model_names, provider_names
from .output import show_system, show_table, show_text, turns
from .subcommand import Context, Group, argument

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
    "lists models that can be used",
    argument(
        "provider",
        nargs="?",
        metavar="PROVIDER",
        help="whose models; those of all providers unless it is named",
        complete=provider_names,
    ),
)
def models(context: Context, arguments: Namespace) -> None:
    """Asks the providers, all at once."""
    from .. import runner
    from ..providers import model_list
    from ..providers.registry import get_provider, list_providers

    if arguments.provider is not None:
        get_provider(arguments.provider)
    names = list_providers() if arguments.provider is None else [arguments.provider]
    rows: list[list[str]] = []
    for name, listed in runner.run(model_list.models(names)).items():
        if isinstance(listed, ChatError):
            rows.append([f"{name}:…", f"not listed: {listed.message}"])
        else:
            rows += [[f"{name}:{model}", ""] for model in listed] or [[f"{name}:…", "any model it has"]]
    show_table(context.shell, (), rows)
