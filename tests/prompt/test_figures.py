"""Figures, charts and images: as images where that is possible, in words always, and none of them changed."""

from __future__ import annotations

import io
import sys
import types
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from PIL import Image

from notebook_chat.prompt import Description, describe
from notebook_chat.prompt.values.bounds import fits
from notebook_chat.prompt.values.data import charts, figures

matplotlib.use("agg")


def drawn(**options: Any) -> Figure:
    figure = Figure(**options)
    axes = figure.subplots()
    axes.plot([0, 1, 2, 3], [1, 4, 9, 16], label="squares")
    axes.scatter([1, 2], [3, 4], label="points")
    axes.bar([1, 2], [2, 3], label="bars")
    axes.set(title="Growth", xlabel="year", ylabel="users", yscale="log")
    axes.legend()
    return figure


def size_of(description: Description) -> tuple[int, int]:
    (image,) = description.images
    with Image.open(io.BytesIO(image.data)) as picture:
        return picture.size


def state_of(figure: Figure) -> Any:
    places = [(one.get_position().bounds, one.get_xlim(), one.get_ylim(), one.stale) for one in figure.axes]
    canvas = figure.canvas
    return (
        figure.dpi,
        tuple(figure.get_size_inches()),
        id(canvas),
        type(canvas),
        figure.stale,
        figure.get_facecolor(),
        places,
    )


def test_a_figure_in_words_and_as_an_image() -> None:
    description = describe(drawn())
    for fact in (
        "1 axes",
        "Axes titled 'Growth': x 'year' from ",
        "y 'users' from ",
        "log scale",
        "Legend: 'squares', 'points', 'bars'",
        "line 'squares' of 4 points, x 0.0…3.0, y 1.0…16.0",
        "scatter 'points' of 2 points, x 1.0…2.0, y 3.0…4.0",
        "bars 'bars': 2, heights 2.0…3.0",
    ):
        assert fact in description.text, description.text
    assert description.images[0].media_type == "image/png"
    assert description.label == "figure, 1 axes"


@pytest.mark.parametrize(
    "options", [{}, {"layout": "constrained"}, {"layout": "tight"}, {"dpi": 200}], ids=str
)
def test_a_figure_stays_as_it_is(options: dict[str, Any]) -> None:
    figure = drawn(**options)
    before = state_of(figure)
    describe(figure)
    assert state_of(figure) == before
    assert describe(figure).images == describe(figure).images


@pytest.mark.parametrize(
    "options", [{"figsize": (60, 2)}, {"dpi": 900}, {"figsize": (3, 40), "dpi": 300}], ids=str
)
def test_an_image_is_never_large(options: dict[str, Any]) -> None:
    assert max(size_of(describe(drawn(**options)))) <= 1_500


def test_what_stands_far_outside_makes_no_image_without_an_end() -> None:
    figure = drawn()
    figure.axes[0].text(0, 1, "far", transform=matplotlib.transforms.Affine2D().translate(10_000_000, 0))
    assert max(size_of(describe(figure))) <= 1_500


def test_axes_parts_and_figures_of_several_axes() -> None:
    figure = Figure()
    first, second, third, fourth = figure.subplots(2, 2).flat
    first.imshow(np.zeros((5, 7)))
    second.hist([1, 2, 2, 3])
    third.pie([1, 2])
    fourth.plot([1, 2], [np.nan, np.nan])
    figure.suptitle("All of them")
    text = describe(figure).text
    for fact in (
        "4 axes, titled 'All of them'",
        "image of shape (5, 7)",
        "bars: 10",
        "Axes 3: ",
        "2 patches",
        "line of 2 points",
    ):
        assert fact in text, text
    axes = describe(first)
    assert axes.text.startswith("A matplotlib Axes, one of 4 in its figure.")
    assert len(axes.images) == 1
    assert "line of 2 points" in describe(fourth.lines[0]).text
    assert describe(Figure()).text.startswith("A matplotlib figure of 6.4 × 4.8 inches with 0 axes")


def test_a_part_of_a_figure() -> None:
    figure = Figure()
    part, _ = figure.subfigures(1, 2)
    part.subplots().plot([1, 2])
    description = describe(part)
    assert "with 1 axes" in description.text
    assert len(description.images) == 1
    assert "line of 2 points" in describe(part.axes[0]).text


def test_a_closed_figure_and_one_of_pyplot() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    before = plt.get_fignums(), plt.gcf()
    assert describe(figure).images
    assert (plt.get_fignums(), plt.gcf()) == before
    plt.close(figure)
    assert describe(figure).images
    assert plt.get_fignums() == []


def test_a_figure_that_cannot_be_drawn_is_told_in_words() -> None:
    figure = drawn()
    figure.axes[0].set_title(r"$\frac{1$")
    description = describe(figure)
    assert description.images == ()
    assert "The image itself is left out" in description.text
    assert "'squares' of 4 points" in description.text


def test_a_figure_of_very_many_points_is_not_drawn() -> None:
    figure = Figure()
    figure.subplots().plot(np.zeros(2_000_000))
    description = describe(figure)
    assert description.images == ()
    assert "line of 2,000,000 points, x 0.0…1999999.0, y always 0.0" in description.text


def test_a_figure_with_a_glyph_that_is_missing_warns_nobody(recwarn: pytest.WarningsRecorder) -> None:
    figure = drawn()
    figure.axes[0].set_title("\U0001f984 unicorns")
    assert describe(figure).images
    assert [one for one in recwarn if "Glyph" in str(one.message)] == []


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"]
)
def test_an_image_of_any_mode(mode: str) -> None:
    picture = Image.new(mode, (40, 30))
    before = picture.tobytes()
    description = describe(picture)
    assert f"40 × 30 pixels (width × height), mode {mode}" in description.text
    assert description.label == f"40 × 30 {mode}"
    assert size_of(description) == (40, 30)
    assert (picture.tobytes(), picture.size, picture.mode) == (before, (40, 30), mode)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "CMYK", "I;16", "F"])
