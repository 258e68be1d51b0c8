"""Where tests find outside data, and the bound on how many may be skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says nothing about it on a busy machine. In CI the same examples come every time;
# elsewhere new ones do.
settings.register_profile("pertinent", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("pertinent")


def _folder(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: it names the folder of {what}")
    folder = Path(value)
    if not folder.is_dir():
        pytest.skip(f"{variable} names no folder: {what} are not here")
    return folder


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real collections, or skip."""
    return _folder("PERTINENT_DATA", "real collections")


@pytest.fixture(scope="session")
def weights_folder() -> Path:
    """Published weights, or skip."""
    return _folder("PERTINENT_WEIGHTS", "published weights")


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings and collections of the person who runs it."""
    from pertinent.settings import load_settings

    for name in os.environ:
        if name.startswith("PERTINENT_") and name not in ("PERTINENT_DATA", "PERTINENT_WEIGHTS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PERTINENT_HOME", str(tmp_path_factory.mktemp("home")))
    load_settings.cache_clear()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail when more tests were skipped than the committed number."""
    limit = os.environ.get("PERTINENT_MAX_SKIPS")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if limit is None or reporter is None:
        return
    skipped = len(reporter.stats.get("skipped", []))
    if skipped > int(limit):
        reporter.write_line(f"{skipped} tests were skipped; at most {limit} may be", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
