"""The subcommands about the ways to models: servers of one's own, keys, and what is wrong with them."""

from __future__ import annotations

import argparse
import re
from argparse import Namespace
from typing import Any

from ..errors import ChatError, InvalidOptionError
from . import line_history
from .arguments import model_names, provider_names
from .output import show_text
from .subcommand import Context, Group, argument

group = Group()

_LONGEST_NAME = 24  # of a provider: what is longer may be a key
_DIGIT = re.compile(r"\d")
_SIGNS = {"good": "✓", "bad": "✗", "unknown": "?"}


def _header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (separator and name.strip()):
        raise argparse.ArgumentTypeError("a header is written NAME=VALUE")  # the value may be a key
    return name.strip(), value.strip()


@group.subcommand(
    "provider",
    "adds a server, a gateway or another vendor",
    argument("name", metavar="NAME", help="what it is called from now on, as in NAME:MODEL"),
    argument("--base-url", metavar="URL", help="its address, such as http://localhost:8000/v1"),
    argument(
        "--dialect",
        choices=("openai", "openai-responses", "anthropic", "gemini", "ollama"),
        default="openai",
        metavar="DIALECT",
        help="what it speaks: openai (chat completions, the default), openai-responses, anthropic, gemini, ollama",
    ),
    argument("--key-env", metavar="VARIABLE", help="the variable of the environment that has its key"),
    argument("--key-header", metavar="HEADER", help="the header that has the key, such as api-key"),
    argument(
        "--header",
        action="append",
        default=[],
        type=_header,
        metavar="NAME=VALUE",
        help="a further header, $VARIABLE for one of the environment; may be repeated",
    ),
    argument("--keep", action="store_true", help="also for later kernels"),
    argument("--forget", action="store_true", help="take it back"),
)
def provider(_: Context, arguments: Namespace) -> None:
    """Adds a vendor, or takes it back."""
    from ..providers import vendor_file, vendors
    from ..providers.vendor import KNOWN

    name = arguments.name
    if arguments.forget:
        gone = [vendors.remove(name), vendor_file.forget(name.strip().lower())]
        return show_text(f"{name} is forgotten." if any(gone) else f"There was no {name} of yours.")
    if not arguments.base_url:
        raise InvalidOptionError("missing --base-url: write %chat provider NAME --base-url URL")
    vendors.add_vendor(
        name,
        base_url=arguments.base_url,
        key_env=arguments.key_env,
        dialect=arguments.dialect,
        key_header=arguments.key_header,
        headers=dict(arguments.header),
    )
    vendor = vendors.added(name)
    if arguments.keep and vendor is not None:
        vendor_file.keep(vendor)
    show_text(f"{name}:MODEL can be used from now on{', in later kernels too' * arguments.keep}.")
    own = getattr(KNOWN.get(name.strip().lower()), "key_variable", "")
    if own and vendor is not None and not vendor.key_variable:
        show_text(f"{own} is not sent there; --key-env {own} on the line says that it may be.")
    return None


def refuse_key(line: str, shell: Any) -> None:
    """Sees to it that no key stands on the line of ``%chat key``, where it would be kept in the notebook and in
    IPython's history.

    Args:
        line: What follows ``%chat key``.
        shell: IPython's shell, which forgets what should not be there.

    Raises:
        InvalidOptionError: Something is there that may be one. It is not repeated.
    """
    from ..providers.registry import list_providers

    words = line.partition(" #")[0].split()
    if {"-h", "--help"} & set(words) or not words:
        return
    words = [word.strip("\"'") for word in words]
    named = words[0] in ("set", "forget")
    typed = words[2:] if named else [word for word in words if len(word) > 6 and _DIGIT.search(word)]
    typed = typed or [
        word for word in words if len(word) > _LONGEST_NAME and word.lower() not in list_providers()
    ]
    if not typed:
        return
    forgotten = line_history.forget(shell, [word for word in typed if len(word) > 3])
    done = "It is out of the history of IPython. " if forgotten else ""
    raise InvalidOptionError(
        "%chat key takes no key on its line, where it stays in the notebook",
        hint=f"{done}Take it out of this cell and run %chat key set PROVIDER alone, which asks for it;"
        " make a new key if the notebook was saved meanwhile.",
    )


@group.subcommand(
    "key",
    "keeps a provider's key in the system's keyring, read without echo, or removes it",
    argument("action", metavar="set|forget", choices=("set", "forget"), help="whether to keep or remove it"),
    argument("provider", metavar="PROVIDER", help="whose key it is", complete=provider_names),
)
def key(_: Context, arguments: Namespace) -> None:
    """Reads a key, or removes it."""
    import getpass

    from .. import keychain
    from ..providers.keys import check_key
    from ..providers.registry import get_provider
    from ..secrets import Secret

    # Two dialects of one vendor share its key.
    name = getattr(get_provider(arguments.provider), "account", "") or arguments.provider
    if arguments.action == "forget":
        gone = keychain.forget_key(name)
        return show_text("The key is removed." if gone else f"There was no key for {name}.")
    key = check_key(Secret(getpass.getpass(f"API key for {name}: ")), "what was entered")
    if not key:
        raise InvalidOptionError("nothing was entered", hint="The key is as it was.")
    keychain.store_key(name, key)
    return show_text(f"The key for {name} is kept in the system's keyring.")


@group.subcommand(
    "doctor",
    "goes the way to a model step by step, and says what is wrong",
    argument(
        "model",
        nargs="?",
        metavar="PROVIDER",
        help="a provider, or a model as provider:model; what %%%%chat asks unless it is named",
        complete=model_names,
    ),
)
def doctor(context: Context, arguments: Namespace) -> None:
    """Tells each step as it is gone; the report has no key in it."""
    import platform
    import sys

    import IPython

    from .. import __version__, runner
    from ..addressee import check_allowed
    from ..providers.doctor import examine
    from ..providers.registry import default_model, resolve
    from ..question import Target

    show_text(
        f"notebook_chat {__version__}, Python {platform.python_version()}, IPython {IPython.__version__}, "
        f"{sys.platform}"
    )
    try:
        provider, model = resolve(arguments.model or context.settings.model or default_model())
    except ChatError as error:
        return show_text(f"{_SIGNS['bad']} model       {error}")
    model = model or provider.default_model
    check_allowed(Target(provider, model), {})
    show_text(f"  provider    {provider.name}, asked for {model or 'its own model'}")
    for finding in runner.iterate(examine(provider, model)):
        show_text(f"{_SIGNS[finding.verdict]} {finding.step:<11} {finding.told}")
    return None
