"""What Gemini's API sends, as values: the chunks of an answer, the list of models, and the reasons for an end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from .. import errors
from ..events import Usage


class FunctionCall(msgspec.Struct, frozen=True, gc=False):
    """The model's wish to have a tool of the caller run."""

    name: str | None = None
    id: str | None = None
    args: msgspec.Raw = msgspec.Raw(b"{}")


class Part(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What nearly every part has. Of those that have no text, ``Chunk`` tells only that they are there."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None


class Content(msgspec.Struct, frozen=True, gc=False):
    """The parts of one chunk."""

    parts: list[Part] | None = None


class Candidate(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A piece of one of the answers to the same prompt, of which the first counts."""

    index: int = 0
    content: Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    grounding_metadata: dict[str, Any] | None = None
    citation_metadata: dict[str, Any] | None = None
    url_context_metadata: dict[str, Any] | None = None


class PromptFeedback(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Why a prompt was not answered."""

    block_reason: str | None = None
    block_reason_message: str | None = None


class ModalityCount(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """How many of some tokens are of one kind."""

    modality: str | None = None
    token_count: int | None = None


class UsageMetadata(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The tokens used so far."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: list[ModalityCount] | None = None
    candidates_tokens_details: list[ModalityCount] | None = None
    tool_use_prompt_tokens_details: list[ModalityCount] | None = None

    def event(self) -> Usage:
        """The figures. Gemini counts the thoughts beside the answer, and what its own tools read beside the prompt;
        elsewhere they are a part of the output and of the input."""
        given, read = self.prompt_token_count, self.tool_use_prompt_token_count
        if read is not None:
            given = (given or 0) + read
        output, thoughts = self.candidates_token_count, self.thoughts_token_count
        if thoughts is not None:
            output = (output or 0) + thoughts
        into = (*(self.prompt_tokens_details or ()), *(self.tool_use_prompt_tokens_details or ()))
        out = self.candidates_tokens_details or ()
        return Usage(
            given,
            output,
            thoughts,
            self.cached_content_token_count,
            audio_input_tokens=_of("AUDIO", into),
            audio_output_tokens=_of("AUDIO", out),
            image_input_tokens=_of("IMAGE", into),
            image_output_tokens=_of("IMAGE", out),
            tool_input_tokens=read or None,
        )


def _of(modality: str, counts: Iterable[ModalityCount]) -> int | None:
    """How many tokens of one kind are among some; ``None`` for none."""
    return sum(one.token_count or 0 for one in counts if one.modality == modality) or None


class Chunk(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One piece of a stream, or a whole answer."""

    candidates: list[Candidate] | None = None
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: msgspec.Raw = msgspec.Raw(b"null")  # in every chunk, and read once
    model_version: str | None = None
    error: Any = None


class _WholeContent(msgspec.Struct, frozen=True, gc=False):
    parts: list[dict[str, Any]] | None = None


class WholeCandidate(msgspec.Struct, frozen=True, gc=False):
    """A candidate with all that its parts have, of whatever kind they are."""

    index: int = 0
    content: _WholeContent | None = None


class WholeChunk(msgspec.Struct, frozen=True, gc=False):
    """A chunk with all that its parts have."""

    candidates: list[WholeCandidate] | None = None


class Models(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A page of the service's list of models."""

    models: list[dict[str, Any]] = []
    next_page_token: str | None = None


CHUNK = msgspec.json.Decoder(Chunk | list[Chunk])
WHOLE_CHUNK = msgspec.json.Decoder(WholeChunk | list[WholeChunk])
USAGE = msgspec.json.Decoder(UsageMetadata | None)
MODELS = msgspec.json.Decoder(Models)

REFUSALS = frozenset(
    (
        *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "MODEL_ARMOR"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
    )
)
"""The reasons for an end that mean that the service withholds the answer."""

FAILURES: dict[str, tuple[type[errors.ProviderError], str]] = {
    "MALFORMED_FUNCTION_CALL": (errors.ServerError, "the model wrote a malformed tool call"),
    "MALFORMED_RESPONSE": (errors.ServerError, "the model wrote a malformed answer"),
    "UNEXPECTED_TOOL_CALL": (errors.ProviderError, "the model called a tool that it was not given"),
    "TOO_MANY_TOOL_CALLS": (errors.ProviderError, "the model used its tools without end and gave no answer"),
    "MISSING_THOUGHT_SIGNATURE": (errors.BadRequestError, "an earlier answer has no thought signature"),
    "NO_IMAGE": (errors.ProviderError, "the model was to make an image and made none"),
    "IMAGE_OTHER": (errors.ProviderError, "the image could not be made"),
    "LANGUAGE": (errors.ProviderError, "the model does not answer in this language"),
    "PUP_LIMITED_DISABLED": (errors.PermissionDeniedError, "the account is limited or disabled"),
    "OTHER": (errors.ProviderError, "the service ended the answer and did not say why"),
}
"""What is said where an answer ends for one of these reasons before it has begun; where there is some of it, the reason
is that of its end."""

UNSAID = "FINISH_REASON_UNSPECIFIED"
"""A reason for an end that is none."""
