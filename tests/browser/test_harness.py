"""The harness tells the truth about a real front end: what it must see, it sees, and only that."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError, expect

from ..kernel.kernelspecs import INSTALLED, OLDER_VERSIONS
from .canary import Canary
from .conftest import REQUIRE, chromium_path
from .lab import Lab, Theme, every_front_end
from .notebook_page import NavigatedAwayError, NotebookPage


def html(content: str) -> str:
    """A cell that publishes `content` as HTML."""
    return f"from IPython.display import HTML, display\ndisplay(HTML({content!r}))"


def shown(lab: Lab, content: str) -> NotebookPage:
    """A live notebook that shows `content` as HTML."""
    return lab.show({0: [{"text/html": content, "text/plain": ""}]})


# --- driving


@every_front_end
def test_cells_run_and_show_their_outputs(lab: Lab) -> None:
    notebook = lab.open(["print(6 * 7)", "import time; time.sleep(0.5); print('slept')", "print('last')"])
    notebook.run_all()
    assert [cell.count for cell in notebook.cells] == [1, 2, 3]
    for index, text in enumerate(["42", "slept", "last"]):
        expect(notebook.output(index)).to_have_text(text)


@every_front_end
def test_a_plain_notebook_asks_for_nothing_beyond_its_server(lab: Lab) -> None:
    notebook = lab.open(['print(\'<img src="http://canary.test/x.png" onerror="__canary(0)">\')'])
    notebook.run_all()
    notebook.settle()
    expect(notebook.output(0)).to_contain_text("canary.test")
    assert lab.canary.hits == ()


@every_front_end
def test_one_cell_runs_alone_and_idle_means_idle(lab: Lab) -> None:
    notebook = lab.open(["print('one')", "import time; time.sleep(1); print('two')"])
    notebook.run(1, wait=False)
    assert notebook.cells[1].state == "running"
    notebook.wait_idle()
    assert [(cell.state, cell.count) for cell in notebook.cells] == [("idle", None), ("idle", 1)]
    assert "notebook:run-cell" in notebook.commands


@every_front_end
def test_an_interrupt_ends_a_cell(lab: Lab) -> None:
    notebook = lab.open(["import time; print('asleep', flush=True); time.sleep(60)"])
    notebook.run(0, wait=False)
    expect(notebook.output(0)).to_contain_text("asleep")
    with pytest.raises(TimeoutError):
        notebook.wait_idle(timeout=0.5)
    notebook.interrupt()
    notebook.wait_idle()
    expect(notebook.output(0)).to_contain_text("KeyboardInterrupt")


@every_front_end
def test_a_saved_notebook_holds_what_was_shown(lab: Lab) -> None:
    notebook = lab.open(["print('kept')"])
    assert notebook.saved().cells[0].outputs == []
    notebook.run_all()
    assert notebook.save().cells[0].outputs[0].text == "kept\n"


@every_front_end
def test_a_kernel_outlives_a_reload_but_not_a_restart(lab: Lab) -> None:
    notebook = lab.open(["x = 'still here'", "print(globals().get('x'))"])
    notebook.run(0)
    notebook.reload()
    notebook.run(1)
    expect(notebook.output(1)).to_have_text("still here")
    notebook.restart_kernel()
    notebook.run(1)
    expect(notebook.output(1)).to_have_text("None")


@pytest.mark.parametrize("ipykernel", [INSTALLED, *OLDER_VERSIONS], indirect=True)
def test_the_asked_release_of_ipykernel_runs_the_notebook(lab: Lab, ipykernel: str) -> None:
    notebook = lab.open(["import ipykernel; print(ipykernel.__version__)"], kernel=ipykernel)
    notebook.run_all()
    if ipykernel == INSTALLED:
        assert all(version not in notebook.output(0).inner_text() for version in OLDER_VERSIONS)
    else:
        expect(notebook.output(0)).to_have_text(ipykernel)


@every_front_end
@pytest.mark.parametrize(("theme", "is_light"), [("light", "true"), ("dark", "false")])
def test_the_theme_is_the_one_asked_for_and_pictures_are_kept(
    lab: Lab, theme: Theme, is_light: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.browser.notebook_page.ARTIFACTS", tmp_path)
    notebook = lab.open(["print('a picture')"], theme=theme)
    notebook.run_all()
    expect(notebook.page.locator("body")).to_have_attribute("data-jp-theme-light", is_light)
    names = [notebook.screenshot("page").name, notebook.screenshot("one output", notebook.output(0)).name]
    label = f"{lab.front_end.name.lower()}-{theme}.png"
    assert names == [f"page-{label}", f"one-output-{label}"]
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_a_kernel_does_not_see_the_keys_of_the_user(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = lab.open(
        ["import os; print([name for name in os.environ if 'KEY' in name or 'TOKEN' in name])"]
    )
    notebook.run_all()
    expect(notebook.output(0)).to_have_text("[]")


def test_an_uncaught_exception_in_the_page_is_seen(lab: Lab) -> None:
    notebook = lab.open(
        [html("<script>setTimeout(() => { throw new Error('nobody catches this'); })</script>")]
    )
    assert not any("nobody catches this" in error for error in notebook.page_errors)
    notebook.run_all()
    notebook.settle()
    assert any("nobody catches this" in error for error in notebook.page_errors)


@every_front_end
def test_a_page_that_is_used_again_is_as_new(lab: Lab) -> None:
    first = lab.open(["x = 'of the first'", "print(x)"])
    first.run_all()
    first.execute("notebook:insert-cell-below")
    page = first.page
    lab.close(again=True)
    second = lab.open(["print(globals().get('x'))"])
    assert second.page is page
    assert "notebook:insert-cell-below" not in second.commands
    assert [cell.count for cell in second.cells] == [None]
    second.run_all()
    expect(second.output(0)).to_have_text("None")
    assert second.save().cells[0].outputs[0].text == "None\n"
    second.reload()
    assert [cell.count for cell in second.cells] == [1]
    assert lab.canary.hits == ()


def test_a_page_of_a_test_that_failed_or_did_harm_is_not_used_again(lab: Lab) -> None:
    pages = [lab.open(["pass"]).page]
    lab.close(again=False)
    pages.append(lab.open([html('<img src="http://canary.test/x.png">')]).page)
    lab.opened[0].run_all()
    lab.opened[0].settle()
    lab.close(again=True)
    pages.append(lab.open(["pass"]).page)
    assert len(set(pages)) == 3


# --- the canary


HARM = (
    ('<img src="x" onerror="__canary(0)">', "ran"),
    ("<script>__canary(0)</script>", "ran"),
    ('<iframe srcdoc="<script>__canary(0)</script>"></iframe>', "ran"),
    ('<object data="http://canary.test/object.html"></object>', "ran"),
    ('<img src="http://canary.test/x.png">', "network"),
    ('<img src="https://canary.test/x.png">', "network"),
    ('<img src="/files/canary.test.png">', "request"),
    ('<div style="background: url(http://canary.test/x.png)">text</div>', "request"),
    ('<script>new WebSocket("ws://canary.test/")</script>', "network"),
    ("<script>navigator.sendBeacon('http://canary.test/')</script>", "network"),
    ('<script>open("http://canary.test/")</script>', "popup"),
    ("<script>alert('canary.test')</script>", "dialog"),
    ("<script>location = 'data:application/zip,canary.test'</script>", "download"),
)


@every_front_end
def test_harm_of_every_kind_is_seen_and_attributed(lab: Lab) -> None:
    displays = {tag: [{"text/html": Canary.arm(content, tag)}] for tag, (content, _) in enumerate(HARM)}
    notebook = lab.show({**displays, 99: [{"text/html": "<p>harmless</p>"}]})
    assert notebook.page.locator(".jp-OutputArea-child").count() == len(HARM) + 1
    seen = {tag: {hit.kind for hit in hits} for tag, hits in lab.canary.hits_by_tag().items()}
    missed = {tag: content for tag, (content, kind) in enumerate(HARM) if kind not in seen.get(tag, ())}
    assert missed == {}
    assert set(seen) == set(range(len(HARM)))


@every_front_end
def test_a_page_that_was_led_away_is_noticed(lab: Lab) -> None:
    address = Canary.arm("http://canary.test/x.html", 17)
    shown(lab, f'<meta http-equiv="refresh" content="0; url={address}">')
    assert "navigation" in {hit.kind for hit in lab.canary.hits_by_tag()[17]}
    with pytest.raises(NavigatedAwayError):
        lab.opened[0].wait_idle()


def test_a_link_does_nothing_until_it_is_clicked(lab: Lab) -> None:
    notebook = shown(lab, Canary.arm('<a href="http://canary.test/page.html" target="_blank">there</a>', 3))
    assert lab.canary.hits == ()
    with notebook.page.expect_popup():
        notebook.page.get_by_role("link", name="there").click()
    assert {"popup", "network"} <= {hit.kind for hit in lab.canary.hits_by_tag()[3]}


def test_two_hundred_outputs_in_one_notebook_are_told_apart(lab: Lab) -> None:
    hostile = {7, 8, 45, 101, 199}
    displays = {
        tag: [
            {
                "text/html": Canary.arm(
                    '<img src="x" onerror="__canary(0)">' if tag in hostile else "<p>fine</p>", tag
                )
            }
        ]
        for tag in range(200)
    }
    notebook = lab.show(displays)
    assert notebook.page.locator(".jp-OutputArea-child").count() == 200
    assert set(lab.canary.hits_by_tag()) == hostile


def test_harm_done_only_on_the_way_is_seen(lab: Lab) -> None:
    passing = [
        {"text/html": "<p>wait</p>"},
        {"text/html": '<img src="x" onerror="__canary(1)">'},
        {"text/html": "done"},
    ]
    notebook = lab.show({1: passing, 2: [{"text/html": "<p>fine</p>"}]})
    expect(notebook.output(0)).to_contain_text("done")
    assert set(lab.canary.hits_by_tag()) == {1}


def test_outputs_below_the_window_do_their_worst_too(lab: Lab) -> None:
    tall = '<div style="height: 3000px">tall</div>'
    lazy = '<img loading="lazy" src="http://t5.canary.test/x.png">'
    lab.show({4: [{"text/html": tall}], 5: [{"text/html": lazy}]})
    assert set(lab.canary.hits_by_tag()) == {5}


@pytest.mark.parametrize(
    "endless", ["for (;;) {}", "/^(a+)+$/.test('a'.repeat(99) + 'b')", "while (alert(1), 1) {}"]
)
def test_a_tab_that_hangs_is_noticed_and_can_be_closed(lab: Lab, endless: str) -> None:
    with pytest.raises(TimeoutError):
        lab.show({0: [{"text/html": f"<script>{endless}</script>"}]}, timeout=5)


@every_front_end
def test_a_notebook_from_elsewhere_is_not_trusted(lab: Lab) -> None:
    notebook = shown(lab, "<b>bold</b><script>__canary(1)</script><img src='http://t2.canary.test/x.png'>")
    assert set(lab.canary.hits_by_tag()) == {1, 2}
    lab.canary.reset()
    again = lab.reopen_untrusted(notebook)
    again.settle()
    expect(again.output(0).locator("b")).to_have_text("bold")
    assert not again.cells[0].trusted
    assert set(lab.canary.hits_by_tag()) == {2}  # the front end leaves remote images in


def test_a_commands_link_is_seen_in_the_commands(lab: Lab) -> None:
    attributes = "data-commandlinker-command='notebook:insert-cell-below' data-commandlinker-args='{}'"
    notebook = shown(lab, f"<a {attributes}>press</a>")
    assert "notebook:insert-cell-below" not in notebook.commands
    notebook.page.get_by_text("press", exact=True).click()
    assert "notebook:insert-cell-below" in notebook.commands


# --- measuring


@every_front_end
def test_a_long_task_is_seen_and_its_absence_too(lab: Lab) -> None:
    notebook = lab.open(["pass"])
    notebook.settle()
    busy = "() => { const end = performance.now() + 400; while (performance.now() < end); resolve(); }"
    with notebook.measure() as measured:
        notebook.page.evaluate(f"() => new Promise(resolve => setTimeout({busy}))")
    assert measured().longest_task > 0.39
    assert measured().task_seconds >= measured().script_seconds >= 0.39
    assert abs(measured().long_tasks[0].at - time.time()) < 60
    with notebook.measure() as measured:
        notebook.page.evaluate("() => 1")
    assert measured().longest_task < 0.39


@every_front_end
def test_scrolling_and_shifting_are_seen(lab: Lab) -> None:
    notebook = lab.open(["# a line\n" * 200, html("<p id='mark'>mark</p>")])
    notebook.run_all()
    notebook.settle()
    with notebook.measure("#mark") as measured:
        notebook.settle()
    assert len(measured().samples) <= 1
    assert measured().largest_jump == 0
    with notebook.measure("#mark") as measured:
        notebook.page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollBy(0, -500)")
        notebook.settle()
    assert measured().largest_jump == 500
    with notebook.measure() as measured:
        notebook.page.evaluate("() => { document.querySelector('.jp-Cell').style.marginTop = '300px'; }")
        notebook.settle()
    assert measured().layout_shifts


def test_what_comes_from_the_kernel_is_counted(lab: Lab) -> None:
    notebook = lab.open(["print('x' * 100_000)", "pass"])
    with notebook.measure() as large:
        notebook.run(0)
    with notebook.measure() as small:
        notebook.run(1)
    assert 100_000 < large().received_bytes < 130_000
    assert 500 < small().received_bytes < 30_000


@every_front_end
def test_the_moment_a_text_is_on_screen_is_told_in_the_kernels_time(lab: Lab) -> None:
    notebook = lab.open(
        ["import time\ntime.sleep(0.5)\nprint('be' + 'fore', time.time())\nprint('the' + ' end')"]
    )
    seen = notebook.watch(0, "the end")
    with pytest.raises(TimeoutError):
        seen(0.1)
    notebook.run(0)
    printed = float(notebook.output(0).inner_text().split()[1])
    assert printed < seen(10) < time.time()


# --- living together


def test_without_a_browser_tests_are_skipped_or_fail_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="Chromium"):
        chromium_path()
    monkeypatch.setenv(REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match="Chromium"):
        chromium_path()


def test_the_browser_leaves_no_running_loop_behind(lab: Lab) -> None:
    lab.open(["pass"])
    assert asyncio._get_running_loop() is not None  # so that the next test would notice


async def test_an_async_test_runs_after_one_in_the_browser() -> None:
    await asyncio.sleep(0)
