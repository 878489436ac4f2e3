"""What is known of models: by the table, and by what services say in their lists."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import ollama
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import InvalidOptionError
from notebook_chat.providers import Anthropic, Gemini, Local, Ollama, OpenAI, model_list
from notebook_chat.providers.abilities import check_able, needed
from notebook_chat.providers.adapters import adapt
from notebook_chat.providers.facts_table import AS_OF, FAMILIES, PRICES
from notebook_chat.providers.file_types import AUDIO, DOCUMENTS, PDF, WAV_AND_MP3, kind_of, kinds_of, takers
from notebook_chat.providers.listed_facts import facts_in, of_props, of_show
from notebook_chat.providers.model_facts import UNKNOWN, ModelFacts, _listed, facts_of, known_facts, remember
from notebook_chat.providers.model_pages import parse_page
from notebook_chat.providers.model_table import DEFAULTS
from notebook_chat.providers.options import EFFORTS
from notebook_chat.providers.registry import get_provider

from ..servers.fixtures import ServerFactory
from ..transports import Canned, InMemory

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture(autouse=True)
def nothing_listed() -> None:
    _listed.clear()
    model_list._seen.clear()


# --- the table


def test_all_default_models_are_known() -> None:
    by_themselves = {"openrouter/auto"}  # it chooses a model for each question
    for provider, model in DEFAULTS.items():
        if model not in by_themselves:
            facts = known_facts(model)
            assert facts.efforts is not None or facts.context, (provider, model)
    for model in ("gpt-6-luna", "claude-haiku-5-5", "gemini-flash-latest", "grok-4.3", "deepseek-flash"):
        facts = known_facts(model)
        assert facts.context
        assert facts.input_price
        assert facts.output_price


def test_the_table_is_well_formed() -> None:
    assert date(2026, 1, 1) < AS_OF < date(2030, 1, 1)
    for beginning, told in FAMILIES:
        assert beginning == beginning.lower()
        assert {"context", "output", "images", "files", "tools", "schema", "web", "efforts", "sampling",
                "gives"} >= told.keys()  # fmt: skip
        ordered = told.get("efforts") or ()
        assert list(ordered) == sorted(ordered, key=EFFORTS.index)
        assert (told.get("context") or 1) > 0
    assert all(given > 0 and answer >= given for given, answer, _ in PRICES.values())


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("gpt-5", ("minimal", "low", "medium", "high")),
        ("gpt-5-mini-2025-08-07", ("minimal", "low", "medium", "high")),
        ("gpt-5.1", ("none", "low", "medium", "high")),
        ("gpt-5.4-mini", ("none", "low", "medium", "high", "xhigh")),
        ("gpt-5.6-luna", ("none", "low", "medium", "high", "xhigh")),
        ("openai/gpt-6-luna", ("none", "low", "medium", "high", "xhigh")),
        ("gpt-6.2-sol", ("low", "medium", "high", "xhigh")),
        ("gpt-4o", ()),
        ("gpt-4o-2024-11-20", ()),
        ("gpt-4.1", ()),
        ("o3-mini", ("low", "medium", "high")),
        ("claude-opus-5-5", ("low", "medium", "high", "xhigh", "max")),
        ("claude-sonnet-5-5", ("none", "low", "medium", "high", "xhigh", "max")),
        ("anthropic/claude-3.5-sonnet", ()),
        ("gemini-3.8-flash", ("low", "medium", "high")),
        ("gemini-2.5-flash", ("none", "minimal", "low", "medium", "high")),
        ("gemini-2.0-flash", ()),
        ("deepseek-flash", ("none", "low", "high", "max")),
        ("openai/gpt-oss-120b", ("low", "medium", "high")),
        ("llama-3.3-70b-versatile", ()),
        ("grok-4-fast-non-reasoning", ()),
        ("grok-4.3", None),
        ("somebody/something", None),
    ],
)
def test_how_hard_models_think(model: str, efforts: tuple[str, ...] | None) -> None:
    assert known_facts(model).efforts == efforts


@pytest.mark.parametrize(
    ("model", "context"),
    [
        ("gpt-3.5-turbo", 16_385),
        ("gpt-4", 8_192),
        ("gpt-4-0613", 8_192),
        ("gpt-4-turbo-2024-04-09", 128_000),
        ("gpt-4o-mini", 128_000),
        ("gpt-4.1-nano", 1_047_576),
        ("gpt-5-mini", 272_000),
        ("openai:o1", 200_000),
        ("o4-mini", 200_000),
        ("claude-3-haiku", 200_000),
        ("claude-haiku-4-5-20251001", 200_000),
        ("claude-haiku-5-5", 1_000_000),
        ("gemini-1.5-pro", 1_048_576),
        ("deepseek/deepseek-v4-flash:free", 1_000_000),
        ("GPT-4o", 128_000),
        ("", None),
        (":", None),
    ],
)
def test_how_much_models_read(model: str, context: int | None) -> None:
    assert known_facts(model).context == context


def test_families_inherit_and_take_back() -> None:
    assert known_facts("gpt-4").images is False
    assert known_facts("gpt-4-turbo").images is True
    assert known_facts("gpt-audio").files == WAV_AND_MP3
    assert known_facts("gpt-6-luna").files == DOCUMENTS
    assert known_facts("claude-haiku-5-5").sampling is False
    assert known_facts("claude-haiku-4-5").sampling is True
    picture = known_facts("gemini-2.5-flash-image-preview")
    assert picture.gives == {"image"}
    assert picture.context is None
    assert known_facts("gpt-6-luna-mystery").input_price is None  # what it costs is known of single models
    assert known_facts("claude-sonnet-4-5-20250929").input_price == 3
    assert known_facts("gpt-5-mini").ends == date(2026, 12, 11)
    assert known_facts("gpt-6-luna").ends is None


@given(st.text(max_size=60))
def test_any_name_is_looked_up(name: str) -> None:
    assert isinstance(known_facts(name), ModelFacts)


# --- what lists say


def test_of_anthropic(vendor_server: ServerFactory) -> None:
    page, following = parse_page(json.dumps(_anthropic()).encode())
    assert not following
    facts = page["claude-new"]  # type: ignore[index]
    assert facts == ModelFacts(
        context=1_000_000,
        output=64_000,
        images=True,
        files=frozenset({PDF, "text/plain"}),
        schema=True,
        web=False,
        efforts=("none", "low", "high"),
        ends=date(2027, 5, 1),
    )


def _anthropic() -> dict[str, Any]:
    yes, no = {"supported": True}, {"supported": False}
    capabilities = {
        "image_input": yes,
        "pdf_input": yes,
        "structured_outputs": yes,
        "server_tools": {"supported": True, "web_search": no, "code_execution": yes},
        "effort": {"supported": True, "low": yes, "medium": no, "high": yes, "max": no, "xhigh": None},
        "thinking": {"supported": True, "types": {"disabled": yes}},
    }
    model = {"id": "claude-new", "max_input_tokens": 1_000_000, "max_tokens": 64_000,
             "retires_at": "2027-05-01T00:00:00Z", "capabilities": capabilities}  # fmt: skip
    return {"data": [model], "has_more": False}


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        (  # OpenRouter
            {
                "id": "a/b",
                "context_length": 400_000,
                "architecture": {"input_modalities": ["text", "image", "file"], "output_modalities": ["text"]},
                "supported_parameters": ["tools", "temperature", "structured_outputs"],
                "pricing": {"prompt": "0.00000025", "completion": "0.000002", "input_cache_read": "0"},
                "top_provider": {"max_completion_tokens": 128_000},
            },
            ModelFacts(context=400_000, output=128_000, images=True, files=frozenset({PDF}), tools=True,
                       schema=True, efforts=(), sampling=True, gives=frozenset(), input_price=0.25,
                       output_price=2.0, cached_price=0.0),
        ),
        (
            {
                "id": "c",
                "architecture": {"input_modalities": ["text", "audio"], "output_modalities": ["text", "image"]},
                "supported_parameters": ["reasoning"],
                "pricing": {"prompt": "-1", "completion": "-1"},
            },
            ModelFacts(images=False, files=AUDIO, tools=False, schema=False, sampling=False,
                       gives=frozenset({"image"})),
        ),
        ({"id": "d", "context_window": 131_072, "max_completion_tokens": 32_768},  # Groq
         ModelFacts(context=131_072, output=32_768)),
        ({"id": "e", "max_context_length": 262_144,  # Mistral
          "capabilities": {"completion_chat": True, "function_calling": True, "vision": False}},
         ModelFacts(context=262_144, images=False, tools=True)),
        ({"id": "f", "context_length": 131_072, "pricing": {"input": 0.15, "output": 0.6, "hourly": 0}},  # Together
         ModelFacts(context=131_072, input_price=0.15, output_price=0.6)),
        ({"id": "g", "max_model_len": 32_768}, ModelFacts(context=32_768)),  # vLLM
        ({"id": "h", "meta": {"n_ctx_train": 8192, "n_params": 1}}, ModelFacts(context=8192)),  # llama.cpp
        ({"id": "h", "meta": {"n_ctx": 4096, "n_ctx_train": 8192}}, ModelFacts(context=4096)),
        ({"name": "models/i", "inputTokenLimit": 1_048_576, "outputTokenLimit": 8192, "thinking": False},  # Gemini
         ModelFacts(context=1_048_576, output=8192, efforts=())),
        ({"id": "j", "capabilities": ["completion", "vision", "tools"]},
         ModelFacts(images=True, tools=True, efforts=())),
        ({"id": "k", "context_length": "many", "capabilities": 3, "pricing": [], "architecture": None}, UNKNOWN),
    ],
    ids=lambda value: value.get("id", "i") if isinstance(value, dict) else "",
)  # fmt: skip
def test_of_other_services(entry: dict[str, Any], facts: ModelFacts) -> None:
    assert facts_in(entry) == facts


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)
_FIELDS = st.sampled_from(
    ["capabilities", "architecture", "supported_parameters", "pricing", "top_provider", "context_length", "meta",
     "max_tokens", "retires_at", "thinking", "inputTokenLimit", "effort", "image_input", "supported", "prompt",
     "completion", "input_modalities", "parameters", "model_info", "modalities", "chat_template_caps"]
)  # fmt: skip
_ENTRIES = st.recursive(_JSON, lambda inner: st.dictionaries(_FIELDS, inner, max_size=5), max_leaves=20)


@given(_ENTRIES)
def test_whatever_a_list_says_is_read(entry: Any) -> None:
    for read in (facts_in, of_props, of_show):
        facts = read(entry)
        assert facts.context is None or facts.context > 0
        assert facts.efforts is None or set(facts.efforts) <= set(EFFORTS)


def test_of_a_model_in_ollama() -> None:
    shown = {
        "parameters": 'stop "<|eot|>"\nnum_ctx                        16384',
        "capabilities": ["completion", "tools", "thinking"],
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
        "details": {"family": "qwen3"},
    }
    assert ollama.ShowResponse(**shown).capabilities == shown["capabilities"]
    assert of_show(shown) == ModelFacts(context=16384, images=False, tools=True)
    assert of_show({**shown, "parameters": ""}).context == 40960
    assert of_show({"capabilities": ["embedding"]}) == UNKNOWN


def test_of_a_server_of_llama_cpp() -> None:
    props = {
        "default_generation_settings": {"n_ctx": 2048},
        "modalities": {"vision": False, "audio": True},
        "chat_template_caps": {"supports_tools": False},
    }
    assert of_props(props) == ModelFacts(context=2048, images=False, files=WAV_AND_MP3, tools=False)


# --- where a model is asked


def test_a_service_knows_better_than_the_table() -> None:
    remember("openai", OpenAI.url, {"gpt-4o": ModelFacts(context=1, efforts=("low",))})
    facts = facts_of(OpenAI, "gpt-4o")
    assert (facts.context, facts.efforts, facts.images) == (1, ("low",), True)
    assert facts_of(OpenAI, "gpt-4o", {"base_url": "http://localhost:1/v1"}).efforts is None


def test_elsewhere_a_name_may_be_anybodys() -> None:
    assert facts_of(OpenAI, "gpt-4").images is False
    for options in ({"base_url": "http://localhost:8000/v1"}, {"base_url": "https://gateway.example/v1"}):
        facts = facts_of(OpenAI, "gpt-4", options)
        assert facts == ModelFacts(context=8192)
        remember("openai", options["base_url"], {"gpt-4": ModelFacts(images=False)})
        assert facts_of(OpenAI, "gpt-4", options).images is False
    assert facts_of(get_provider("vllm"), "gpt-3.5-turbo") == ModelFacts(context=16_385)
    assert facts_of(get_provider("azure"), "gpt-4o") == ModelFacts(context=128_000)
    assert facts_of(OpenAI, "gpt-4o", {"base_url": "no address at all:::"}).efforts is None


def test_the_address_of_the_environment_is_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:9/v1")
    assert facts_of(OpenAI, "gpt-4o").efforts is None


def test_providers_from_elsewhere() -> None:
    async def function(messages: Any) -> Any:
        yield "x"

    assert facts_of(adapt(function), "gpt-4o") == ModelFacts(context=128_000)
    assert facts_of(Local, "smollm2-135m") == UNKNOWN


async def test_a_list_that_was_asked_for_is_remembered(vendor_server: ServerFactory) -> None:
    server = vendor_server("anthropic", models=["claude-x"])
    options = {"base_url": server.base_url, "api_key": KEY}
    assert await Anthropic.list_models(**options) == ["claude-x"]
    facts = facts_of(Anthropic, "claude-x", options)
    assert facts.context == 1_000_000
    assert facts.efforts == ("none", "low", "medium", "high", "max")
    server = vendor_server("gemini", models=["gemini-x"])
    await Gemini.list_models(base_url=server.base_url, api_key=KEY)
    assert facts_of(Gemini, "gemini-x", {"base_url": server.base_url}).output == 65_536


async def test_single_models_are_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = json.dumps({"capabilities": ["completion", "vision"], "model_info": {"a.context_length": 9}})
    transport = InMemory(Canned([shown.encode()]))
    await Ollama.look_up(["a:1b", "b"], transport=transport)
    assert [(one.method, one.url, one.body) for one in transport.requests] == [
        ("POST", "http://localhost:11434/api/show", b'{"model":"a:1b"}'),
        ("POST", "http://localhost:11434/api/show", b'{"model":"b"}'),
    ]
    assert facts_of(Ollama, "b") == ModelFacts(context=9, images=True, tools=False, efforts=())
    llama = get_provider("llamacpp")
    transport = InMemory(Canned([b'{"default_generation_settings": {"n_ctx": 512}}']))
    await llama.look_up(["m"], transport=transport)  # type: ignore[union-attr]
    assert [one.url for one in transport.requests] == ["http://localhost:8080/props"]
    assert facts_of(llama, "m").context == 512
    for broken in (Canned([b"{"]), Canned([b"no"], 500), OSError("down")):
        await llama.look_up(["other"], transport=InMemory(broken))  # type: ignore[union-attr]
    assert facts_of(llama, "other") == UNKNOWN


# --- refusals


@pytest.mark.parametrize(
    ("facts", "options", "words"),
    [
        (
            ModelFacts(efforts=()),
            {"effort": "high"},
            "x:y cannot be told how hard to think. Leave it out, or ask",
        ),
        (ModelFacts(efforts=()), {"effort": 2048}, "cannot be told how hard"),
        (ModelFacts(web=False), {"web": True}, "x:y does not search the web"),
    ],
)
def test_what_a_model_cannot_is_refused(facts: ModelFacts, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOptionError) as raised:
        check_able("x:y", facts, options)
    assert words in str(raised.value)
    check_able("x:y", UNKNOWN, options)


@pytest.mark.parametrize("options", [{"effort": "none"}, {"effort": 0}, {"effort": None}, {"web": False}, {}])
def test_what_asks_for_nothing_is_not_refused(options: dict[str, Any]) -> None:
    facts = ModelFacts(efforts=(), web=False, schema=False)
    check_able("x:y", facts, {**options, "schema": {}})
    assert needed(facts, options).get("effort") is None
    assert needed(UNKNOWN, options) == options


def test_kinds_of_files_have_names_and_takers() -> None:
    assert kinds_of(DOCUMENTS | AUDIO | {"video/mp4", "text/plain"}) == [
        "PDF",
        "Office documents",
        "sound",
        "video",
    ]
    assert kind_of("application/x-odd") == "files of this kind"
    assert takers("files of this kind") == "another model"
    for kind in ("PDF", "Office documents", "sound", "video"):
        assert any(name in takers(kind) for name in ("gemini", "openai"))
