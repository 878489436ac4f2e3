"""Formulas in a real front end: drawn where the notebook is trusted, and there once where it is not."""

from __future__ import annotations

from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import expect

from notebook_chat import markup

from .lab import Lab, every_front_end

TEXT = r"""So $E = mc^2$ and $x_{1,2} = \frac{-b \pm \sqrt{b^2-4ac}}{2a}$, with <kbd>Ctrl</kbd> and H<sub>2</sub>O.

$$\sum_{i=1}^n i = \frac{n(n+1)}{2}, \quad p = \text{50\%}$$

It is \(\cancel{a}\), \(\bcancel{b+1}\), \(\xcancel{\frac{c}{d}}\) and \(\boxed{e}\).
"""


@every_front_end
def test_an_untrusted_notebook_shows_each_formula_once(lab: Lab) -> None:
    data = {"text/html": markup.render(TEXT), "text/plain": TEXT}
    output = new_output("display_data", data=data)  # type: ignore[no-untyped-call]
    cell = new_code_cell("%%chat\nSo?", outputs=[output])  # type: ignore[no-untyped-call]
    notebook = lab.open(new_notebook(cells=[cell]))  # type: ignore[no-untyped-call]
    notebook.settle()
    assert not notebook.cells[0].trusted
    shown = notebook.output(0).locator(".jp-RenderedHTML")
    expect(shown).to_have_text(
        "So E=mc^2 and x_(1,2)=(−b±√(b^2−4ac))/(2a), with Ctrl and H2O. "
        "∑_(i=1)^n i=(n(n+1))/2, p=50% It is a, b+1, c/d and e.",
        use_inner_text=True,
    )
    expect(shown.locator("kbd")).to_have_text("Ctrl")
    expect(shown.locator("math, annotation, style")).to_have_count(0)
    notebook.screenshot("formulas-untrusted")


PLACES = """box => [...box.querySelectorAll("mi, mn, mo, mtext")].map(one => {
  const [at, from] = [one.getBoundingClientRect(), box.getBoundingClientRect()];
  return [one.textContent, at.x - from.x, at.y - from.y, at.width, at.height].join(" ");
})"""
WITHOUT = """box => {
  for (const one of box.querySelectorAll("semantics")) {
    if (one.firstElementChild.textContent) one.replaceWith(one.firstElementChild);
    else one.remove();
  }
}"""


def test_what_is_only_read_takes_no_room(lab: Lab) -> None:
    notebook = lab.show({0: [{"text/html": markup.render(TEXT)}]})
    shown = notebook.output(0).locator(".notebook-chat")
    places = shown.evaluate(PLACES)
    assert len(places) > 40
    shown.evaluate(WITHOUT)
    expect(shown.locator("annotation")).to_have_count(0)
    assert shown.evaluate(PLACES) == places


@every_front_end
def test_a_trusted_notebook_draws_them_and_hides_what_is_only_read(lab: Lab) -> None:
    notebook = lab.show({0: [{"text/html": markup.render(TEXT)}]})
    shown = notebook.output(0)
    expect(shown.locator("math")).to_have_count(7)
    assert shown.locator("annotation").evaluate_all("all => all.every(one => !one.getClientRects().length)")
    assert "_" not in shown.inner_text()
    assert "√" not in shown.inner_text()
    notebook.screenshot("formulas-trusted")


def test_strokes_are_seen(lab: Lab) -> None:
    notebook = lab.show({0: [{"text/html": markup.render(TEXT)}]})
    struck = notebook.output(0).locator("menclose")
    expect(struck).to_have_count(5)  # two for one that is crossed out
    # Towards the corner that the stroke does not touch, as "to bottom right" for one that goes up.
    for index, direction in enumerate(["bottom right", "top right", "top right", "bottom right"]):
        element = struck.nth(index)
        background = element.evaluate("one => getComputedStyle(one).backgroundImage")
        assert background.startswith("linear-gradient(to ")
        assert set(background[19 : background.index(",")].split()) == set(direction.split())
        with_stroke = element.screenshot()
        element.evaluate("one => one.style.background = 'none'")
        assert element.screenshot() != with_stroke
    assert struck.nth(4).evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
