"""A language model that is asked for queries, over HTTP, with everything that can go wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pertinent.errors import FetchError, UsageError
from pertinent.train.data_config import ProviderConfig
from pertinent.train.provider import (
    LONGEST_WAIT,
    MOST_ANSWER_BYTES,
    MOST_PASSAGE_CHARS,
    MOST_REFUSED,
    ProviderWriter,
    queries_of,
)
from support.fake_provider import FakeProvider, completion, fake_provider

SECRET = "sk-very-secret"
PASSAGE = "Metformin lowers glucose."


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("WRITER_KEY", SECRET)
    with fake_provider() as running:
        yield running


def written(
    provider: FakeProvider, *passages: str, waits: list[float] | None = None, **more: Any
) -> list[list[str]]:
    settings = {"address": provider.address, "model": "writer", "timeout": 5.0} | more
    wait = ([] if waits is None else waits).append
    with ProviderWriter(ProviderConfig.model_validate(settings), wait) as writer:
        return [writer(passage) for passage in passages or (PASSAGE,)]


def test_a_passage_is_asked_about_as_openai_is_asked(provider: FakeProvider) -> None:
    provider.write = lambda passage: "1. what lowers glucose?\n2. metformin effect\n"
    assert written(provider, queries=2, temperature=0.1, max_tokens=99) == [
        ["what lowers glucose?", "metformin effect"]
    ]
    assert provider.paths == ["/v1/chat/completions"]
    assert provider.keys == [None]
    (asked,) = provider.requests
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("writer", 0.1, 99)
    system, user = asked["messages"]
    assert "Write 2 different queries" in system["content"]
    assert (user["role"], user["content"]) == ("user", PASSAGE)


def test_the_key_comes_from_the_environment(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    written(provider, key_variable="WRITER_KEY")
    assert provider.keys == [f"Bearer {SECRET}"]
    for value in ("", "  ", "schlüssel", "two\nlines"):
        monkeypatch.setenv("WRITER_KEY", value)
        with pytest.raises(UsageError, match="WRITER_KEY holds no key"):
            written(provider, key_variable="WRITER_KEY")


def test_long_passages_are_cut_and_half_characters_are_sent(provider: FakeProvider) -> None:
    provider.write = lambda passage: "one?"
    assert written(provider, "long " * MOST_PASSAGE_CHARS, "half \ud83d") == [["one?"], ["one?"]]
    assert len(provider.passages[0]) == MOST_PASSAGE_CHARS


def test_a_busy_server_is_asked_again(provider: FakeProvider) -> None:
    waits: list[float] = []
    provider.faults = [
        (503, b"", {}),
        (429, b"", {"Retry-After": "7"}),
        (0, b"", {}),
        (500, b"", {"Retry-After": "100000"}),
    ]
    assert written(provider, waits=waits) == [["what about Metformin?"]]
    assert waits == [1.0, 7.0, 4.0, LONGEST_WAIT]


def test_it_is_not_asked_for_ever(provider: FakeProvider) -> None:
    provider.faults = [(503, PASSAGE.encode(), {})] * 9
    with pytest.raises(FetchError, match=r"asked 3 times and did not answer .HTTP 503") as caught:
        written(provider, attempts=3, key_variable="WRITER_KEY")
    assert len(provider.requests) == 3
    assert SECRET not in str(caught.value)
    assert PASSAGE not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "the key"), (403, "the key"), (404, "no such model"), (302, "redirections"), (402, "402")],
)
def test_what_asking_again_does_not_help(provider: FakeProvider, status: int, told: str) -> None:
    provider.faults = [(status, b"", {"Location": provider.address})] * 2
    with pytest.raises(FetchError, match=told):
        written(provider)
    assert len(provider.requests) == 1


def test_a_passage_that_is_refused_is_passed_over(provider: FakeProvider) -> None:
    refused = (400, b"", {})
    provider.faults = [refused] * (MOST_REFUSED - 1)
    found = written(provider, *(f"passage{n} text" for n in range(MOST_REFUSED)))
    assert found == [[]] * (MOST_REFUSED - 1) + [["what about passage4?"]]
    provider.faults = [refused] * MOST_REFUSED
    with pytest.raises(FetchError, match="5 passages in a row"):
        written(provider, *(f"passage{n} text" for n in range(MOST_REFUSED)))


def test_nobody_is_there() -> None:
    settings = {"address": "http://127.0.0.1:9/v1", "model": "writer", "attempts": 1, "timeout": 1}
    with (
        ProviderWriter(ProviderConfig.model_validate(settings)) as writer,
        pytest.raises(FetchError, match=r"asked once and did not answer .ConnectError"),
    ):
        writer(PASSAGE)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:99999/v1", f"http://{'a' * 64}.example/v1", "http://a..b/v1"]
)
def test_what_only_looks_like_an_address(address: str) -> None:
    settings = {"address": address, "model": "writer", "attempts": 1, "timeout": 1}
    with (
        ProviderWriter(ProviderConfig.model_validate(settings)) as writer,
        pytest.raises((UsageError, FetchError)),
    ):
        writer(PASSAGE)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_PROXY", "gopher://me:secret@proxy"),
        ("HTTP_PROXY", "socks5://me:secret@proxy:1"),
        ("ALL_PROXY", "http://me:secret@proxy:port"),
        ("SSL_CERT_FILE", "no-such-file"),
    ],
)
def test_surroundings_in_which_nothing_can_be_asked(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match="proxy or the certificates") as caught:
        written(provider)
    assert "secret" not in str(caught.value)


def test_an_answer_that_drips_is_left(provider: FakeProvider) -> None:
    provider.drip = 0.05
    with pytest.raises(FetchError, match="ReadTimeout"):
        written(provider, timeout=0.3, attempts=1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Please log in</html>",
        b"[]",
        b'{"choices": []}',
        b'{"choices": [{"message": "text"}]}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b"[" * 100_000,
        b"\xff",
        b" " * (MOST_ANSWER_BYTES + 1) + completion("one?"),
    ],
)
def test_answers_of_something_else(provider: FakeProvider, body: bytes) -> None:
    provider.faults = [(200, body, {})]
    with pytest.raises(FetchError, match="as OpenAI's chat completions do"):
        written(provider)


def test_a_model_that_says_nothing_or_not_all(provider: FakeProvider) -> None:
    provider.faults = [(200, completion(None), {}), (200, completion("one?\ntw", "length"), {})]
    assert written(provider, "a", "b") == [[], ["one?"]]


@pytest.mark.parametrize(
    ("answer", "queries"),
    [
        ("", []),
        ("Sure, here they are:\n\n* one?\n• two", ["one?", "two"]),
        ("<think>\nmaybe one?\n</think>\n\none?", ["one?"]),
        ("<think> it never ended", []),
        ('1) "one?"\n12. “two”\n5-HT receptors', ["one?", "two", "5-HT receptors"]),
        ("1.5 mg of what?", ["1.5 mg of what?"]),
        ("検索:\n糖尿病とは？", ["糖尿病とは？"]),
    ],
)
def test_lines_become_queries(answer: str, queries: list[str]) -> None:
    assert queries_of(answer) == queries
