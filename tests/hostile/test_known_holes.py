"""The audit: lower bounds and installed packages with known holes are found without a network, and where the database
of holes cannot be asked nobody claims that there are none."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    """The program, as a module."""
    path = ROOT / ".ci" / "audit"
    if not path.exists():
        pytest.skip("there is no audit in what was installed")
    loader = importlib.machinery.SourceFileLoader("audit", str(path))
    loader_spec = importlib.util.spec_from_loader("audit", loader)
    assert loader_spec is not None
    module = importlib.util.module_from_spec(loader_spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., list[str]]:
    """Writes a project and a table, and gives the arguments that name them."""

    def written(*lines: str, **extras: list[str]) -> list[str]:
        texts = [
            f'[project]\nname = "mine"\ndependencies = {json.dumps(lines)}\n[project.optional-dependencies]\n'
        ]
        texts += [f"{name} = {json.dumps(more)}\n" for name, more in extras.items()]
        (tmp_path / "pyproject.toml").write_text("".join(texts))
        (tmp_path / "holes.toml").write_text(
            'looked_at = 2026-01-02\n[fixed_in]\naiohttp = { version = "3.9.10", ids = ["CVE-1"] }\n'
            'No-Such_Package = { version = "2", ids = ["CVE-2", "CVE-3"] }\n'
            '[accepted]\n"GHSA-fine" = "not used"\n'
        )
        return ["--project", str(tmp_path / "pyproject.toml"), "--holes", str(tmp_path / "holes.toml")]

    return written


def test_the_projects_own_lower_bounds_have_no_hole_that_the_table_knows(
    audit: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(["--offline"]) == 0, capsys.readouterr().out
    bounds = audit.floors(audit.tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])
    for name, version in {"aiohttp": "3.14.4", "filelock": "3.20.3", "msgspec": "0.21"}.items():
        assert audit.Version(bounds[name]) >= audit.Version(version)


@pytest.mark.parametrize(
    ("line", "fine"),
    [
        ("aiohttp>=3.9.9", False),
        ("aiohttp", False),
        ("aiohttp<4", False),
        ("AIOHTTP>=3.9,<4", False),
        ("aiohttp>3.9", False),  # a bound that is no floor
        ("aiohttp>=3.9.10", True),
        ("aiohttp~=3.10", True),
        ("aiohttp>=4.0rc1", True),
        ("no.such-package[extra]>=1.9; python_version > '3'", False),
        ("no_such_package>=2", True),
        ("another>=0.1", True),
    ],
)
def test_lower_bounds(
    audit: ModuleType, project: Any, capsys: pytest.CaptureFixture[str], line: str, fine: bool
) -> None:
    for arguments in (
        project(line),
        project(test=[line]),
        project(line, more=["mine[test]"], test=["another"]),
    ):
        assert audit.main([*arguments, "--offline"]) == (0 if fine else 1)
        out = capsys.readouterr().out
        assert ("HOLE: " in out) is not fine
        assert "2026-01-02" in out


def test_the_lowest_of_several_bounds_counts(audit: ModuleType, project: Any) -> None:
    assert audit.main([*project("aiohttp>=3.9.10", more=["aiohttp>=3.9"]), "--offline"]) == 1


def test_what_is_installed_is_compared_too(
    audit: ModuleType, project: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "installed", lambda: {"no-such-package": "1.0", "mine": "0.1"})
    assert audit.main([*project("aiohttp>=4"), "--offline"]) == 1
    out = capsys.readouterr().out
    assert "HOLE: No-Such_Package 1.0 is installed, with CVE-2, CVE-3: fixed in 2.\n" in out
    assert "1 installed ones" in out


class Database:
    """A database of holes on loopback, which knows what ``holes`` says; or answers something else."""

    def __init__(self) -> None:
        self.holes: dict[tuple[str, str], list[str]] = {}
        self.answer: bytes | None = None
        self.asked: list[tuple[str, str]] = []
        database = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                pairs = [(query["package"]["name"], query["version"]) for query in body["queries"]]
                database.asked += pairs
                results = [{"vulns": [{"id": id} for id in database.holes.get(pair, ())]} for pair in pairs]
                data = database.answer or json.dumps({"results": results}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = Database()
    thread = threading.Thread(target=database.server.serve_forever)
    thread.start()
    monkeypatch.setenv("OSV_URL", database.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield database
    database.server.shutdown()
    thread.join()
    database.server.server_close()


def test_the_database_is_asked_for_bounds_and_installed_packages(
    audit: ModuleType, project: Any, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = project("aiohttp>=3.9.10", test=["pytest>=1"])
    assert audit.main(arguments) == 0
    here = audit.installed()
    assert {("aiohttp", "3.9.10"), ("pytest", "1"), ("aiohttp", here["aiohttp"])} <= {*database.asked}
    assert "gave no answer" not in capsys.readouterr().out

    database.holes = {("pytest", here["pytest"]): ["PYSEC-1"], ("aiohttp", "3.9.10"): ["GHSA-fine"]}
    assert audit.main(arguments) == 0
    assert (
        f"Told only, since no user of the package gets it: pytest {here['pytest']}" in capsys.readouterr().out
    )

    for pair in (("aiohttp", "3.9.10"), ("aiohttp", here["aiohttp"]), ("multidict", here["multidict"])):
        database.holes = {pair: ["GHSA-fine", "PYSEC-2"]}
        assert audit.main(arguments) == 1
        assert "has PYSEC-2.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer", [b"<html>", b"[]", b'{"results": []}', b'{"results": [1]}', b'{"results": 5}']
)
def test_a_database_that_cannot_be_asked_is_said(
    audit: ModuleType, project: Any, database: Database, capsys: pytest.CaptureFixture[str], answer: bytes
) -> None:
    database.answer = answer
    for line, status in (("aiohttp>=3.9.10", 0), ("aiohttp>=3", 1)):
        assert audit.main(project(line)) == status
        out = capsys.readouterr().out
        assert "gave no answer (" in out
        assert "what is not in the table was not looked for." in out
        assert "no known" not in out.lower()


def test_a_database_that_is_not_there(
    audit: ModuleType, project: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert audit.main(project("aiohttp>=3.9.10")) == 0
    assert "gave no answer ([Errno 111] Connection refused)" in capsys.readouterr().out


def test_the_audit_is_part_of_what_must_hold() -> None:
    if not (ROOT / ".ci").exists():
        pytest.skip("there is no CI in what was installed")
    assert "$bin/python .ci/audit\n" in (ROOT / ".ci" / "run").read_text()
    assert "$bin/python .ci/audit --offline" in (ROOT / ".ci" / "quick").read_text()
