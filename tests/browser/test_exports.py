"""What is exported of a notebook with chat cells, as a reader sees it: a web page and a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Turn, answered
from notebook_chat.events import TextDelta
from notebook_chat.messages import Message
from notebook_chat.renderers import DisplayRenderer

from .chats import EVERYTHING
from .chromium import Chromium
from .notebook_page import ARTIFACTS


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_page_and_a_pdf_read_well(chromium: Chromium, tmp_path: Path, form: Any) -> None:
    published: list[dict[str, Any]] = []
    renderer = DisplayRenderer(form=form, publish=lambda data, *_, **__: published.append(data))
    fold = AnswerFold()
    fold.add([TextDelta(EVERYTHING)])
    renderer.show(fold.snapshot())
    renderer.finish(
        Turn(Message("user", "hi"), answered(EVERYTHING), model="openai:gpt-5", seconds=1.5), None
    )
    output = nbformat.v4.new_output("display_data", data=published[-1])  # type: ignore[no-untyped-call]
    cell = nbformat.v4.new_code_cell("%%chat\nShow me everything.", outputs=[output])  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    page_path = tmp_path / "out.html"
    exporter: Any = HTMLExporter()  # type: ignore[no-untyped-call]
    page_path.write_text(exporter.from_notebook_node(notebook)[0], encoding="utf-8")
    with chromium.in_use():
        page = chromium.browser.new_page(viewport={"width": 1000, "height": 1300})
        page.route(
            "http*://**", lambda route: route.abort()
        )  # nbconvert's page asks for MathJax and the like
        page.goto(page_path.as_uri())
        expect(page.locator("body")).to_contain_text("It costs $5 and not $10; List<int> stays as it is.")
        expect(page.locator("table").first).to_contain_text("299 792 458")
        expect(page.locator("pre", has_text="return text").last).to_be_visible()
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"export-{form}.png")
        assert page.pdf(path=ARTIFACTS / f"export-{form}.pdf").startswith(b"%PDF")
        page.close()
