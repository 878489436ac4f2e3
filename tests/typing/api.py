"""The public interface as a user's code has it. mypy checks this file strictly; nothing runs it.

A change that makes it an error here breaks the code of users.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, assert_type

from notebook_chat import Answer, Chat, ChatPanel, MCPServer, Message, tool
from notebook_chat.conversation import Conversation, Turn
from notebook_chat.errors import (
    AuthenticationError,
    BadRequestError,
    ChatError,
    ConfigurationError,
    ConnectError,
    ContentRefusedError,
    ContextLengthError,
    ConversationBusyError,
    DataError,
    DownloadError,
    EngineError,
    HistoryError,
    InvalidMessagesError,
    InvalidOptionError,
    MissingDependencyError,
    MissingKeyError,
    ModelNotFoundError,
    NameResolutionError,
    NotRecordedError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    ProxyError,
    QuotaError,
    RateLimitError,
    RequestTimeoutError,
    ResponseFormatError,
    ServerError,
    StaleConnectionError,
    StreamInterruptedError,
    TLSError,
    TransportError,
    UnexpectedError,
    UnknownProviderError,
)
from notebook_chat.events import (
    Event,
    Finish,
    ModelName,
    Notice,
    ReasoningDelta,
    Remark,
    TextBlock,
    TextDelta,
    TextIsReasoning,
    ToolCall,
    Usage,
)
from notebook_chat.messages import (
    AudioPart,
    CodePart,
    CodeResultPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    ReplayPart,
    SearchPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
    normalize,
)
from notebook_chat.prompt import Description, load, register
from notebook_chat.providers import (
    AiAsk,
    Anthropic,
    AsyncGeneratorProvider,
    AsyncResult,
    ChatAnywhere,
    Gemini,
    HTTPProvider,
    Local,
    Ollama,
    OpenAI,
    OpenAIResponses,
    add_vendor,
    compatible,
    get_provider,
    list_providers,
)
from notebook_chat.tools import ArgumentsError, Progress, ToolOutput


def ask() -> None:
    chat = Chat("openai:gpt-6-luna", system="Answer briefly.", temperature=0.2, max_tokens=100)
    answer = chat.ask("Why is the sky blue?")
    assert_type(answer, Answer)
    assert_type(answer.upper(), str)
    assert_type(answer.usage, Usage | None)
    assert_type(answer.finish_reason, str | None)
    assert_type(answer.seconds, float)
    assert_type(answer.model, str)
    for piece in chat.stream("And at sunset?", temperature=1.0):
        assert_type(piece, str)
    chat.ask("What is this?", images=[Path("photo.jpg"), b"\x89PNG"])
    chat.ask(Message("user", (TextPart("What is this?"), ImagePart(b"\x89PNG", "image/png"))))
    chat.ask("What is odd?", files=["data.csv", ("log.txt", b"text"), Path("a.py")], file_tokens=5000)
    assert_type(chat.ask(load("explain", topic="entropy")), Answer)
    data = chat.ask("Who?", schema="[name, age int]")
    print(data.data, data.is_data, data.table())
    chat.ask("Who?", schema=list[str])
    Chat("openai:gpt-6-luna", schema={"type": "object"})
    preview = chat.preview("What is this?", images=[b"\x89PNG"], temperature=1.0)
    assert_type(preview.body, bytes)
    assert_type(preview.url, str)
    assert_type(preview.messages, tuple[Message, ...])
    assert_type(preview.tokens, int)
    assert_type(preview.notes, tuple[str, ...])
    answers = chat.compare("Hello", ["openai:gpt-6-luna", "anthropic:claude-haiku-5-5"], temperature=0.5)
    assert_type(answers, list[Answer])
    assert_type(answers[0].error, ChatError | None)
    Chat("local", secrets="redact")
    chat.model = "anthropic:claude"
    assert_type(chat.model, str)


async def ask_async(chat: Chat) -> None:
    assert_type(await chat.ask_async("Hello"), Answer)
    assert_type(await chat.compare_async("Hello", ["local", "openai:gpt-6-luna"]), list[Answer])
    async for piece in chat.stream_async("Hello"):
        assert_type(piece, str)
    async for batch in chat.reply("Hello").batches():
        for event in batch:
            assert_type(tell(event), str)


def tell(event: Event) -> str:
    match event:
        case TextDelta() | ReasoningDelta():
            return event.text
        case ToolCall():
            return f"{event.index} {event.id} {event.name} {event.arguments}"
        case Usage():
            assert_type(event.total_tokens, int | None)
            return str(event.to_dict())
        case Finish():
            return event.reason or ""
        case ModelName():
            return event.name
        case Notice():
            return f"{event.text} {event.fraction or 0:.0%}"
        case Remark():
            return event.text
        case TextBlock():
            return "a block of text begins"
        case TextIsReasoning():
            return "what has come so far was reasoning"
        case part:
            return show(part)


def show(part: Part) -> str:
    match part:
        case TextPart() | ReasoningPart():
            return part.text
        case ImagePart() | AudioPart():
            return part.media_type
        case FilePart():
            return part.name
        case ToolCallPart():
            return part.arguments
        case ToolResultPart():
            return "".join(map(show, part.parts))
        case SourcePart():
            return part.url
        case SearchPart():
            return " ".join(part.queries)
        case CodePart():
            return part.code
        case CodeResultPart():
            return part.text
        case UnknownPart():
            return part.kind
        case ReplayPart():
            return part.provider


def go_on(conversation: Conversation) -> None:
    assert_type(Chat("local", conversation=conversation).conversation, Conversation)
    Chat(conversation="default")
    for turn in conversation.turns:
        assert_type(turn, Turn)
        assert_type(turn.prompt, Message)
        assert_type(turn.answer, str)
    assert_type(Conversation.from_dict(conversation.to_dict()), Conversation)


def window() -> None:
    ChatPanel()
    panel = ChatPanel(Chat("local"), height="70vh")
    assert_type(panel, ChatPanel)


def what_goes_wrong(chat: Chat) -> str:
    try:
        return chat.ask("Hello")
    except (RateLimitError, OverloadedError) as error:
        return f"in {error.retry_after or 1:.0f} s"
    except ChatError as error:
        assert_type(error.message, str)
        assert_type(error.hint, str)
        assert_type(error.provider, str | None)
        assert_type(error.status, int | None)
        return error.partial


nobody_foresaw_it: type[ChatError] = UnexpectedError
nothing_was_sent: Sequence[type[ConfigurationError]] = (
    InvalidMessagesError,
    InvalidOptionError,
    MissingDependencyError,
    MissingKeyError,
    UnknownProviderError,
)
the_service_refused: Sequence[type[ProviderError]] = (
    AuthenticationError,
    BadRequestError,
    ContentRefusedError,
    ContextLengthError,
    ModelNotFoundError,
    PermissionDeniedError,
    QuotaError,
    ResponseFormatError,
    ServerError,
)
the_way_is_broken: Sequence[type[TransportError]] = (
    ConnectError,
    NameResolutionError,
    ProxyError,
    RequestTimeoutError,
    StaleConnectionError,
    StreamInterruptedError,
    TLSError,
)
at_home: Sequence[type[ChatError]] = (
    ConversationBusyError,
    DataError,
    DownloadError,
    EngineError,
    HistoryError,
    NotRecordedError,
)


def use_answers_from_before() -> None:
    chat = Chat("local", replay="only", record="talk.chat.jsonl")
    assert_type(chat.ask("Hello", replay="auto", record=Path("other.chat.jsonl")).replayed, bool)


@tool
def area(width: float, height: float = 1.0) -> float:
    """The area."""
    return width * height


@tool(name="train_it", description="Trains.", ask=True, seconds=None, thread="notebook")
def train(epochs: int, tell: Progress) -> ToolOutput:
    if epochs < 1:
        raise ArgumentsError("epochs must be 1 or more")
    tell("epoch 1")
    tell("epoch 2", 0.5)
    return ToolOutput((TextPart("loss 0.1"),))


def use_tools(chat: Chat) -> None:
    assert_type(area(2.0, height=3.0), float)
    assert_type(train(3, lambda words, fraction=None: None), ToolOutput)
    add = tool(lambda a, b: a + b, name="add")
    Chat("local", tools=[area, train, add, "notebook"], rounds=5)
    chat.ask("How large?", tools=[area])

    @chat.register_tool
    async def look(name: str) -> str:
        return name

    same: Callable[..., Any] = chat.register_tool(area)
    chat.unregister_tool(same)
    chat.unregister_tool("look")


class Network:
    layers = 3


@register(Network)
def describe_network(network: Network, tokens: int) -> str:
    return f"A network of {network.layers} layers."


register("networks.Deep", lambda network, tokens: Description("A deep network.", label="deep"))


class Shout(AsyncGeneratorProvider):
    """A provider of one's own."""

    name = "shout"
    default_model = "loud"

    @classmethod
    async def stream(cls, model: str, messages: Any, **options: Any) -> AsyncIterator[Event | str]:
        for word in normalize(messages)[-1].text.split():
            yield f"{word.upper()} "
        yield Finish("stop")


