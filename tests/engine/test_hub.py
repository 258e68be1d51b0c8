"""From a name to a folder: which one is meant, what is asked of the hub, what is used without it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.engine.hub import HubName, fetch_model, is_hub_name
from pertinent.errors import FetchError, ModelError
from pertinent.families.catalogue import PUBLISHED_MODELS
from pertinent.types import ModelInfo
from support.fake_hub import COMMIT, REPOSITORY, FakeHub, digest
from support.hub_fixtures import WEIGHTS, hub

__all__ = ["hub"]
OTHER = "f" * 40
TAKEN = {"config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "model.safetensors"}


def cache(tmp_path: Path) -> Path:
    return tmp_path / "hf" / "hub" / "models--tiny--judge"


def pin(monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    info = ModelInfo(REPOSITORY, revision, "qwen3_reranker", "reranker", 512, 1, "Apache-2.0")
    monkeypatch.setattr("pertinent.families.catalogue.KNOWN_MODELS", (info,))


def test_downloads_what_a_model_needs_and_nothing_else(hub: FakeHub, tmp_path: Path) -> None:
    folder = fetch_model(REPOSITORY)
    assert folder == cache(tmp_path) / "snapshots" / COMMIT
    assert {path.name for path in folder.rglob("*")} == TAKEN
    for name in TAKEN:
        assert (folder / name).read_bytes() == hub.files[name]
        assert (folder / name).readlink() == Path("../../blobs") / digest(name, hub.files[name])
    assert (cache(tmp_path) / "refs" / "main").read_text() == COMMIT
    assert sorted(hub.served("model.safetensors")) == hub.served("model.safetensors")[:1]
    assert not any(hub.served(name) for name in hub.files.keys() - TAKEN if name != "onnx/model.safetensors")


def test_the_library_reads_what_we_wrote(hub: FakeHub, tmp_path: Path) -> None:
    from huggingface_hub import scan_cache_dir, snapshot_download

    folder = fetch_model(REPOSITORY)
    home = tmp_path / "hf" / "hub"
    assert Path(snapshot_download(REPOSITORY, cache_dir=home, local_files_only=True)) == folder
    report = scan_cache_dir(home)
    assert not report.warnings
    assert {revision.commit_hash for repo in report.repos for revision in repo.revisions} == {COMMIT}


def test_a_second_call_asks_for_the_branch_alone(hub: FakeHub) -> None:
    folder = fetch_model(REPOSITORY)
    hub.requests.clear()
    assert fetch_model(REPOSITORY) == folder
    assert [request.path for request in hub.requests] == [f"/api/models/{REPOSITORY}/revision/main"]


def test_a_commit_in_the_cache_needs_no_question(hub: FakeHub) -> None:
    folder = fetch_model(f"{REPOSITORY}@{COMMIT}")
    assert {request.path.split("/")[4] for request in hub.requests[1:]} == {COMMIT}
    hub.requests.clear()
    assert fetch_model(f"{REPOSITORY}@{COMMIT}") == folder
    assert hub.requests == []


def test_a_tag_and_a_pull_request_are_revisions(hub: FakeHub, tmp_path: Path) -> None:
    hub.branches |= {"v1.0": COMMIT, "refs/pr/3": COMMIT}
    assert fetch_model(f"{REPOSITORY}@v1.0") == fetch_model(f"{REPOSITORY}@refs/pr/3")
    assert (cache(tmp_path) / "refs" / "refs" / "pr" / "3").read_text() == COMMIT


def test_a_branch_that_moved_is_followed_and_same_content_is_not_asked_for_again(hub: FakeHub) -> None:
    first = fetch_model(REPOSITORY)
    hub.requests.clear()
    hub.commit, hub.branches = OTHER, {"main": OTHER}
    hub.files["config.json"] = b'{"model_type": "qwen2"}'
    second = fetch_model(REPOSITORY)
    assert (first.name, second.name) == (COMMIT, OTHER)
    assert len(hub.served("config.json")) == 1
    assert not hub.served("model.safetensors")


def test_a_known_model_is_taken_at_its_pinned_commit(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, COMMIT)
    fetch_model(REPOSITORY)
    assert hub.requests[0].path.endswith(f"/revision/{COMMIT}")
    hub.requests.clear()
    fetch_model(REPOSITORY)
    assert hub.requests == []
    fetch_model(f"{REPOSITORY}@main")
    assert hub.requests[0].path.endswith("/revision/main")


def test_pins_are_commits() -> None:
    pins = {info.name: info.revision for info in PUBLISHED_MODELS if info.revision}
    assert len(pins) == 3
    assert all(len(commit) == 40 and set(commit) <= set("0123456789abcdef") for commit in pins.values())


def test_what_the_library_downloaded_is_found_and_checked(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import hf_hub_download

    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        hf_hub_download(REPOSITORY, name, cache_dir=tmp_path / "hf" / "hub", endpoint=hub.endpoint)
    hub.requests.clear()
    folder = fetch_model(f"{REPOSITORY}@{COMMIT}")
    assert hub.requests == []
    assert fetch_model(REPOSITORY, offline=True) == folder
    # the branch is asked for, and what the library did not need is fetched
    fetch_model(REPOSITORY)
    assert not hub.served("model.safetensors")
    assert (folder / "chat_template.jinja").is_file()


@pytest.mark.parametrize("how", ["argument", "setting", "HF_HUB_OFFLINE"])
def test_offline_asks_nobody(hub: FakeHub, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    folder = fetch_model(REPOSITORY)
    hub.requests.clear()
    offline = {"argument": True, "setting": None, "HF_HUB_OFFLINE": False}[how]
    if how != "argument":
        from pertinent.settings import load_settings

        monkeypatch.setenv("PERTINENT_OFFLINE" if how == "setting" else how, "1")
        load_settings.cache_clear()
    assert fetch_model(REPOSITORY, offline=offline) == folder
    with pytest.raises(FetchError, match=r"is not in the cache.*pertinent models fetch tiny/judge@v9"):
        fetch_model(f"{REPOSITORY}@v9", offline=offline)
    assert hub.requests == []


def test_offline_takes_no_half_model(hub: FakeHub) -> None:
    folder = fetch_model(REPOSITORY)
    (folder / "chat_template.jinja").unlink()  # not needed by every model, but the hub listed it
    with pytest.raises(FetchError, match="offline"):
        fetch_model(REPOSITORY, offline=True)
    assert (fetch_model(REPOSITORY) / "chat_template.jinja").is_file()


def test_offline_a_pinned_model_may_be_here_at_another_commit(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = fetch_model(REPOSITORY)
    pin(monkeypatch, OTHER)
    with caplog.at_level(logging.WARNING):
        assert fetch_model(REPOSITORY, offline=True) == folder
    assert "not at its pinned commit" in caplog.text
    with pytest.raises(FetchError):
        fetch_model(f"{REPOSITORY}@{OTHER}", offline=True)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_down_is_told_and_the_cached_one_taken(
    hub: FakeHub, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    folder = fetch_model(REPOSITORY)
    hub.refuse_all = status
    with caplog.at_level(logging.WARNING):
        assert fetch_model(REPOSITORY) == folder
    assert f"HTTP {status}" in caplog.text
    assert COMMIT in caplog.text


def test_no_network(hub: FakeHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    folder = fetch_model(REPOSITORY)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: nobody listens
    with caplog.at_level(logging.WARNING):
        assert fetch_model(REPOSITORY) == folder
    with pytest.raises(FetchError, match=r"127.0.0.1:9 cannot be reached.*HF_ENDPOINT"):
        fetch_model(f"{REPOSITORY}@v9")


def test_a_damaged_file_of_the_cache_is_removed_and_downloaded_again(hub: FakeHub) -> None:
    folder = fetch_model(REPOSITORY)
    blob = (folder / "model.safetensors").resolve()
    blob.write_bytes(WEIGHTS[:-1] + b"x")
    with pytest.raises(FetchError, match=r"model.safetensors of tiny/judge is damaged.*downloads it again"):
        fetch_model(REPOSITORY)
    assert not blob.exists()
    assert not (folder / "model.safetensors").is_symlink()
    assert (fetch_model(REPOSITORY) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_damaged_file_that_the_library_downloaded_is_found_offline(hub: FakeHub, tmp_path: Path) -> None:
    folder = fetch_model(REPOSITORY, records=tmp_path / "records")
    (folder / "config.json").resolve().write_bytes(b"{}")
    with pytest.raises(FetchError, match=r"config\.json"):
        fetch_model(REPOSITORY, offline=True, records=tmp_path / "no-records")


def test_a_link_of_the_users_own_keeps_what_it_leads_to(hub: FakeHub, tmp_path: Path) -> None:
    place = fetch_model(REPOSITORY) / "config.json"
    own = tmp_path / "precious.json"
    own.write_bytes(b"{}")
    place.unlink()
    place.symlink_to(own)
    with pytest.raises(FetchError, match=r"config\.json"):
        fetch_model(REPOSITORY)
    assert own.read_bytes() == b"{}"
    assert fetch_model(REPOSITORY)


def test_files_are_hashed_once(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []

    def counting(real: Callable[..., str]) -> Callable[..., str]:
        return lambda path, **kinds: (hashed.append(path), real(path, **kinds))[1]

    from pertinent.engine import hub_checks

    monkeypatch.setattr(hub_checks, "content_digest", counting(hub_checks.content_digest))
    folder = fetch_model(REPOSITORY)
    assert len(hashed) == len(TAKEN)
    fetch_model(REPOSITORY)
    fetch_model(REPOSITORY, offline=True)
    assert len(hashed) == len(TAKEN)
    os.utime(folder / "config.json", ns=(1, 1))
    fetch_model(REPOSITORY)
    assert len(hashed) == len(TAKEN) + 1


def test_a_cache_that_cannot_be_written_is_read(hub: FakeHub, tmp_path: Path) -> None:
    from support.rights import run_bound_by_permissions

    folder = fetch_model(REPOSITORY)
    (tmp_path / "hf").chmod(0o555)
    for path in (tmp_path / "hf").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    code = (
        "import sys; from pathlib import Path; from pertinent.engine.hub import fetch_model;"
        "print(fetch_model(sys.argv[1], offline=False, records=Path('/proc/none')))"
    )
    try:
        assert run_bound_by_permissions(code, REPOSITORY).strip() == str(folder)
    finally:
        for path in (tmp_path / "hf").rglob("*"):
            path.chmod(0o755)


def test_no_pydantic_where_everything_is_given(hub: FakeHub, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pydantic'] = sys.modules['pydantic_settings'] = None;"
        "from pathlib import Path; from pertinent.engine.hub import fetch_model;"
        "print(fetch_model(sys.argv[1], offline=False, records=Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, REPOSITORY, str(tmp_path / "records")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).name == COMMIT
    assert done.stderr == ""


def test_a_folder_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tiny" / "judge"
    folder.mkdir(parents=True)
    with pytest.raises(ModelError, match=r"holds no config.json"):
        fetch_model(folder)
    (folder / "config.json").write_text("{}")
    assert fetch_model(folder) == fetch_model(str(folder)) == folder
    monkeypatch.chdir(tmp_path)
    assert not is_hub_name(REPOSITORY)  # a path that exists is a path
    assert fetch_model(REPOSITORY) == Path(REPOSITORY)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fetch_model("~/tiny/judge") == folder


@pytest.mark.parametrize(
    "name",
    ["judge", "", "/tiny/judge", "./tiny/judge", "../judge", "tiny/../judge", "tiny/judge/more", "a/b@",
     "a/b@../c", "a/b@-x", "a/b@x..y", "a/b@x//y", "a--b/c", "a/b.git", "a/b-", "a/b c", "a/b\n", "é/b",
     "https://huggingface.co/a/b", "a/" + "b" * 97, "x" * 5000, "~nosuchuser/x", "a/b\0"],
)  # fmt: skip
def test_what_is_no_name_is_told_as_such(name: str) -> None:
    assert not is_hub_name(name)
    with pytest.raises(ModelError, match=r"ORG/NAME@REVISION|holds no config"):
        fetch_model(name)


def test_a_path_object_is_never_a_hub_name() -> None:
    assert not is_hub_name(Path(REPOSITORY))


@pytest.mark.parametrize("info", PUBLISHED_MODELS, ids=lambda info: info.name)
def test_published_models_have_names_of_the_hub(info: ModelInfo) -> None:
    assert HubName.parse(info.name) == HubName(info.name)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_none(text: str) -> None:
    for candidate in (text, f"org/{text}", f"org/name@{text}"):
        name = HubName.parse(candidate)
        if name is not None:
            assert ".." not in candidate
            assert candidate == name.repository + (f"@{name.revision}" if name.revision else "")
