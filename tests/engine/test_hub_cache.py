from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.engine.hub_cache import (
    Repository,
    missing_files,
    model_files,
    shard_names,
    shared_cache,
    size_on_disk,
)
from support.hub_fixtures import own_cache

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HF_HOME": "/a"}, "/a/hub"),
        ({"HF_HOME": "/a", "HF_HUB_CACHE": "/b"}, "/b"),
        ({"HF_HOME": "/a", "HUGGINGFACE_HUB_CACHE": "/c"}, "/c"),
        ({"HF_HOME": "", "XDG_CACHE_HOME": "/d"}, "/d/huggingface/hub"),
        ({"HF_HOME": "", "XDG_CACHE_HOME": "", "HOME": "/e"}, "/e/.cache/huggingface/hub"),
        ({"HF_HOME": "~/f", "HOME": "/e"}, "/e/f/hub"),
        ({"HF_HOME": "$HOME/f", "HOME": "/e"}, "/e/f/hub"),
    ],
)
def test_the_cache_is_where_hugging_faces_tools_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], expected: str
) -> None:
    own_cache(monkeypatch, tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(shared_cache()) == expected


def test_the_layout_is_the_librarys(tmp_path: Path) -> None:
    from huggingface_hub.file_download import repo_folder_name

    repository = Repository("tiny/judge", tmp_path)
    assert repository.folder.name == repo_folder_name(repo_id="tiny/judge", repo_type="model")


def test_a_reference_that_is_no_commit_is_not_followed(tmp_path: Path) -> None:
    repository = Repository("tiny/judge", tmp_path)
    assert repository.commit("main") is None
    assert repository.commit(COMMIT) == COMMIT
    reference = repository.reference("main")
    reference.parent.mkdir(parents=True)
    for content, commit in ((COMMIT, COMMIT), ("../../../etc", None), ("", None), (COMMIT[:-1], None)):
        reference.write_text(content)
        assert repository.commit("main") == commit
    reference.write_bytes(b"\xff")
    assert repository.commit("main") is None


def test_what_a_folder_lacks(tmp_path: Path) -> None:
    assert missing_files(tmp_path) == ("config.json", "tokenizer.json", "model.safetensors")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    assert missing_files(tmp_path) == ("model.safetensors",)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "x-2.safetensors", "b": "x-1.safetensors"}}')
    assert shard_names(index) == missing_files(tmp_path) == ("x-1.safetensors", "x-2.safetensors")
    (tmp_path / "x-1.safetensors").write_bytes(bytes(10))
    (tmp_path / "x-2.safetensors").write_bytes(bytes(20))
    (tmp_path / "other.safetensors").write_bytes(bytes(40))
    assert missing_files(tmp_path) == ()
    assert set(model_files(tmp_path)) == {path.name for path in tmp_path.iterdir()} - {"other.safetensors"}
    assert size_on_disk(tmp_path) == 4 + 30 + index.stat().st_size
    index.write_text("{")
    assert missing_files(tmp_path) == ("the weights that its index names",)