async def answer(messages: Sequence[Message]) -> AsyncIterator[str]:
    yield messages[-1].text


async def use_providers() -> None:
    Chat(provider=Shout)
    Chat(provider=answer)
    Chat("local", provider="local")
    for provider in (AiAsk, Anthropic, ChatAnywhere, Gemini, Ollama, OpenAI, OpenAIResponses):
        assert_type(await provider.create_async(provider.default_model, ["Hello"], timeout=60), str)
    over_http: type[HTTPProvider] = OpenAI
    pieces: AsyncResult = over_http.create_async_generator("gpt-6-luna", ["Hello"], timeout=60)
    async for piece in pieces:
        print(piece, end="")
    for word in Local.create_completion("smollm2-135m", ["Hello"]):
        print(word, end="")
    add_vendor("mine", base_url="http://localhost:8000/v1", key_env="MINE_KEY")
    compatible("mine", "http://localhost:8000/v1")
    assert_type(list_providers(), list[str])
    get_provider("openai")


def servers() -> None:
    """MCP servers."""
    with MCPServer("uvx mcp-server-time", env={"TZ": "UTC"}) as time:
        Chat(tools=[time])
        Chat(tools=[time.tool("get_current_time")])
        assert_type(time.resource("memo://note"), tuple[str, bytes])
    MCPServer(["uvx", "mcp-server-git"], name="git", cwd=Path(), seconds=30, start_seconds=10).close()
    assert_type(MCPServer(url="https://example.org/mcp", headers={"X-Key": "…"}).running, bool)
