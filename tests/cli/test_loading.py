from __future__ import annotations

import io

import pytest
from rich.console import Console

from pertinent.cli import console, loading
from pertinent.types import Progress


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    shown = Console(file=stream, force_terminal=True, width=100)
    monkeypatch.setattr(console, "errors", lambda: shown)
    monkeypatch.setattr(loading, "errors", lambda: shown)
    return stream


def test_a_bar_counts_megabytes(terminal: io.StringIO) -> None:
    with loading.download_progress() as progress:
        progress(0, 2_000_000)
        progress(2_000_000, 2_000_000)
    assert "Downloading" in terminal.getvalue()
    assert "2 of 2 MB" in terminal.getvalue()


def test_nothing_shows_where_nothing_is_downloaded(terminal: io.StringIO) -> None:
    with loading.download_progress():
        pass
    assert "Downloading" not in terminal.getvalue()


def test_an_interruption_says_that_it_can_go_on(terminal: io.StringIO) -> None:
    def interrupted() -> None:
        with loading.download_progress(quiet=True) as progress:
            progress(1, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "the same command goes on" in terminal.getvalue()


def test_a_conversion_shows_layers(terminal: io.StringIO) -> None:
    class Convertible:
        def load(self, *, progress: Progress) -> None:
            progress(1, 28)
            progress(28, 28)

    loading.load_model(Convertible())
    assert "Converting" in terminal.getvalue()
    assert "28 of 28 layers" in terminal.getvalue()
    loading.load_model(object())
