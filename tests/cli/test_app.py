from __future__ import annotations

import pytest

from pertinent.cli import app
from support.command import Run


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("demo", "index", "search", "rerank", "collections", "models"):
        assert command in done.stdout


def test_version(run: Run) -> None:
    assert run("--version").stdout.startswith("pertinent 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("search",),
        ("search", "x", "y", "--top-k", "zero"),
        ("rerank", "q", "--threshold", "2"),
    ],
)
def test_wrong_usage_exits_with_2_and_prints_nothing_on_stdout(run: Run, arguments) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_wrong_settings_exit_with_2(run: Run) -> None:
    done = run("collections", PERTINENT_TOP_K="none")
    assert done.returncode == 2
    assert "top_k" in done.stderr


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def broken() -> None:
        raise error

    monkeypatch.setattr(app, "app", broken)
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(str(ended.value.code))


def test_a_fault_of_our_own_keeps_texts_to_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail_with(monkeypatch, ValueError("text of a patient")) == 1
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "patient" not in told
