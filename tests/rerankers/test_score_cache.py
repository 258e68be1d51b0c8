"""The file of scores: equal to the last bit, shared, bounded, and never in the way."""

from __future__ import annotations

import math
import os
import random
import sqlite3
import stat
import struct
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.rerankers import score_cache
from pertinent.rerankers.score_cache import ScoreCache
from pertinent.types import ModelInfo, Score

MODEL = ModelInfo("m", "1", "fake", "reranker", 512, 1, "MIT")
ONE = Score.from_margin(0.1, MODEL, engine="torch", dtype="float32", query_cut=3, document_cut=4, windows=2)


@pytest.fixture
def cache(tmp_path: Path) -> ScoreCache:
    return ScoreCache(tmp_path / "deep" / "folder" / "scores.sqlite")


def rows(cache: ScoreCache) -> int:
    with closing(sqlite3.connect(cache.file)) as connection:
        return int(connection.execute("SELECT count(*) FROM scores").fetchone()[0])


def change(cache: ScoreCache, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(cache.file)) as connection, connection:
        connection.execute(statement, values)


def test_what_is_kept_is_found_by_whoever_comes_next(cache: ScoreCache) -> None:
    cache.keep({b"a": ONE, b"b": replace(ONE, margin=-2.5)})
    found = ScoreCache(cache.file).find([b"b", b"c", b"a"], MODEL)
    assert found == {b"a": ONE, b"b": replace(ONE, margin=-2.5)}
    assert stat.S_IMODE(cache.file.stat().st_mode) == 0o600


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
@settings(max_examples=25)
def test_numbers_come_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, margins: list[float]
) -> None:
    cache = ScoreCache(tmp_path_factory.mktemp("cache") / "scores.sqlite")
    kept = {f"{n}".encode(): Score.from_margin(margin, MODEL) for n, margin in enumerate(margins)}
    cache.keep(kept)
    found = cache.find(list(kept), MODEL)
    assert found == kept
    for key, score in kept.items():
        assert struct.pack("<d", found[key].margin) == struct.pack("<d", score.margin)
        assert struct.pack("<d", found[key].probability) == struct.pack("<d", score.probability)


@pytest.mark.parametrize(
    "score", [replace(ONE, margin=math.nan), replace(ONE, margin=math.inf), replace(ONE, exact=False)]
)
def test_estimates_and_what_is_no_number_are_not_kept(cache: ScoreCache, score: Score) -> None:
    cache.keep({b"a": score, b"b": ONE})
    assert cache.find([b"a", b"b"], MODEL) == {b"b": ONE}
    cache.keep({b"a": score})
    assert rows(cache) == 1


def test_any_number_of_keys_is_found(cache: ScoreCache) -> None:
    kept = {n.to_bytes(4, "little"): replace(ONE, margin=float(n)) for n in range(2500)}
    cache.keep(kept)
    assert cache.find(list(kept), MODEL) == kept


def test_the_longest_unused_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ScoreCache(tmp_path / "scores.sqlite", max_rows=20)
    now = 1_000_000
    monkeypatch.setattr(score_cache.time, "time", lambda: now)
    for n in range(20):
        now += 2 * score_cache.USE_SECONDS
        cache.keep({bytes([n]): ONE})
    now += 2 * score_cache.USE_SECONDS
    assert len(cache.find([b"\x00", b"\x01"], MODEL)) == 2  # used again: the newest now
    cache.keep({bytes([20]): ONE})
    left = {key[0] for key in cache.find([bytes([n]) for n in range(21)], MODEL)}
    assert left == {0, 1, *range(5, 21)}


def test_more_than_fit_at_once_stay_bounded(tmp_path: Path) -> None:
    cache = ScoreCache(tmp_path / "scores.sqlite", max_rows=50)
    cache.keep({n.to_bytes(4, "little"): ONE for n in range(500)})
    assert rows(cache) == 45


def test_reading_again_soon_writes_nothing(cache: ScoreCache, caplog: pytest.LogCaptureFixture) -> None:
    cache.keep({b"a": ONE})
    with closing(sqlite3.connect(cache.file)) as other:
        other.execute("BEGIN IMMEDIATE")  # a write would wait for this one, and fail
        assert cache.find([b"a"], MODEL) == {b"a": ONE}
    assert not caplog.records


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE scores SET score = replace(score, '0.1', '0.2')",
        "UPDATE scores SET key = x'62'",
        "UPDATE scores SET score = x'ff00'",
        "UPDATE scores SET score = CAST(x'ff' AS TEXT)",
        "UPDATE scores SET checksum = 'x'",
        "UPDATE scores SET used = 'x'",
        "DROP TABLE scores",
    ],
)
def test_a_damaged_row_is_no_score(cache: ScoreCache, damage: str) -> None:
    cache.keep({b"a": ONE})
    change(cache, damage)
    assert cache.find([b"a", b"b"], MODEL) in ({}, {b"a": ONE} if "used" in damage else {})
    cache.keep({b"a": ONE})


