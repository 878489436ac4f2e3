"""Exceptions as a model can read them, whatever they do."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from notebook_chat.prompt.failures.failure import FAILURE_TOKENS, describe_failure, report
from notebook_chat.prompt.failures.package_versions import imported_by, versions
from notebook_chat.prompt.values.bounds import tokens_of


def raised(work: Any) -> BaseException:
    """What some code raises."""
    try:
        work()
    except BaseException as error:
        return error
    raise AssertionError("it raised nothing")


class LoopsError(Exception):
    def __str__(self) -> str:
        while True:
            pass


class RaisesError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


class HugeError(Exception):
    def __str__(self) -> str:
        return "huge " * 1_000_000


class Hostile:
    """A value that does harm whoever looks at it."""

    def __repr__(self) -> str:
        raise RuntimeError

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")

    def __dir__(self) -> Any:
        raise AssertionError("its names were asked for")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("it was compared")

    __hash__ = None  # type: ignore[assignment]


def test_a_message_that_does_not_end_is_said() -> None:
    def fail() -> None:
        raise LoopsError

    assert "its __str__ does not end" in report(raised(fail)).text


def test_a_message_that_fails_is_said() -> None:
    def fail() -> None:
        raise RaisesError

    assert "its __str__ fails" in report(raised(fail)).text


@pytest.mark.parametrize("tokens", [80, 300, FAILURE_TOKENS])
def test_the_text_keeps_to_its_tokens(tokens: int) -> None:
    def fail() -> None:
        rows = ["x" * 10_000] * 1000
        table = {str(number): number for number in range(10_000)}
        try:
            raise KeyError(table, rows)
        except KeyError as error:
            for number in range(100):
                error.add_note(f"note {number} " * 1000)
            group = ExceptionGroup("many", [HugeError() for _ in range(500)])
            raise group from error

    error = raised(fail)
    assert tokens_of(report(error, tokens=tokens).text) <= tokens
    assert tokens_of(describe_failure(error, tokens).text) <= tokens


def test_a_long_chain_and_one_that_bites_its_tail_end() -> None:
    first: BaseException = ValueError("0")
    error = first
    for number in range(1, 5000):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    first.__context__ = error
    assert "ValueError: 4999" in report(error).text
    one, other = ValueError("one"), TypeError("other")
    one.__cause__, other.__cause__ = other, one
    assert report(one).text.count("TypeError: other") == 1


def test_a_group_within_groups_ends() -> None:
    error: Exception = ValueError("in the middle")
    for _ in range(300):
        error = ExceptionGroup("around", [error, error])
    assert tokens_of(report(error).text) <= FAILURE_TOKENS


def test_a_deep_recursion_is_folded() -> None:
    def down(level: int) -> int:
        return up(level + 1)

    def up(level: int) -> int:
        return down(level)

    text = report(raised(lambda: down(0))).text
    assert "more times at this line" in text
    assert text.count("in down") <= 3
    assert tokens_of(text) <= FAILURE_TOKENS


def test_a_hostile_value_is_not_touched() -> None:
    def fail() -> None:
        value = Hostile()
        missing(value)  # type: ignore[name-defined]  # noqa: F821

    error = raised(fail)
    assert "value: " in report(error).text


class Client:
    def __init__(self, secrets: list[str]) -> None:
        self.password, self.name = secrets[0], "anna"

    def __repr__(self) -> str:
        return f"Client({self.password}, {self.name})"


def fail_among_secrets(pick: Any) -> None:
    api_key, token = pick(1), None
    client = Client([pick(0)])
    settings = {"host": "db", "db_password": pick(2), "inner": [{"secret": pick(3)}]}
    raise ValueError(api_key and token, settings and client and f"https://u:{pick(4)}@host/")


def test_what_is_named_as_a_secret_is_not_sent() -> None:
    secrets = ["correct horse", "abcd-efgh", "battery staple", "open sesame", "hunter22"]
    text = report(raised(lambda: fail_among_secrets(secrets.__getitem__))).text.partition(
        "which was called in"
    )[0]
    for secret in secrets:
        assert secret not in text
    assert "api_key: str, not sent: its name says that it is secret" in text
    assert "token: None" in text
    assert "anna" in text
    assert "host" in text


def test_an_error_without_a_traceback_has_its_words() -> None:
    assert report(ValueError("as it is")).text == "ValueError: as it is"
    assert report(KeyError()).text == "KeyError"


def test_library_frames_are_names_and_lines() -> None:
    import json

    error = raised(lambda: json.loads("{"))
    text = report(error).text
    assert "It called libraries, the last of which raised the exception: json, line" in text
    assert "json.decoder" in text
    assert "in fail" not in text


def test_the_users_folders_are_not_told() -> None:
    def fail() -> None:
        raise ValueError

    folder = __file__.rpartition("/tests/")[0]
    assert folder not in report(raised(fail)).text


def test_a_file_in_a_folder_that_is_not_there(tmp_path: Any) -> None:
    (tmp_path / "data").mkdir()
    text = report(raised(lambda: open(tmp_path / "dta" / "x.csv"))).text  # noqa: SIM115, PTH123
    assert "There is no folder" in text
    assert "'data'" in text


def test_a_folder_with_very_many_files_is_bounded(tmp_path: Any) -> None:
    for number in range(3000):
        (tmp_path / f"part-{number}.csv").touch()
    text = report(raised(lambda: (tmp_path / "prt-7.csv").read_text())).text
    assert tokens_of(text) <= FAILURE_TOKENS
    assert "Names like 'prt-7.csv'" in text


def test_attributes_are_compared_without_asking_the_object() -> None:
    class Strange:
        rate = 1

        def __dir__(self) -> Any:
            raise AssertionError("its names were asked for")

    def fail() -> None:
        strange = Strange()
        strange.rte  # type: ignore[attr-defined]  # noqa: B018

    assert "Attributes like 'rte' that there are: 'rate'" in report(raised(fail)).text


def test_versions_are_those_of_what_is_imported() -> None:
    assert list(
        imported_by("import numpy as np, os.path\nfrom pandas.api import types\nfrom . import x")
    ) == [
        "numpy",
        "os",
        "pandas",
    ]
    assert list(imported_by("%matplotlib inline\nimport numpy as np\nx = (")) == ["numpy"]
    told = versions(["numpy", "os", "sklearn", "nowhere", "numpy"])
    assert told.startswith(f"Python {sys.version_info.major}.{sys.version_info.minor}")
    assert told.count("numpy ") == 1
    assert "scikit-learn " in told
    assert "nowhere" not in told


def test_a_plain_key_of_a_dict_is_told_and_a_key_of_a_service_is_not() -> None:
    def look_up(key: str, keys: list[str], tokens: int) -> int:
        table = {"price": 1}
        return table[key] + len(keys) + tokens

    with pytest.raises(KeyError) as caught:
        look_up("pirce", ["price", "city"], 3)
    text = describe_failure(caught.value).text
    assert "'pirce'" in text
    assert "not sent" not in text
    with pytest.raises(KeyError) as caught:
        look_up("k9x7" * 8, ["q7w8e9r1" * 4], 3)
    told = describe_failure(caught.value).text.partition("look_up")[2]
    assert "key: str, not sent" in told
    assert "q7w8e9r1" not in told
