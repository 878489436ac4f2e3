"""Images of any form as parts of messages."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import images
from notebook_chat.errors import InvalidMessagesError
from notebook_chat.images import image_part, media_type
from notebook_chat.messages import IMAGE_TYPES, ImagePart, Message, normalize

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
FILES = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20),
    "image/gif": b"GIF89a" + bytes(20),
}


def test_the_formats_are_those_of_messages() -> None:
    assert set(FILES) == set(IMAGE_TYPES)


@pytest.mark.parametrize(("kind", "data"), FILES.items(), ids=str)
def test_every_form_of_a_file(kind: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "image of any name"
    path.write_bytes(data)
    url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    expected = ImagePart(data, kind)
    for value in (data, bytearray(data), memoryview(data), path, str(path), url, expected):
        assert image_part(value) == expected


def test_a_path_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert image_part("~/a.png").data == PNG


def test_a_data_url_is_read_as_its_standard_says() -> None:
    base = base64.b64encode(PNG).decode()
    assert image_part(f"DATA:image/png;name=x;BASE64,{base.replace('=', '%3D')}").data == PNG
    assert image_part("data:image/gif,GIF89a%00%01").data == b"GIF89a\0\1"
    # What the bytes are counts, not what the URL calls them: services compare the two.
    assert image_part(f"data:image/jpeg;base64,{base}").media_type == "image/png"


def test_a_part_goes_into_a_message() -> None:
    [message] = normalize([Message("user", (image_part(PNG),))])
    assert message.parts == (ImagePart(PNG, "image/png"),)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"", "not a PNG"),
        (b"hello", "not a PNG"),
        (b"RIFF\x10\x00\x00\x00WAVE", "not a PNG"),
        ("no such file.png", "cannot be read"),
        ("", "cannot be read"),
        ("null\0byte", "cannot be read"),
        (".", "cannot be read"),
        ("https://example.org/a.png", "not fetched"),
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,!!!!", "broken"),
        ("data:image/png;base64,aGVsbG8=", "not a PNG"),
        ("x" * 100_000, "cannot be read"),
        (None, "NoneType"),
        (7, "int"),
        ([PNG], "list"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_image_is_refused(value: Any, words: str) -> None:
    with pytest.raises(InvalidMessagesError, match=words) as caught:
        image_part(value)
    assert len(str(caught.value)) < 400


def test_what_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "LARGEST", len(PNG))
    assert image_part(PNG).data == PNG
    path = tmp_path / "a.png"
    path.write_bytes(PNG + b"x")
    for value in (PNG + b"x", path):
        with pytest.raises(InvalidMessagesError, match="too large"):
            image_part(value)


@given(st.binary() | st.text())
def test_anything_is_an_image_or_refused(value: Any) -> None:
    try:
        part = image_part(value)
    except InvalidMessagesError:
        return
    assert media_type(part.data) == part.media_type


# --- Pillow and matplotlib ------------------------------------------------------------------------------


def test_neither_is_imported() -> None:
    code = (
        "import sys; from notebook_chat.images import image_part; "
        f"image_part({PNG!r}); "
        "sys.exit(any(name.split('.')[0] in ('PIL', 'matplotlib') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Drawing:
    """Draws itself in the way of Pillow or matplotlib."""

    mode = "RGB"
    fails: Exception | None = None

    def convert(self, mode: str) -> Drawing:
        converted = type(self)()
        converted.mode = mode
        return converted

    def save(self, file: io.BytesIO, format: str) -> None:
        assert (format, self.mode) in (("PNG", "RGB"), ("PNG", "RGBA"))
        self.savefig(file, format="png")

    def savefig(self, file: io.BytesIO, format: str, **_: Any) -> None:
        if self.fails:
            raise self.fails
        file.write(PNG)


@pytest.fixture(params=[("PIL.Image", "Image"), ("matplotlib.figure", "Figure")], ids=lambda pair: pair[1])
def drawing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Drawing:
    """An object of a class that looks like theirs."""
    module, name = request.param
    double = types.ModuleType(module)
    setattr(double, name, Drawing)
    for other in ("PIL.Image", "matplotlib.figure"):
        monkeypatch.delitem(sys.modules, other, raising=False)
    monkeypatch.setitem(sys.modules, module, double)
    return Drawing()


def test_a_drawing_becomes_a_png(drawing: Drawing) -> None:
    assert image_part(drawing) == ImagePart(PNG, "image/png")
    drawing.mode = "CMYK"
    assert image_part(drawing).media_type == "image/png"


def test_a_drawing_that_fails_is_refused(drawing: Drawing) -> None:
    drawing.fails = ValueError("tile cannot extend outside image")
    with pytest.raises(InvalidMessagesError, match="cannot be drawn: tile cannot extend"):
        image_part(drawing)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "P", "RGB", "RGBA", "CMYK", "YCbCr", "F", "HSV"])
def test_a_pillow_image(mode: str) -> None:
    pillow = pytest.importorskip("PIL.Image")
    part = image_part(pillow.new(mode, (3, 2)))
    with pillow.open(io.BytesIO(part.data)) as shown:
        assert (shown.format, shown.size) == ("PNG", (3, 2))


def test_a_matplotlib_figure() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    figure.subplots().plot([1, 2, 3])
    assert image_part(figure).media_type == "image/png"
