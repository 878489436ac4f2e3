"""Documents and recordings that go along with a prompt: as they are to who takes them, else as text or not at all."""

from __future__ import annotations

import io
import json
import math
import struct
import sys
import wave
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.conversation import Turn, estimate
from notebook_chat.errors import InvalidMessagesError
from notebook_chat.messages import AudioPart, FilePart, ImagePart, Message, TextPart, without_media
from notebook_chat.prompt.attachments import Budget, Recipient, Way, attach, documents, media, pdf_text
from notebook_chat.prompt.extra import Extra
from notebook_chat.providers import Anthropic, Gemini, OpenAIResponses
from notebook_chat.providers.file_types import AUDIO, DOCUMENTS, EXCEL, PDF, POWERPOINT, VIDEO, WORD
from notebook_chat.providers.model_facts import ModelFacts
from notebook_chat.question import Target
from notebook_chat.store.notebook_file import LARGEST_FILE, as_in_notebook, stored_with

from ..fakes import parrot
from ..servers import Answer
from ..servers.fixtures import ServerFactory

KEY = "sk-planted-0123456789abcdef"
ALL = DOCUMENTS | AUDIO | VIDEO
TAKES = Recipient("x:y", ALL)


def pdf(*texts: str) -> bytes:
    """A real PDF, of one page for each text, made by matplotlib."""
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    file = io.BytesIO()
    with PdfPages(file) as pages:
        for text in texts:
            figure = Figure(figsize=(4, 3))
            figure.text(0.1, 0.5, text)
            pages.savefig(figure)
    return file.getvalue()


def wav(seconds: float = 2.0, rate: int = 8000) -> bytes:
    """A real recording of a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        samples = (int(9000 * math.sin(n / 5)) for n in range(int(seconds * rate)))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


def office(folder: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}/document.xml", "<x/>" * 100)
    return file.getvalue()


REPORT = pdf("The mean is 42.", "And the end.")
TALK = wav()


def attached(*given: Any, to: Recipient | None = TAKES) -> tuple[Extra, ...]:
    return attach(given, Budget(), Way(), to)


def refused(*given: Any, to: Recipient | None = TAKES) -> str:
    with pytest.raises(InvalidMessagesError) as raised:
        attached(*given, to=to)
    told = str(raised.value)
    assert "\n" not in told
    return told


# --- what goes along


def test_a_pdf_and_a_recording_go_along_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "report.pdf"
    path.write_bytes(REPORT)
    one, two = attached(path, ("talk.wav", TALK))
    assert one.parts == (TextPart("Document report.pdf:\n\n"), FilePart(REPORT, PDF, "report.pdf"))
    assert one.label == f"PDF, 2 pages, {len(REPORT) / 1000:.1f} kB"
    assert two.parts == (TextPart("Recording talk.wav:\n\n"), AudioPart(TALK, "audio/wav"))
    assert two.label == "recording, 0:02, 32.0 kB"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("report.pdf", "report.pdf"),
        ("REPORT.PDF", "REPORT.PDF"),
        ("/home/somebody/private/report.pdf", "report.pdf"),
        ("C:\\Users\\somebody\\report.pdf", "report.pdf"),
        ("report", "report.pdf"),
        ("report.pdf.exe", "report.pdf.exe.pdf"),
        ("", "file.pdf"),
    ],
)
def test_the_name_that_goes_along_is_no_path(name: str, sent: str) -> None:
    [extra] = attached((name, REPORT))
    part = extra.parts[1]
    assert isinstance(part, FilePart)
    assert part.name in (sent, f"{extra.name}.pdf")


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", REPORT, PDF),
        ("a", office("word"), WORD),
        ("a.docx", office("ppt"), POWERPOINT),
        ("a.bin", office("xl"), EXCEL),
        ("a.pdf", TALK, "audio/wav"),
        ("a.wav", b"ID3\x04\0\0", "audio/mpeg"),
        ("a", b"\xff\xfb\x90\0\0", "audio/mpeg"),
        ("a", b"\xff\xf1\x50\x80\0", "audio/aac"),
        ("a", b"fLaC\0\0\0\x22", "audio/flac"),
        ("a", b"OggS\0\x02\0", "audio/ogg"),
        ("a", b"FORM\0\0\0\0AIFFCOMM", "audio/aiff"),
        ("a", b"\0\0\0\x20ftypM4A \0", "audio/mp4"),
        ("a", b"\0\0\0\x20ftypisom\0", "video/mp4"),
        ("a", b"\0\0\0\x20ftypqt  \0", "video/mov"),
        ("a", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\0", "video/webm"),
        ("a", b"RIFF\0\0\0\0AVI LIST\0", "video/avi"),
    ],
)
def test_the_bytes_say_what_it_is(name: str, data: bytes, kind: str) -> None:
    [extra] = attached((name, data))
    part = extra.parts[1]
    assert isinstance(part, (FilePart, AudioPart))
    assert (part.media_type, part.data) == (kind, data)
    assert isinstance(part, AudioPart) == kind.startswith("audio/")


@pytest.mark.parametrize("data", [b"ID3 is an algorithm", b"# %PDF- is how a PDF begins\n", b"OggS and more"])
def test_texts_stay_texts(data: bytes) -> None:
    [extra] = attached(("a.txt", data))
    assert data.decode() in extra.parts[0].text  # type: ignore[union-attr]


def test_a_text_goes_as_a_text_also_to_who_takes_documents() -> None:
    [extra] = attached(("a.txt", b"plain"), to=Recipient("x:y", ALL | {"text/plain"}))
    assert extra.parts == (TextPart("File a.txt (1 line):\n```\nplain\n```"),)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"%PDF-", b"RIFF", b"PK\x03\x04", b"\0\0\0\x20ftyp", b"\xff\xfb"]),
)
def test_whatever_it_is_there_is_a_line_or_a_part(data: bytes, beginning: bytes) -> None:
    for to in (TAKES, Recipient()):
        try:
            [extra] = attach([("a", beginning + data)], Budget(), Way(), to)
        except InvalidMessagesError as error:
            assert str(error)
        else:
            assert extra.parts


# --- what does not


def test_who_takes_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "can_read", lambda: False)
    to = Recipient("mistral:m")
    assert refused(("r.pdf", REPORT), to=to).startswith(
        "r.pdf is not sent: mistral:m takes no PDF. Ask a model of anthropic, gemini, openai or openrouter"
    )
    assert "takes no sound. Ask a model of gemini, or openai:gpt-audio" in refused(("t.wav", TALK), to=to)
    assert "Ask a model of openai, or save it as a PDF" in refused(("d.docx", office("word")), to=to)
    assert "load it into a variable, such as df = pandas" in refused(("d.xlsx", office("xl")), to=to)
    assert "takes no video. Ask a model of gemini" in refused(("d.mp4", b"\0\0\0\x20ftypisom\0"), to=to)
    hears = Recipient("openai:gpt-audio", frozenset({"audio/wav", "audio/mpeg"}))
    assert refused(("t.flac", b"fLaC\0\0"), to=hears).endswith("takes no .flac. Convert it to .mp3 or .wav.")


def test_a_pdf_that_nobody_can_open_is_told_before_it_is_sent() -> None:
    end = REPORT.rindex(b"trailer")
    protected = REPORT[:end] + REPORT[end:].replace(b"/Root", b"/Encrypt 5 0 R /Root")
    assert "r.pdf is protected, and cannot be opened. Save it without a password" in refused(
        ("r.pdf", protected)
    )
    assert "r.pdf has no end: it is cut off or broken" in refused(("r.pdf", REPORT[: len(REPORT) // 2]))
    assert "not the PDF that its name says" in refused(("r.pdf", b"\0\x01\x02\x03"))
    assert attached(("r.pdf", REPORT + b"/EncryptMetadata (no dictionary) %%EOF"))


def test_too_large_a_file_is_told_before_it_is_read(tmp_path: Path) -> None:
    small = Recipient("anthropic:c", ALL, 32 * 1024 * 1024)
    large = REPORT[:-6] + bytes(25_000_000) + REPORT[-6:]
    assert "r.pdf is too large for anthropic:c: 25.0 MB, and a file may have 24.7 MB" in refused(
        ("r.pdf", large), to=small
    )
    assert attached(("r.pdf", large), to=Recipient("gemini:g", ALL, 100 * 1024 * 1024))
    path = tmp_path / "huge.wav"
    with path.open("wb") as file:
        file.write(TALK[:44])
        file.truncate(media.LARGEST + 1)
    assert "huge.wav is too large for x:y: 78.6 MB" in refused(path)


def test_the_whole_request_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    large = REPORT[:-6] + bytes(12_000_000) + REPORT[-6:]
    chat = Chat("anthropic:claude-haiku-5-5")
    with pytest.raises(
        InvalidMessagesError, match=r"the request would have 45\.\d MB, and anthropic takes 32 MB"
    ):
        chat.preview("What?", files=[("1.pdf", large), ("2.pdf", large + b"\n"), ("3.pdf", large + b" ")])


# --- the text of a PDF


def test_without_a_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "can_read", lambda: False)
    assert "or install notebook_chat[pdf] to send its text" in refused(("r.pdf", REPORT), to=Recipient())


def test_with_a_library_its_text_goes_along() -> None:
    pytest.importorskip("pypdf")
    [extra] = attached(("r.pdf", REPORT), to=Recipient())
    [part] = extra.parts
    assert isinstance(part, TextPart)
    assert part.text.startswith("File r.pdf (")
    assert "[page 1]\nThe mean is 42." in part.text
    assert "[page 2]\nAnd the end." in part.text
    assert extra.label.startswith("the PDF's text, ")
    assert "no text was found in it" in refused(("r.pdf", pdf("")), to=Recipient())
    assert "no text was found in it" in refused(("r.pdf", b"%PDF-1.4\n junk \0 %%EOF"), to=Recipient())


def test_a_library_that_hangs_or_fails_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(file: Any) -> Any:
        while True:
            pass

    module = type(sys)("pypdf")
    module.PdfReader = hangs  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pypdf", module)
    monkeypatch.setattr(pdf_text, "can_read", lambda: True)
    monkeypatch.setattr(pdf_text, "_SECONDS", 0.2)
    assert pdf_text.text_of_pdf(REPORT) is None
    module.PdfReader = lambda file: 1 / 0  # type: ignore[attr-defined]
    assert pdf_text.text_of_pdf(REPORT) is None


# --- over the wire


@pytest.mark.parametrize(
    ("dialect", "name", "model", "what"),
    [
        ("openai_chat", "openai", "model-a",
         {"type": "file", "file": {"filename": "report.pdf", "file_data": "data:application/pdf;base64,"}}),
        ("openai_responses", "openai-responses", "model-a",
         {"type": "input_file", "filename": "report.pdf", "file_data": "data:application/pdf;base64,"}),
        ("anthropic", "anthropic", "model-a",
         {"type": "document", "title": "report.pdf", "citations": {"enabled": True},
          "source": {"type": "base64", "media_type": PDF, "data": ""}}),
        ("gemini", "gemini", "model-a", {"inline_data": {"mime_type": PDF, "data": ""}}),
    ],
)  # fmt: skip
def test_the_body_holds_the_document(
    dialect: str, name: str, model: str, what: dict[str, Any], vendor_server: ServerFactory
) -> None:
    server = vendor_server(dialect, Answer("Fine"))
    chat = Chat(f"{name}:{model}", base_url=server.base_url, api_key=KEY)
    chat.ask("What is this?", files=[("report.pdf", REPORT)])
    [request] = server.requests
    body = request.body.decode()
    encoded = FilePart(REPORT, PDF).base64
    assert encoded in body
    assert json.dumps(what, separators=(",", ":"), sort_keys=True) in json.dumps(
        json.loads(body.replace(encoded, "")), separators=(",", ":"), sort_keys=True
    )
    assert [one.told for one in chat.conversation.turns[0].included] == [
        f"report.pdf (PDF, 2 pages, {len(REPORT) / 1000:.1f} kB)"
    ]


def test_the_vendors_own_types_know_the_parts() -> None:
    import anthropic.types
    import google.genai.types
    import openai.types.chat
    import openai.types.responses
    from pydantic import TypeAdapter

    document, talk = FilePart(REPORT, PDF, "report.pdf"), AudioPart(TALK, "audio/wav")
    judges: list[tuple[Any, Any, Any]] = [
        (Anthropic, anthropic.types.DocumentBlockParam, document),
        (Anthropic, anthropic.types.DocumentBlockParam, FilePart(b"text", "text/plain", "notes.txt")),
        (OpenAIResponses, openai.types.responses.ResponseInputFileParam, document),
    ]
    for provider, judge, part in judges:
        TypeAdapter(judge).validate_python(provider.encode_part(part, "user"))
    for part in (document, talk):
        [encoded] = Message("user", (part,)).to_dict()["content"]
        TypeAdapter(openai.types.chat.ChatCompletionContentPartParam).validate_python(encoded)
        read = google.genai.types.Part.model_validate(Gemini.encode_part(part, "user")).inline_data
        assert read is not None
        assert read.data == part.data


def test_the_body_holds_the_recording(vendor_server: ServerFactory) -> None:
    server = vendor_server("gemini", Answer("Fine"))
    Chat("gemini:g", base_url=server.base_url, api_key=KEY).ask("What?", files=[("t.wav", TALK)])
    assert (
        f'"inline_data":{{"mime_type":"audio/wav","data":"{AudioPart(TALK, "").base64}"'
        in server.requests[0].body.decode()
    )
    server = vendor_server("openai_chat", Answer("Fine"))
    Chat("openai:gpt-audio", base_url=server.base_url, api_key=KEY).ask(
        "What?", files=[("t.mp3", b"ID3\x04\0")]
    )
    assert '"input_audio":{"data":"SUQzBAA=","format":"mp3"}' in server.requests[0].body.decode()


# --- later turns, and others who are asked


def test_an_earlier_document_becomes_words_for_who_takes_none() -> None:
    reads, other = parrot(["read"]), parrot(["fine"])
    reads.takes_files = frozenset({PDF, "audio/wav"})
    chat = Chat(provider=reads)
    chat.ask("what is it?", files=[("report.pdf", REPORT), ("talk.wav", TALK)])
    run = Chat(provider=other, conversation=chat.conversation).reply("and then?")
    assert run.preview().notes[:2] == (
        "without the file report.pdf of earlier turns: parrot:grey takes no PDF",
        "without a recording of earlier turns: parrot:grey takes no sound",
    )
    Chat(provider=other, conversation=chat.conversation).ask("and then?")
    assert other.requests[0][0].text == (
        "Document report.pdf:\n\n\n(the file report.pdf, which cannot be read here)\nRecording talk.wav:\n\n"
        "\n(a recording, which cannot be heard here)\nwhat is it?"
    )
    Chat(provider=reads, conversation=chat.conversation).ask("and again?")
    assert [type(part) for part in reads.requests[-1][0].parts] == [
        TextPart, FilePart, TextPart, AudioPart, TextPart,
    ]  # fmt: skip


def test_a_document_of_ones_own_is_refused_by_who_takes_none() -> None:
    message = Message("user", (TextPart("x"), FilePart(REPORT, PDF, "report.pdf")))
    other = parrot(["fine"])
    with pytest.raises(InvalidMessagesError, match=r"^parrot:grey takes no PDF\. Ask a model of anthropic,"):
        Chat(provider=other).ask(message)
    assert other.requests == []


def test_a_text_in_a_file_goes_as_a_text_to_who_takes_no_files() -> None:
    message = Message("user", (TextPart("sum it up"), FilePart(b"a ``` b", "text/plain", "notes.txt")))
    other, reads = parrot(["fine"]), parrot(["fine"])
    Chat(provider=other).ask(message)
    assert other.requests[0][0].text == "sum it up\nFile notes.txt:\n````\na ``` b\n````\n"
    reads.takes_files = frozenset({"text/plain"})
    Chat(provider=reads).ask(message)
    assert reads.requests[0][0] == message


def test_what_is_known_of_the_model_counts() -> None:
    provider = parrot()
    provider.takes_files = frozenset({PDF, "audio/wav"})
    image = ImagePart(b"x", "image/png")
    target = Target(provider, "m", ModelFacts(images=False, files=frozenset({PDF})))
    assert not target.takes(image)
    assert target.takes(FilePart(b"", PDF))
    assert not target.takes(AudioPart(b"", "audio/wav"))
    assert target.takes(TextPart("x"))
    assert Target(provider, "m").takes(image)
    assert target.readable([Message("user", (image,))])[0].text.startswith("\n(an image")
    kept = Message("user", (TextPart("x"),))
    assert without_media([kept], target.takes)[0] is kept


# --- sizes, and what a notebook holds


def test_files_count_as_tokens() -> None:
    def tokens(*parts: Any) -> int:
        return estimate([Message("user", (TextPart("x"), *parts))]) - estimate([Message("user", "x")])

    assert 2 * 1500 <= tokens(FilePart(REPORT, PDF)) <= 2 * 3000
    packed = FilePart(b"%PDF-1.7" + bytes(500_000), PDF)
    assert 5_000 <= tokens(packed) <= 50_000
    assert 60 <= tokens(AudioPart(TALK, "audio/wav")) <= 70
    assert tokens(AudioPart(bytes(160_000), "audio/mpeg")) == pytest.approx(320, rel=0.1)
    assert tokens(AudioPart(b"RIFF\0\0\0\0WAVE", "audio/wav")) > 0
    assert tokens(FilePart(b"a,b\n" * 100, "text/csv")) > 100
    assert tokens(FilePart(office("word"), WORD)) > 0


def test_large_files_stay_out_of_the_notebook() -> None:
    chat = Chat(provider=(takes := parrot(["fine"])))
    takes.takes_files = frozenset({PDF})
    large = REPORT[:-6] + bytes(LARGEST_FILE) + REPORT[-6:]
    chat.ask("what?", files=[("large.pdf", large), ("small.pdf", REPORT)])
    [turn] = chat.conversation.turns
    held = Turn.from_dict(stored_with(chat.conversation, turn)["notebook_chat"])
    assert [type(part) for part in held.prompt.parts] == [TextPart, TextPart, TextPart, FilePart, TextPart]
    assert "(the file large.pdf, 1.0 MB, which the notebook does not hold)" in held.prompt.text
    assert held.prompt.parts[3] == FilePart(REPORT, PDF, "small.pdf")
    assert held == as_in_notebook(turn)
    assert as_in_notebook(held) is held
    assert Turn.from_dict(json.loads(json.dumps(turn.to_dict()))).prompt == turn.prompt


def test_signs_of_pdfs() -> None:
    assert media.pages(REPORT) == 2
    assert media.pages(b"/Type /Pages") is None
    assert media.seconds(TALK, "audio/wav") == pytest.approx(2.0)
    assert media.seconds(b"RIFF", "audio/wav") is None
    assert not media.is_encrypted(b"/EncryptMetadata true")
    assert media.is_encrypted(b"/Encrypt\n12 0 R")
    assert media.suffix_of("audio/ogg") == ".ogg"
    assert documents.Recipient().name
