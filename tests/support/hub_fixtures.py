"""Fixtures around the fake hub: a fresh cache, and no waiting between tries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from support.fake_hub import FakeHub, running_hub

WEIGHTS = random.Random(3).randbytes(40_000)
CHUNK = 1000
_OTHERS = (
    "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
)  # fmt: skip


def tiny_repository() -> dict[str, bytes]:
    """Files of a model, and files that nobody should ask for."""
    return {
        "config.json": b'{"model_type": "qwen3"}',
        "tokenizer.json": b'{"model": {}}',
        "tokenizer_config.json": b"{}",
        "chat_template.jinja": b"{{ messages }}",
        "model.safetensors": WEIGHTS,
        "pytorch_model.bin": b"pickle",
        "modeling.py": b"raise SystemExit",
        "onnx/model.safetensors": b"another",
        "README.md": b"# Judge",
    }


def own_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Keep the shared cache of the person who runs the tests out of it."""
    for name in _OTHERS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(folder / "hf"))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with one tiny model, and an empty shared cache."""
    own_cache(monkeypatch, tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", CHUNK)
    monkeypatch.setattr("huggingface_hub.file_download.time", SimpleNamespace(sleep=lambda _: None))
    with running_hub(tiny_repository()) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub
