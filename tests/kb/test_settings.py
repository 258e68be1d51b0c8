from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pertinent.errors import SettingsError
from pertinent.kb.settings import PipelineSettings, load_pipeline_settings
from pertinent.settings import KNOWLEDGE_BASES, Settings, load_settings

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_defaults_are_those_of_the_pipeline() -> None:
    settings = load_pipeline_settings()
    assert (settings.rerank_enabled, settings.rerank_model) == (True, ("pertinent-mini-reranker",))
    assert (settings.top_k, settings.candidate_multiplier, settings.max_per_file) == (10, 4, 3)
    assert (settings.rrf_k, settings.rerank_threshold, settings.deadline) == (60, None, 20.0)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_name_with_the_prefix_wins_over_the_plain_one(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_PER_FILE", "5")
    assert load_pipeline_settings().max_per_file == 5
    load_pipeline_settings.cache_clear()
    if where == "environment":
        monkeypatch.setenv("PERTINENT_MAX_PER_FILE", "2")
    else:
        Path(".env").write_text("PERTINENT_MAX_PER_FILE=2\nMAX_PER_FILE=4\n")
    assert load_pipeline_settings().max_per_file == 2


def test_the_environment_wins_over_the_file_and_that_over_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pertinent.toml").write_text("top_k = 3\ncandidate_multiplier = 5\nrerank_enabled = false\n")
    Path(".env").write_text("TOP_K=4\nCANDIDATE_MULTIPLIER=6\nOTHER_PROGRAM=1\n")
    monkeypatch.setenv("TOP_K", "7")
    settings = load_pipeline_settings()
    assert (settings.top_k, settings.candidate_multiplier, settings.rerank_enabled) == (7, 6, False)


def test_the_file_of_settings_has_every_name_of_the_pipeline() -> None:
    values = {
        "rerank_enabled": False,
        "rerank_model": ["fireworks:", "pertinent-mini-reranker"],
        "embedding_model": "pertinent-mini-embedder",
        "top_k": 3,
        "candidate_multiplier": 5,
        "max_per_file": 2,
        "rrf_k": 7,
        "rerank_threshold": 0.5,
        "rerank_deadline_ms": 900,
        "mcp_collections": "notes,papers",
    }
    Path("pertinent.toml").write_text("\n".join(f"{name} = {json.dumps(values[name])}" for name in values))
    assert values.keys() == PipelineSettings.model_fields.keys()
    expected = values | {
        "rerank_model": ("fireworks:", "pertinent-mini-reranker"),
        "mcp_collections": ("notes", "papers"),
    }
    assert load_pipeline_settings().model_dump() == expected
    assert load_settings().top_k == 3  # and others are not hindered by the rest


@pytest.mark.parametrize("name", ["rerank_models", "RERANK_MODEL", "Rrf_K"])
def test_other_names_in_the_file_are_refused(name: str) -> None:
    Path("pertinent.toml").write_text(f'{name} = "x"\n')
    with pytest.raises(SettingsError, match=name):
        load_pipeline_settings()


def test_plain_names_change_nothing_for_other_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PipelineSettings.model_fields:
        monkeypatch.setenv(name.upper(), "false" if name == "rerank_enabled" else "7")
    Path(".env").write_text("TOP_K=5\nRERANK_ENABLED=false\n")
    before = {name: field.default for name, field in Settings.model_fields.items() if name != "home"}
    after = load_settings().model_dump(exclude={"home"})
    assert {name: after[name] for name in ("top_k", "candidate_multiplier", "rerank_enabled")} == {
        name: before[name] for name in ("top_k", "candidate_multiplier", "rerank_enabled")
    }


def test_a_chain_is_read_in_its_order() -> None:
    Path(".env").write_text(
        "RERANK_MODEL= deepinfra:Qwen/Qwen3-Reranker-8B, fireworks:x ,pertinent-mini-reranker\n"
    )
    names = ("deepinfra:Qwen/Qwen3-Reranker-8B", "fireworks:x", "pertinent-mini-reranker")
    assert load_pipeline_settings().rerank_model == names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOP_K", "0"),
        ("TOP_K", "many"),
        ("CANDIDATE_MULTIPLIER", "1000"),
        ("MAX_PER_FILE", "0"),
        ("RRF_K", "0"),
        ("RERANK_THRESHOLD", "1.5"),
        ("RERANK_DEADLINE_MS", "0"),
        ("RERANK_ENABLED", "perhaps"),
        ("RERANK_MODEL", "a,a"),
        ("RERANK_MODEL", ","),
        ("PERTINENT_RERANK_MODEL", "a,b,c,d,e,f,g,h,i"),
    ],
)
def test_a_value_that_is_not_valid_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name.removeprefix("PERTINENT_").lower()) as caught:
        load_pipeline_settings()
    assert value not in caught.value.message or len(value) < 2


def test_a_name_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTINENT_RERANK_MODELS", "x")
    with pytest.raises(SettingsError, match="PERTINENT_RERANK_MODELS"):
        load_pipeline_settings()


def test_the_list_of_names_of_knowledge_bases_is_complete() -> None:
    own = PipelineSettings.model_fields.keys() - Settings.model_fields.keys()
    assert {name.upper() for name in own} == KNOWLEDGE_BASES


def test_the_table_in_the_docs_is_that_of_the_code() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|$", PAGE.read_text("utf-8"), re.MULTILINE))
    expected = {}
    for name, field in PipelineSettings.model_fields.items():
        default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
        shown = default if isinstance(default, str) else json.dumps(default)
        expected[name.upper()] = (
            f"{field.description} | {f'`{shown}`' if default not in ('', None) else 'none'}"
        )
    assert rows == expected