def test_a_large_image_is_made_smaller(mode: str) -> None:
    picture = Image.new(mode, (4_000, 1_000))
    assert size_of(describe(picture)) == (1_500, 375)
    assert picture.size == (4_000, 1_000)


def test_an_image_of_a_file_is_not_read_through_the_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (2_000, 10), "red").save(path)
    with Image.open(path) as picture:
        description = describe(picture)
        assert "format JPEG, from " in description.text
        assert size_of(description) == (1_500, 8)
        assert picture.tile  # it has not been read yet
    path.unlink()
    assert describe(Image.new("RGB", (0, 10))).images == ()


def test_a_photo_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.effect_noise((900, 600), 80).convert("RGB").save(path)
    with Image.open(path) as picture:
        (image,) = describe(picture).images
    assert image.media_type == "image/jpeg"
    assert len(image.data) < 700_000


@pytest.mark.parametrize("mode", ["F", "I", "I;16"])
def test_numbers_that_are_no_colors_become_shades(mode: str) -> None:
    numbers = np.linspace(0, 60_000, 100).reshape(10, 10)
    if mode == "F":
        numbers = numbers / 60_000
    picture = Image.fromarray(numbers.astype({"F": "f4", "I": "i4", "I;16": "u2"}[mode]))
    assert picture.mode == mode
    (image,) = describe(picture).images
    with Image.open(io.BytesIO(image.data)) as shown:
        assert shown.getextrema() == (0, 255)


def test_a_damaged_file_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.effect_noise((300, 300), 50).save(path)
    path.write_bytes(path.read_bytes()[:2_000])
    with Image.open(path) as picture:
        description = describe(picture)
    assert description.images == ()
    assert "300 × 300 pixels" in description.text


def test_a_huge_image_is_not_read() -> None:
    picture = Image.new("1", (20_000, 20_000))
    assert describe(picture).images == ()


def plotted() -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(x=[1, 2, 3], y=[5.0, 6.0, 7.5], name="north", mode="lines")
    figure.add_bar(x=["a", "b"], y=[1, 2], name="south")
    figure.add_heatmap(z=np.zeros((3, 4)))
    return figure.update_layout(
        title="Sales by quarter",
        xaxis_title="quarter",
        yaxis={"title": "EUR", "type": "log", "range": [0, 2]},
    )


def test_a_chart_of_plotly_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda name: None)
    figure = plotted()
    before = figure.to_json()
    description = describe(figure)
    for fact in (
        "A plotly figure with 3 traces, titled 'Sales by quarter'",
        "xaxis 'quarter'; yaxis 'EUR' from 0 to 2, log scale",
        "- scatter (lines) 'north' of 3 points: x 1…3, y 5.0…7.5",
        "- bar 'south' of 2 points: x 'a'…'b', y 1…2",
        "- heatmap of 12 points: z 0.0…0.0",
    ):
        assert fact in description.text, description.text
    assert description.images == ()
    assert figure.to_json() == before
    assert describe(go.Figure()).text == "A plotly figure with 0 traces."
    assert "and" not in describe(go.Figure(go.Pie(labels=["a"], values=[1]))).label


def test_a_chart_of_plotly_as_an_image_where_it_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    Image.new("RGB", (10, 10)).save(file, format="PNG")
    asked: list[dict[str, Any]] = []

    def to_image(self: go.Figure, **options: Any) -> bytes:
        asked.append(options)
        return file.getvalue()

    monkeypatch.setattr(charts, "find_spec", lambda name: types.SimpleNamespace())
    monkeypatch.setattr(go.Figure, "to_image", to_image)
    assert describe(plotted()).images[0].data == file.getvalue()
    describe(plotted().update_layout(width=3_000, height=100))
    assert asked[0] == {"format": "png", "width": 700, "height": 500, "scale": 1.0}
    assert asked[1]["width"] * asked[1]["scale"] <= 1_500


def test_a_chart_whose_browser_fails_or_hangs_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    released = threading.Event()

    def hang(self: go.Figure, **options: Any) -> bytes:
        released.wait()
        return b""

    def fail(self: go.Figure, **options: Any) -> bytes:
        raise SystemExit("no browser")

    monkeypatch.setattr(charts, "find_spec", lambda name: types.SimpleNamespace())
    monkeypatch.setattr(charts, "_PATIENCE", 0.05)
    for to_image in (hang, fail):
        monkeypatch.setattr(go.Figure, "to_image", to_image)
        description = describe(plotted())
        assert description.images == ()
        assert "3 traces" in description.text
    released.set()


def test_nothing_is_imported_for_a_chart() -> None:
    before = set(sys.modules)
    describe(plotted())
    assert {"kaleido", "altair", "seaborn", "torch"} & (set(sys.modules) - before) == set()


@pytest.mark.parametrize("tokens", [20, 60, 300])
def test_words_are_within_the_tokens(tokens: int) -> None:
    picture = Image.new("RGB", (10, 10))
    for value in (drawn(), drawn().axes[0], plotted(), picture):
        assert fits(describe(value, tokens=tokens).text, tokens)


def test_points_are_counted_before_anything_is_drawn() -> None:
    figure = drawn()
    assert 0 < sum(map(figures._points, figure.axes)) < 1_000
