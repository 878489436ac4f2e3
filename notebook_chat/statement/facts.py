"""What is known of the use of models in a notebook, as values. Unknown is ``None`` or empty, and never zero."""

from __future__ import annotations

import msgspec


class ModelUse(msgspec.Struct):
    """How one model was used.

    Attributes:
        model: Who was asked, as ``provider:model``.
        named: What the service has called the models that answered.
        unnamed: How many answers came of which no such name is known.
        first, last: When it was asked first and last, in seconds since 1970; ``None`` where that is not known.
        prompts: How often it was asked.
        answers: What became of these, by how they ended: ``complete``, ``cut_off``, ``stopped``, ``failed``, ``lost``,
            ``open``.
        replayed: How many answers of it stand in the notebook for which it was not asked again.
        input_tokens, output_tokens: As the service has told, added up; ``None`` where it has told of none.
        estimated: How many answers the tokens of which are at least in part an estimate.
        untold: How many answers of whose tokens nothing is known.
    """

    model: str
    named: list[str] = []
    unnamed: int = 0
    first: float | None = None
    last: float | None = None
    prompts: int = 0
    answers: dict[str, int] = {}
    replayed: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    estimated: int = 0
    untold: int = 0


class Place(msgspec.Struct):
    """Where requests went.

    Attributes:
        host: The host; empty where that is not known.
        stayed: Whether it is this machine itself.
        embedded: Whether it is the embedded model, which runs in a process of this machine and sends nothing on.
        requests: How many went there.
        bytes: How large their bodies were together; ``None`` where that is not known.
        other: How many of them were no prompts, such as for a list of models.
    """

    host: str
    stayed: bool = False
    embedded: bool = False
    requests: int = 0
    bytes: int | None = None
    other: int = 0


class Setting(msgspec.Struct):
    """An option with which models were asked.

    Attributes:
        name: The option.
        value: Its value, as JSON; long ones shortened.
        prompts: How many prompts were sent with it.
    """

    name: str
    value: str
    prompts: int = 0


class Tool(msgspec.Struct):
    """A tool that a model has called in the answers of the notebook.

    Attributes:
        name: The tool.
        calls: How often.
    """

    name: str
    calls: int = 0


class SystemPrompt(msgspec.Struct):
    """A system prompt.

    Attributes:
        text: It.
        turns: How many turns of the notebook it held for.
    """

    text: str
    turns: int = 0


class Prompt(msgspec.Struct):
    """A prompt that stands in the notebook's conversations.

    Attributes:
        text: What was typed.
        model: Who answered.
        at: When it was asked, in seconds since 1970; ``None`` where that is not known.
        conversation: The name of the conversation.
        status: How the answer ended.
        replayed: Whether it was answered from a record.
        changed: Whether its cell holds another prompt now.
        included: What went along with it.
    """

    text: str
    model: str
    at: float | None
    conversation: str
    status: str
    replayed: bool = False
    changed: bool = False
    included: list[str] = []


class Log(msgspec.Struct):
    """The log of requests, as evidence.

    Attributes:
        hash: The hash of its last row.
        number: The number of that row.
        whole: Whether it is as it was written.
        forgotten: How many of its requests were forgotten.
    """

    hash: str
    number: int
    whole: bool
    forgotten: int = 0


class Statement(msgspec.Struct):
    """What is known of the use of models in a notebook.

    Attributes:
        notebook: The notebook's name, without its folders; empty where that is not known.
        written: When this was put together, in seconds since 1970.
        software: The versions of what put it together.
        models: The models, in the order in which they were used first.
        places: Where requests went.
        settings: The options with which models were asked.
        unset: How many prompts were sent without any of them.
        unknown_settings: How many prompts were sent of which the options are not known.
        system_prompts: The system prompts.
        tools: The tools that were called.
        searches: How many searches of the web the answers show.
        turns: How many turns the notebook's conversations have.
        replayed: How many of these were answered from a record.
        changed: How many of them are of cells that hold another prompt now.
        gone: How many are of cells that are in the notebook no more.
        stale: How many answer to a conversation that has changed since.
        checked_cells: Whether the cells could be compared with the prompts.
        elsewhere: How many answers the conversations have of which the ledger here has no account.
        unsent: How often a model was to be asked, and nothing was sent: it was refused, or stopped before.
        log: The log of requests; ``None`` where it could not be read.
        prompts: The prompts, where they are wanted.
    """

    notebook: str
    written: float
    software: dict[str, str] = {}
    models: list[ModelUse] = []
    places: list[Place] = []
    settings: list[Setting] = []
    unset: int = 0
    unknown_settings: int = 0
    system_prompts: list[SystemPrompt] = []
    tools: list[Tool] = []
    searches: int = 0
    turns: int = 0
    replayed: int = 0
    changed: int = 0
    gone: int = 0
    stale: int = 0
    checked_cells: bool = False
    elsewhere: int = 0
    unsent: int = 0
    log: Log | None = None
    prompts: list[Prompt] | None = None
