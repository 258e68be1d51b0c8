"""Where tests find outside data, and the bound on how many may be skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Most models here are tiny, and threads would only wait for each other; torch reads it when imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from support import published

# How long an example takes says nothing about it on a busy machine. In CI the same examples come every time;
# elsewhere new ones do.
settings.register_profile("pertinent", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("pertinent")

ABSENT = pytest.StashKey[list[str]]()
"""Names of published weights that marked tests want and that are not here."""


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


@pytest.fixture
def published_folder(request: pytest.FixtureRequest) -> Path:
    """The weights that the test's mark names."""
    folder = published.folder_of(request.node.get_closest_marker(published.MARK).args[0])
    assert folder is not None, "tests without their weights are not collected"
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", f"{published.MARK}(name): needs these published weights")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out golden tests of published weights that are not here."""
    config.stash[ABSENT] = published.leave_out_absent(config, items)


def pytest_report_collectionfinish(config: pytest.Config) -> str | None:
    """Say which weights were missed."""
    absent = config.stash.get(ABSENT, [])
    return f"golden tests left out for want of published weights: {', '.join(absent)}" if absent else None


@pytest.fixture(scope="session", autouse=True)
def _float32() -> Iterator[None]:
    """Every CPU gives the same numbers; bfloat16 would bring random weights to other orders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pertinent.engine.openvino_engine._float_type", lambda: "f32")
        yield


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings and collections of the person who runs it."""
    from pertinent.settings import load_settings

    for name in os.environ:
        if name.startswith("PERTINENT_") and name not in ("PERTINENT_DATA", "PERTINENT_WEIGHTS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PERTINENT_HOME", str(tmp_path_factory.mktemp("home")))
    load_settings.cache_clear()


@pytest.fixture
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No pertinent.toml and no .env but those that a test writes."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
