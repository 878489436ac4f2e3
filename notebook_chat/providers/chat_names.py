"""The names that vendors have in chat completions for the same thing, and those that hold nothing for a reader."""

REASONING = ("reasoning_content", "reasoning", "reasoning_text")
"""The fields that hold reasoning."""

KNOWN = frozenset(
    {
        *REASONING,
        "annotations",
        "audio",
        "channel",
        "citations",
        "content",
        "context",
        "executed_tools",
        "extra_content",
        "function_call",
        "images",
        "logprobs",
        "name",
        "phase",
        "provider_specific_fields",
        "reasoning_details",
        "reasoning_opaque",
        "refusal",
        "role",
        "search_results",
        "thinking_blocks",
        "token_ids",
        "tool_call_id",
        "tool_calls",
    }
)
"""The fields of a piece that are read, or that hold nothing for a reader."""

BESIDE = ("images", "related_questions", "videos")
"""What Perplexity has for a reader beside its answer, where it is asked for it."""

REASONS = {
    "eos": "stop",
    "end_turn": "stop",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_length": "length",
}
"""The common words for the reasons to end an answer, where servers have others."""
