"""The log of all that left: listed, written into a file, and checked."""

from __future__ import annotations

import csv
import hashlib
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import load_ipython_extension, unload_ipython_extension
from notebook_chat.ledger import chain
from notebook_chat.ledger.departures import Departure, OtherRequests, Selection, departures, overview
from notebook_chat.ledger.ledger import Ledger, default_path
from notebook_chat.magics import times
from notebook_chat.request import HttpRequest
from notebook_chat.secrets import Secret
from notebook_chat.transport import departures as leaving

from .ledger.test_chain import TABLE
from .servers import Answer
from .servers.fixtures import ServerFactory
from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]

KEY = "sk-of-nobody-123456"


@pytest.fixture
def server(vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    found = vendor_server("openai_chat", *[Answer(f"answer {n}") for n in range(60)], key=KEY, models=["m"])
    monkeypatch.setenv("OPENAI_BASE_URL", found.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return found


def tampered(shell: Any, query: str) -> None:
    notebook(shell).ledger.flush()
    connection = sqlite3.connect(default_path())
    connection.execute(query)
    connection.commit()
    connection.close()


def test_all_that_left_is_listed_before_what_went_out_last(shell: Any, capsys: Any, server: Any) -> None:
    assert run(shell, capsys, "%chat sent") == ("Nothing has been sent yet.\n", True)
    run(shell, capsys, "%%chat -m openai:m\nthe first question")
    run(shell, capsys, "%%chat -m openai:n\nand the second")
    out, fine = run(shell, capsys, "%chat sent")
    assert fine
    lines = out.splitlines()
    assert lines[0].split() == ["No.", "When", "To", "Bytes", "Model", "Cell", "Status"]
    host = server.origin.partition("://")[2]
    size = len(server.requests[0].body)
    for line, model, words in ((lines[1], "m", "the first question"), (lines[2], "n", "and the second")):
        assert re.search(rf"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d  {re.escape(host)} \(this machine\)", line)
        assert f"openai:{model}  “{words}”" in line
        assert line.endswith("200")
    assert f"  {size}  " in lines[1]
    total = sum(len(request.body) for request in server.requests)
    assert lines[3] == f"2 requests: 2 to this machine ({total:,} bytes)."
    assert "openai:n · about" in out
    assert "and the second" in out.partition("[body")[2]
    assert KEY not in out
    assert "answer 0" in run(shell, capsys, "%chat sent 2")[0]
    assert "No." not in run(shell, capsys, "%chat sent 2")[0]


def test_what_other_kernels_and_notebooks_sent_is_there_with_all(
    shell: Any, capsys: Any, server: Any
) -> None:
    other = Ledger()
    place = ("openai:x", "/home/somebody/other.ipynb", "c", "t", "cell")
    values = ("e", time.time(), "POST", "https://api.example.com:8443/v1", 7, "", *place)
    other.transact(lambda connection: chain.append(connection, values)).result(30)
    other.close()
    run(shell, capsys, "%%chat -m openai:m\nmine")
    assert "other.ipynb" not in run(shell, capsys, "%chat sent --last 5")[0]
    out = run(shell, capsys, "%chat sent --all")[0]
    assert "other.ipynb" in out
    assert "api.example.com:8443" in out
    assert "none known" in out
    assert "2 requests: 1 to api.example.com:8443 (7 bytes), 1 to this machine" in out
    out = run(shell, capsys, "%chat sent --all --to example.com")[0]
    assert "1 request: 1 to api.example.com:8443 (7 bytes)." in out
    assert "1 request:" in run(shell, capsys, "%chat sent --all --to https://api.example.com:8443/")[0]
    assert run(shell, capsys, "%chat sent --to ample.com")[0] == "No such request has left.\n"
    assert run(shell, capsys, "%chat sent --since 2200-01-01")[0] == "No such request has left.\n"
    assert "1 request:" in run(shell, capsys, "%chat sent --since today")[0]


def test_many_are_bounded_and_how_many_more_is_said(shell: Any, capsys: Any, server: Any) -> None:
    for number in range(24):
        run(shell, capsys, f"%%chat -m openai:m -n\nquestion {number}")
    out = run(shell, capsys, "%chat sent")[0]
    assert "question 3”" not in out
    assert "question 4”" in out
    assert "4 earlier ones are not shown: --last 24, or --csv FILE." in out
    out = run(shell, capsys, "%chat sent --last 24")[0]
    assert "question 0”" in out
    assert "not shown" not in out
    assert "24 requests" in out.splitlines()[-1]


def test_the_list_as_a_file(shell: Any, capsys: Any, server: Any, tmp_path: Path) -> None:
    run(shell, capsys, "%%chat -m openai:m\n=1+1, \"quoted\"\nand 'more'")
    for number, flag in enumerate(("--csv", "--all --save")):
        path = tmp_path / f"{number}.csv"
        assert run(shell, capsys, f"%chat sent {flag} {path}")[0] == f"1 request written to {path}.\n"
        with path.open(newline="") as file:
            [row] = csv.DictReader(file)
        body = server.requests[0].body
        assert row["address"] == f"{server.base_url}/chat/completions"
        assert row["bytes"] == str(len(body))
        assert row["body_sha256"] == hashlib.sha256(body).hexdigest()
        assert (row["status"], row["model"], row["stayed_on_this_machine"]) == ("200", "openai:m", "yes")
        assert row["cell_name"] == "“=1+1, \"quoted\" and 'more'”"
        assert KEY not in path.read_text()


def test_a_table_has_no_formulas(shell: Any, capsys: Any, tmp_path: Path) -> None:
    values = ("", time.time(), "POST", "https://a.test/", 1, "", "=cmd()", "@x", "", "", None)
    notebook(shell).ledger.transact(lambda connection: chain.append(connection, values)).result(30)
    run(shell, capsys, f"%chat sent --all --csv {tmp_path / 'x.csv'}")
    text = (tmp_path / "x.csv").read_text()
    assert ",'=cmd(),'@x," in text


def test_what_a_provider_from_elsewhere_sent_is_not_known(shell: Any, capsys: Any) -> None:
    run(shell, capsys, "%%chat\nhello")
    out = run(shell, capsys, "%chat sent")[0]
    assert "not known: its provider sends by itself" in out
    assert "1 request: 1 to where it is not known." in out


def test_the_whole_log_is_checked(shell: Any, capsys: Any, server: Any) -> None:
    assert run(shell, capsys, "%chat sent --check")[0].startswith("The log is empty")
    for number in range(3):
        run(shell, capsys, f"%%chat -m openai:m\nquestion {number}")
    out = run(shell, capsys, "%chat sent --check")[0]
    assert out.startswith("The log is whole: 3 requests.\nIts hash is ")
    [head] = re.findall(r"[0-9a-f]{64}", out)
    run(shell, capsys, "%%chat -m openai:m\none more")
    assert (
        "up to number 3: until there it is as it was then"
        in run(shell, capsys, f"%chat sent --check {head}")[0]
    )
    assert "stands for no part" in run(shell, capsys, f"%chat sent --check {'0' * 64}")[0]
    assert "is no hash" in run(shell, capsys, "%chat sent --check x")[0]
    tampered(shell, "UPDATE requests SET url = 'https://elsewhere.test/' WHERE number = 2")
    out = run(shell, capsys, "%chat sent --check")[0]
    assert "NOT whole: 4 requests are in it" in out
    assert "- number 2 was changed, or is not in its place" in out
    tampered(shell, "DELETE FROM requests WHERE number = 2")
    assert "- number 2 is missing" in run(shell, capsys, "%chat sent --check")[0]


@pytest.mark.parametrize(
    "line",
    [
        "--check --all",
        "--all 3",
        "--body --since 2h",
        "--since noon",
        "--to 'a b'",
        "--last 0",
        "--check x y",
    ],
)
def test_what_does_not_go_together_is_said(shell: Any, capsys: Any, line: str) -> None:
    out, fine = run(shell, capsys, f"%chat sent {line}")
    assert not fine
    assert len(out.splitlines()) == 1


def test_without_a_ledger_what_went_out_last_is_shown(
    shell: Any, capsys: Any, server: Any, monkeypatch: Any
) -> None:
    run(shell, capsys, "%%chat -m openai:m\nhello")

    def broken(work: object) -> Any:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(notebook(shell).ledger, "read", broken)
    out, fine = run(shell, capsys, "%chat sent")
    assert fine
    assert "the ledger cannot be read (disk I/O error" in out
    assert "openai:m · about" in out
    assert not run(shell, capsys, "%chat sent --all")[1]


# --- what leaves beside answers


def written() -> tuple[sqlite3.Connection, Callable[[Any], object]]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(TABLE)

    def write(work: Any) -> None:
        work(connection)
        work(connection)  # as a ledger may, which was held up

    return connection, write


def test_other_requests_that_leave_are_taken_down_without_keys() -> None:
    connection, write = written()
    note = OtherRequests(write, lambda: "n.ipynb")
    request = HttpRequest(
        "GET", f"https://me:pw@api.test/v1/models?key={KEY}&page=2", {"Authorization": Secret(KEY)}
    )
    note(request)(200)
    note(HttpRequest("POST", "https://api.test/count", body=b"abc"))
    note(HttpRequest("GET", "http://127.0.0.1:99/health"))(200)
    note(HttpRequest("GET", "http://[::1"))
    found = list(departures(connection, Selection("n.ipynb")))
    assert [(one.method, one.host, one.size, one.status) for one in found][:2] == [
        ("GET", "api.test", 0, 200),
        ("POST", "api.test", 3, None),
    ]
    assert KEY not in str(found)
    assert "pw" not in found[0].url
    assert not chain.check(connection).faults


def test_they_are_told_once_and_only_where_nobody_else_takes_them_down() -> None:
    told: list[str] = []
    statuses: list[int] = []

    def watcher(request: HttpRequest) -> Callable[[int], object]:
        told.append(request.url)
        return statuses.append

    end = leaving.watch(watcher)
    leaving.left(HttpRequest("GET", "https://a.test/1"))(204)
    with leaving.accounted():
        leaving.left(HttpRequest("GET", "https://a.test/2"))(204)
    end()
    leaving.left(HttpRequest("GET", "https://a.test/3"))(204)
    assert (told, statuses) == (["https://a.test/1"], [204])


def test_a_list_of_models_is_in_the_log(
    shell: Any, capsys: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notebook_chat.ledger.departures.is_own_machine", lambda host: False)
    run(shell, capsys, "%chat models openai")
    run(shell, capsys, "%%chat -m openai:m\nhello")
    out = run(shell, capsys, "%chat sent --all")[0]
    assert f"{server.base_url.partition('://')[2]}/models" in out
    assert "2 requests" in out
    unload_ipython_extension(shell)
    assert not leaving._watchers
    load_ipython_extension(shell)


# --- values


def test_other_requests_are_forgotten_with_all_and_with_their_notebook(tmp_path: Path) -> None:
    from notebook_chat.ledger.forgetting import Selection as Meant

    ledger = Ledger(tmp_path / "ledger.sqlite3")
    note = OtherRequests(ledger.write, lambda: "n.ipynb")
    for meant in (Meant(notebooks=("n.ipynb",)), Meant()):
        note(HttpRequest("GET", "https://api.test/v1/models"))(200)
        ledger.flush()
        ledger.forget(meant)
        assert not ledger.read(lambda connection: list(departures(connection, Selection()))).result(30)
    assert ledger.read(chain.check).result(30).forgotten == 2
    ledger.close()


def test_hosts_and_those_beneath_them() -> None:
    def one(url: str) -> Departure:
        return Departure(1, "", 0.0, "POST", url, 0, "", None, "", "", "", "", None)

    assert one("https://api.openai.com/v1").went_to("openai.com")
    assert one("https://api.openai.com:443/v1").went_to("API.openai.com.")
    assert not one("https://notopenai.com/v1").went_to("openai.com")
    assert not one("https://api.openai.com:8443/v1").went_to("api.openai.com:443")
    assert one("https://[2001:db8::1]:8443/v1").went_to("[2001:db8::1]:8443")
    assert not one("http://[::1").went_to("x")
    assert not one("http://[::1").stayed
    assert one("http://[::1]:80/").stayed
    assert one("http://localhost:11434/").stayed
    assert not one("http://localhost.example.com/").stayed
    assert not one("").is_known


def test_whatever_stands_in_a_row_it_is_read() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(TABLE)
    connection.execute(
        "INSERT INTO requests VALUES (1, x'00', 'x', x'ff', 5, 'much', x'01', 'fine', 3, 4, 5, 6, x'02', 'x')"
    )
    seen = overview(connection, Selection(since=-1.0), 5)
    assert seen.count in (0, 1)


@pytest.mark.parametrize("text", ["noon", "", "2h30", "99999999999", "2026-13-01", "-2h", "٣h"])
def test_no_time(text: str) -> None:
    with pytest.raises(Exception, match="is no time"):
        times.point(text)


def test_points_in_time() -> None:
    assert abs(times.point("2h") - (time.time() - 7200)) < 60
    assert times.when(times.point("2026-10-01 14:30")) == "2026-10-01 14:30:00"
    assert times.when(times.point("today")).endswith("00:00:00")
    assert times.point("yesterday") < times.point("today")
    assert times.when(1e300) == ""