@pytest.mark.parametrize("seed", range(8))
def test_a_file_damaged_anywhere_gives_right_scores_or_none(cache: ScoreCache, seed: int) -> None:
    kept = {n.to_bytes(32, "little"): replace(ONE, margin=n / 7) for n in range(400)}
    cache.keep(kept)
    content = bytearray(cache.file.read_bytes())
    generator = random.Random(seed)
    for _ in range(200):
        content[generator.randrange(len(content))] = generator.randrange(256)
    cache.file.write_bytes(content)
    fresh = ScoreCache(cache.file)
    assert fresh.find(list(kept), MODEL).items() <= kept.items()
    fresh.keep(kept)


def test_a_file_that_is_no_database_is_told_once_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database at all, but somebody's notes" * 100)
    before = file.read_bytes()
    cache = ScoreCache(file)
    monkeypatch.setattr(score_cache, "PAUSE_SECONDS", -1.0)
    for _ in range(3):
        assert cache.find([b"a"], MODEL) == {}
        cache.keep({b"a": ONE})
    assert file.read_bytes() == before
    assert len(caplog.records) == 1
    assert "notes.txt" in caplog.text


def test_another_programs_database_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE scores (key, score, checksum, used)")
    before = file.read_bytes()
    cache = ScoreCache(file)
    cache.keep({b"a": ONE})
    assert cache.find([b"a"], MODEL) == {}
    assert file.read_bytes() == before
    assert "another program's" in caplog.text


def test_a_folder_in_its_place_is_no_fault_of_the_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for place in (tmp_path, tmp_path / "file" / "scores.sqlite"):
        (tmp_path / "file").write_text("x")
        cache = ScoreCache(place)
        cache.keep({b"a": ONE})
        assert cache.find([b"a"], MODEL) == {}
    assert len(caplog.records) == 2


def test_a_locked_file_is_waited_for_once_and_tried_again_later(
    cache: ScoreCache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_cache, "WAIT_SECONDS", 0.05)
    cache.keep({b"a": ONE})
    with closing(sqlite3.connect(cache.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        cache.keep({b"b": ONE})
        assert "cannot be used" in caplog.text
        monkeypatch.setattr(score_cache, "WAIT_SECONDS", 1e9)
        cache.keep({b"b": ONE})  # would hang, were it tried now
        assert cache.find([b"a"], MODEL) == {}
    monkeypatch.setattr(score_cache.time, "monotonic", lambda: math.inf)
    cache.keep({b"b": ONE})
    assert len(cache.find([b"a", b"b"], MODEL)) == 2


def test_a_file_deleted_meanwhile_is_made_anew(cache: ScoreCache) -> None:
    cache.keep({b"a": ONE})
    cache.file.unlink()
    assert cache.find([b"a"], MODEL) == {}
    cache.keep({b"b": ONE})
    assert cache.find([b"b"], MODEL) == {b"b": ONE}


def test_a_file_that_another_process_is_just_making_is_ours(
    cache: ScoreCache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one makes the table between our two looks at the file."""
    connect = sqlite3.connect

    class Between(sqlite3.Connection):
        def execute(self, asked: str, *more: Any) -> sqlite3.Cursor:
            if asked.startswith("SELECT count(*) FROM sqlite_master"):
                with closing(connect(cache.file, timeout=0)) as other, suppress(sqlite3.OperationalError):
                    other.execute("CREATE TABLE scores (key)")
                    other.execute(f"PRAGMA application_id = {score_cache.APPLICATION}")
                    other.commit()
            return super().execute(asked, *more)

    monkeypatch.setattr(
        score_cache.sqlite3, "connect", lambda file, **options: connect(file, factory=Between, **options)
    )
    cache.find([b"a"], MODEL)
    assert "another program" not in caplog.text


WRITER = """
import sys
from pathlib import Path
from pertinent.rerankers.score_cache import ScoreCache
from pertinent.types import ModelInfo, Score
model = ModelInfo("m", "1", "fake", "reranker", 512, 1, "MIT")
cache = ScoreCache(Path(sys.argv[1]))
mine = int(sys.argv[2])
for n in range(60):
    score = Score.from_margin(mine + n / 3, model)
    cache.keep({b"%d-%d" % (mine, n): score, b"both": score})
    cache.find([b"both"], model)
"""


def test_processes_and_threads_write_side_by_side(
    cache: ScoreCache, caplog: pytest.LogCaptureFixture
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, cache.file, str(mine)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for mine in (1, 2)
    ]
    threads = [
        Thread(target=lambda mine=mine: [cache.keep({b"%d-%d" % (mine, n): ONE}) for n in range(60)])
        for mine in (3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in processes:
        _, told = process.communicate(timeout=60)
        assert (process.returncode, told) == (0, "")
    keys = [b"%d-%d" % (mine, n) for mine in (1, 2, 3, 4) for n in range(60)]
    assert len(cache.find([*keys, b"both"], MODEL)) == 241
    assert not caplog.records
