"""Options are checked when they are stated; threads come from the settings where a call names none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pertinent import settings
from pertinent.engine import causal_model, openvino_causal, torch_engine
from pertinent.engine.causal_model import EngineOptions
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.errors import UsageError
from support.tiny_models import tiny_model


@pytest.mark.parametrize(
    "option",
    [
        {"engine": "vllm"},
        {"engine": None},
        {"device": None},
        {"dtype": 8},
        {"batch_tokens": 0},
        {"batch_tokens": "512"},
        {"threads": -1},
        {"threads": 1025},
        {"threads": "2"},
    ],
)
def test_what_makes_no_sense_is_refused_at_once(option: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(option))):
        EngineOptions(**option)


@pytest.mark.parametrize(("engine", "kind"), [("torch", "TorchEngine"), ("openvino", "OpenVinoCausalEngine")])
@pytest.mark.parametrize(("asked", "taken"), [(0, 3), (2, 2)])
def test_threads_are_the_calls_else_the_settings(
    engine: Any, kind: str, asked: int, taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model(tmp_path, layers=1)
    monkeypatch.setenv("PERTINENT_THREADS", "3")
    settings.load_settings.cache_clear()
    found: list[int] = []
    for module in (torch_engine, openvino_causal):
        monkeypatch.setattr(module, kind, lambda *_, threads, **__: found.append(threads), raising=False)
    try:
        causal_model._make_engine(open_checkpoint(tmp_path), None, EngineOptions(engine, threads=asked), None)
    finally:
        settings.load_settings.cache_clear()
    assert found == [taken]


@pytest.mark.parametrize(
    ("option", "installed", "gpu", "chosen"),
    [
        ({}, {"torch", "openvino"}, False, "openvino"),
        ({}, {"torch", "openvino"}, True, "torch"),
        ({}, {"torch"}, False, "torch"),
        ({}, {"openvino"}, True, "openvino"),
        ({"dtype": "int8"}, {"torch", "openvino"}, True, "openvino"),
        ({"dtype": "float16"}, {"torch", "openvino"}, False, "torch"),
        ({"dtype": "bfloat16"}, {"torch", "openvino"}, False, "torch"),
        ({"dtype": "bfloat16"}, {"openvino"}, False, "openvino"),
        ({"device": "cpu"}, {"torch", "openvino"}, True, "openvino"),
        ({"device": "cuda:1"}, {"torch", "openvino"}, True, "torch"),
        ({"engine": "torch", "dtype": "int8"}, {"torch", "openvino"}, False, "torch"),
    ],
)
def test_auto_takes_an_engine_that_can_do_what_is_asked(
    option: dict[str, Any], installed: set[str], gpu: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causal_model, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setattr(causal_model, "_has_gpu", lambda: gpu)
    assert causal_model._choose(EngineOptions(**option)) == chosen


@pytest.mark.parametrize(
    ("option", "missing"), [({"dtype": "int8"}, "openvino"), ({"device": "cuda"}, "torch")]
)
def test_what_is_asked_for_and_not_installed_is_named(
    option: dict[str, Any], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causal_model, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(UsageError, match=f"needs {missing}"):
        causal_model._choose(EngineOptions(**option))
