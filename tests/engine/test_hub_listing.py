"""What a hub must not be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent.engine import hub_listing
from pertinent.engine.hub_cache import Repository
from pertinent.engine.hub_listing import RemoteFile, read_listing
from pertinent.errors import FetchError
from support.fake_hub import COMMIT, REPOSITORY, FakeHub, digest
from support.hub_fixtures import WEIGHTS, hub

__all__ = ["hub"]
CONFIG = {"rfilename": "config.json", "size": 2, "blobId": "a" * 40}


def test_says_size_and_checksum_of_each_file(hub: FakeHub, tmp_path: Path) -> None:
    listing = read_listing(Repository(REPOSITORY, tmp_path), "main")
    assert listing.commit == COMMIT
    assert listing.files["model.safetensors"] == RemoteFile(
        "model.safetensors", len(WEIGHTS), digest("model.safetensors", WEIGHTS)
    )
    assert len(listing.files["config.json"].digest) == 40
    assert not {"pytorch_model.bin", "modeling.py", "onnx/model.safetensors"} & listing.files.keys()


@pytest.mark.parametrize(
    "name",
    ["../config.json", "a/../../model.safetensors", "/etc/model.safetensors", "..", "", "a\\..\\config.json",
     "config\n.json", "\0"],
)  # fmt: skip
def test_names_that_lead_out_of_the_folder_are_refused(hub: FakeHub, tmp_path: Path, name: str) -> None:
    hub.listing = {"siblings": [CONFIG, {**CONFIG, "rfilename": name}]}
    with pytest.raises(FetchError, match="leads out of its folder"):
        read_listing(Repository(REPOSITORY, tmp_path), "main")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"blobId": "../../x"}, "neither size nor checksum of config.json"),
        ({"blobId": None}, "neither size nor checksum"),
        ({"size": "2"}, "neither size nor checksum"),
        ({"size": None}, "neither size nor checksum"),
        ({"size": -1}, "too large"),
        ({"size": 1 << 40}, r"too large \(1,099,511,627,776 bytes\)"),
        ({"rfilename": "model.safetensors", "size": 51 * 10**9}, "too large"),
    ],
)
def test_sizes_and_checksums_are_not_believed(
    hub: FakeHub, tmp_path: Path, entry: dict[str, Any], says: str
) -> None:
    hub.listing = {"siblings": [{**CONFIG, **entry}]}
    with pytest.raises(FetchError, match=says):
        read_listing(Repository(REPOSITORY, tmp_path), "main")


def test_too_many_files(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_listing, "MAX_LISTED", 3)
    with pytest.raises(FetchError, match="more than 3 files"):
        read_listing(Repository(REPOSITORY, tmp_path), "main")


@pytest.mark.parametrize(
    "answer",
    [b"<html>please log in</html>", b"[]", b"{}", b"null", b'{"id": "a", "sha": "../x", "siblings": []}',
     b'{"id": "a", "sha": null}', b'{"id": "a", "siblings": [{}]}', b'{"id": "a", "siblings": 3}', b"\xff"],
)  # fmt: skip
def test_what_is_no_hub_is_told_as_such(hub: FakeHub, tmp_path: Path, answer: bytes) -> None:
    hub.raw_listing = answer
    with pytest.raises(FetchError, match=r"does not answer as a Hugging Face hub.*login page"):
        read_listing(Repository(REPOSITORY, tmp_path), "main")


def test_an_endpoint_that_is_no_address(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in ("ftp://127.0.0.1", "nonsense", "http://[", "http://127.0.0.1:99999"):
        monkeypatch.setenv("HF_ENDPOINT", wrong)
        with pytest.raises(FetchError, match="HF_ENDPOINT"):
            read_listing(Repository(REPOSITORY, tmp_path), "main")
