"""Downloading: interrupted and gone on with, damaged, refused, too large, out of space."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pertinent.engine import hub_download
from pertinent.engine.hub import fetch_model
from pertinent.errors import FetchError
from support.fake_hub import COMMIT, REPOSITORY, FakeHub, digest
from support.hub_fixtures import CHUNK, WEIGHTS, hub

__all__ = ["hub"]
SHARDS = {"model-00001-of-00002.safetensors": b"one" * 500, "model-00002-of-00002.safetensors": b"two" * 700}
INDEX = (
    b'{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors", '
    b'"b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}'
)


def blobs(tmp_path: Path) -> Path:
    return tmp_path / "hf" / "hub" / "models--tiny--judge" / "blobs"


def part(tmp_path: Path) -> Path:
    return blobs(tmp_path) / (digest("model.safetensors", WEIGHTS) + ".incomplete")


def small_bytes(hub: FakeHub) -> int:
    taken = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    return sum(len(hub.files[name]) for name in taken)


def test_a_cut_connection_is_taken_up_where_it_was_cut(hub: FakeHub) -> None:
    hub.cuts = [len(WEIGHTS), 5500, 7500]  # tokenizer.json is whole, then the weights break off twice
    folder = fetch_model(REPOSITORY)
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    starts = [request.start for request in hub.served("model.safetensors")]
    assert starts == [0, 5500 // CHUNK * CHUNK, 5000 + 7500 // CHUNK * CHUNK]


def test_the_next_call_goes_on_where_the_last_one_stopped(hub: FakeHub, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def interrupt(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= 25 * CHUNK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_model(REPOSITORY, progress=interrupt)
    kept = part(tmp_path).stat().st_size
    assert 20 * CHUNK <= kept < 26 * CHUNK
    seen.clear()
    fetch_model(REPOSITORY, progress=lambda done, total: seen.append((done, total)))
    assert [request.start for request in hub.served("model.safetensors")] == [0, kept]
    assert not part(tmp_path).exists()
    # what is here already is no longer to be done; the end is the whole, and it never goes back
    assert seen[0][0] == kept
    assert seen[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert seen == sorted(seen)


def test_a_killed_process_leaves_what_another_goes_on_with(hub: FakeHub, tmp_path: Path) -> None:
    chunk = 10 << 20  # the library's own: the process is not patched
    hub.files["model.safetensors"] = weights = bytes(chunk + 9000)
    hub.stall_after = chunk + 5000
    command = [sys.executable, "-c", f"from pertinent.engine.hub import *; fetch_model({REPOSITORY!r})"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert hub.stalled.wait(60)
        kept = blobs(tmp_path) / (digest("model.safetensors", weights) + ".incomplete")
        deadline = time.monotonic() + 30
        while not (kept.exists() and kept.stat().st_size >= chunk) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.communicate() == (b"", b"")
    hub.stall_after = None
    hub.sent = 0
    folder = fetch_model(REPOSITORY)
    assert (folder / "model.safetensors").read_bytes() == weights
    assert [request.start for request in hub.served("model.safetensors")] == [0, chunk]
    assert hub.sent == len(weights) - chunk


def test_a_hub_without_ranges_sends_all_again(hub: FakeHub, tmp_path: Path) -> None:
    blobs(tmp_path).mkdir(parents=True)
    part(tmp_path).write_bytes(WEIGHTS[:9000])
    hub.ignore_ranges = True
    assert (fetch_model(REPOSITORY) / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("left", [WEIGHTS, WEIGHTS + b"more"], ids=["whole", "too long"])
def test_a_part_that_is_all_or_too_much(hub: FakeHub, tmp_path: Path, left: bytes) -> None:
    blobs(tmp_path).mkdir(parents=True)
    part(tmp_path).write_bytes(left)
    assert (fetch_model(REPOSITORY) / "model.safetensors").read_bytes() == WEIGHTS
    assert len(hub.served("model.safetensors")) == (0 if left == WEIGHTS else 1)


def test_a_wrong_part_is_found_and_thrown_away(hub: FakeHub, tmp_path: Path) -> None:
    blobs(tmp_path).mkdir(parents=True)
    part(tmp_path).write_bytes(bytes(9000))
    with pytest.raises(FetchError, match="arrived damaged"):
        fetch_model(REPOSITORY)
    assert not part(tmp_path).exists()
    assert (fetch_model(REPOSITORY) / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_damaged_download_never_enters_the_cache(hub: FakeHub, tmp_path: Path, name: str) -> None:
    hub.damaged = {name}
    with pytest.raises(FetchError, match=rf"{name} of tiny/judge arrived damaged.*try again"):
        fetch_model(REPOSITORY)
    assert not list(blobs(tmp_path).glob(digest(name, hub.files[name]) + "*"))
    hub.damaged = set()
    assert (fetch_model(REPOSITORY) / name).read_bytes() == hub.files[name]


def test_a_file_without_end_is_stopped(hub: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hub.listing = {"siblings": [*hub.describe()["siblings"]]}
    hub.files["model.safetensors"] = WEIGHTS * 2
    with pytest.raises(FetchError, match="longer than the hub says"):
        fetch_model(REPOSITORY)
    assert part(tmp_path).stat().st_size <= len(WEIGHTS)


def test_shards_are_those_that_the_index_names(hub: FakeHub) -> None:
    del hub.files["model.safetensors"]
    hub.files |= {**SHARDS, "model.safetensors.index.json": INDEX, "consolidated.safetensors": b"all"}
    folder = fetch_model(REPOSITORY)
    assert {path.name for path in folder.glob("*.safetensors*")} == {*SHARDS, "model.safetensors.index.json"}
    assert not hub.served("consolidated.safetensors")
    assert fetch_model(REPOSITORY, offline=True) == folder
    (folder / next(iter(SHARDS))).unlink()
    with pytest.raises(FetchError):
        fetch_model(REPOSITORY, offline=True)


@pytest.mark.parametrize(
    "index", [b"{", b"[]", b'{"weight_map": {}}', b'{"weight_map": {"a": "../../x.safetensors"}}',
              b'{"weight_map": {"a": "model.bin"}}', b'{"weight_map": ["a"]}'],
)  # fmt: skip
def test_an_index_that_names_no_weights_beside_it(hub: FakeHub, index: bytes) -> None:
    hub.files["model.safetensors.index.json"] = index
    with pytest.raises(FetchError, match="names no weights beside it"):
        fetch_model(REPOSITORY)


def test_an_index_whose_weights_are_not_there(hub: FakeHub) -> None:
    hub.files["model.safetensors.index.json"] = INDEX
    with pytest.raises(FetchError, match=r"has no model-00001-of-00002.safetensors"):
        fetch_model(REPOSITORY)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_repository_that_lacks_something(hub: FakeHub, name: str, tmp_path: Path) -> None:
    del hub.files[name]
    with pytest.raises(FetchError, match=rf"has no {name}.*safetensors with a tokenizer.json"):
        fetch_model(REPOSITORY)
    assert hub.sent == 0


def test_several_at_once_download_once(hub: FakeHub) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(fetch_model, [REPOSITORY] * 8))
    assert len(folders) == 1
    assert len(hub.served("model.safetensors")) == 1
    assert hub.sent == len(WEIGHTS) + small_bytes(hub)
    assert not list(folders.pop().glob(".*"))


def test_a_file_system_without_links_gets_copies(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refused)
    place = fetch_model(REPOSITORY) / "model.safetensors"
    assert place.read_bytes() == WEIGHTS
    assert not place.is_symlink()
    assert fetch_model(REPOSITORY, offline=True) == place.parent
    place.write_bytes(WEIGHTS[1:])
    with pytest.raises(FetchError, match="is damaged"):
        fetch_model(REPOSITORY, offline=True)


def test_two_files_of_one_content_are_one_blob(hub: FakeHub) -> None:
    hub.files["tokenizer_config.json"] = hub.files["config.json"]
    folder = fetch_model(REPOSITORY)
    assert (folder / "config.json").resolve() == (folder / "tokenizer_config.json").resolve()


def test_large_files_come_from_elsewhere_without_the_token(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.cdn = True
    hub.cuts = [len(WEIGHTS), 5500]
    fetch_model(REPOSITORY)
    assert {(r.authorized, r.port == hub.ports[0]) for r in hub.requests} == {(True, True), (False, False)}
    assert [r.start for r in hub.served("model.safetensors") if r.port == hub.ports[1]] == [0, 5000]


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (404, "RepoNotFound", r"has no model tiny/judge.*Check the name.*HF_TOKEN"),
        (401, "", r"does not open tiny/judge \(HTTP 401\).*HF_TOKEN"),
        (401, "RepoNotFound", r"does not open tiny/judge.*private model looks like a missing one"),
        (403, "", r"does not open tiny/judge \(HTTP 403\).*HF_TOKEN"),
        (403, "GatedRepo", r"tiny/judge is gated.*accept conditions.*HF_TOKEN"),
        (401, "GatedRepo", r"tiny/judge is gated"),
        (404, "RevisionNotFound", r"has no revision main.*Leave @REVISION away"),
        (400, "", r"refused to serve tiny/judge \(HTTP 400\)"),
        (503, "", r"cannot serve tiny/judge now \(HTTP 503\).*goes on from there"),
    ],
)
@pytest.mark.parametrize("where", ["listing", "files"])
def test_a_refusal_is_told_without_the_token(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, status: int, code: str, says: str, where: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.error_code = code
    if where == "listing":
        hub.refuse_all = status
    else:
        hub.refuse_files = status
        says = says.replace("main", COMMIT)
    with pytest.raises(FetchError, match=says) as caught:
        fetch_model(REPOSITORY)
    assert "hf_secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_token_that_no_header_can_carry_is_not_repeated(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_sécret")
    with pytest.raises(FetchError, match="HF_TOKEN") as caught:
        fetch_model(REPOSITORY)
    assert "hf_s" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_unknown_repository_and_revision(hub: FakeHub) -> None:
    with pytest.raises(FetchError, match="has no model tiny/other"):
        fetch_model("tiny/other")
    with pytest.raises(FetchError, match="has no revision v9"):
        fetch_model(f"{REPOSITORY}@v9")


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(hub_download.shutil, "disk_usage", lambda _: usage(1, 1, 64 << 20))
    with pytest.raises(FetchError, match=r"needs 0.0 GB more.*HF_HOME"):
        fetch_model(REPOSITORY)
    assert hub.sent == 0


def test_a_disk_that_fills_up_meanwhile_keeps_what_arrived(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub_download.os, "fsync", full)
    with pytest.raises(FetchError, match=r"The disk is full.*is kept"):
        fetch_model(REPOSITORY)
    monkeypatch.undo()


def test_a_cache_that_cannot_be_made(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", "/dev/null")
    with pytest.raises(FetchError, match=r"cache of models cannot be used \(Not a directory\).*HF_HOME"):
        fetch_model(REPOSITORY)


def test_a_transfer_that_ends_early_again_and_again(hub: FakeHub, tmp_path: Path) -> None:
    hub.cuts = [len(WEIGHTS), 3500, *([0] * 6)]
    with pytest.raises(FetchError, match=r"cannot be reached.*goes on from there"):
        fetch_model(REPOSITORY)
    assert part(tmp_path).stat().st_size == 3000
