from __future__ import annotations

import json
from pathlib import Path

import pytest

from pertinent import Reranker
from support.command import Run
from support.small_task import small_beir
from support.tiny_bert import save_base, tiny_weights

CONFIG = """
folder = "work"
data = [{ path = "small", split = "test" }]
student = { kind = "cross_encoder", base = "tiny", max_tokens = 32 }
distil = { steps = 1, queries = 2, passages = 2, losses = [{ name = "info_nce" }] }
export = { name = "tiny-reranker" }
"""


@pytest.fixture
def places(tmp_path: Path) -> tuple[str, ...]:
    small_beir(tmp_path / "data" / "small")
    # OpenVINO 2026.4 computes wrongly in bfloat16 with several streams where a model is narrower than 64.
    save_base(tmp_path / "weights" / "tiny", tiny_weights(hidden=64, wide=128, positions=512))
    (tmp_path / "train.toml").write_text(CONFIG, "utf-8")
    return "train.toml", "--data", "data", "--weights", "weights", "--device", "cpu"


def test_a_model_that_opens(run: Run, places: tuple[str, ...], tmp_path: Path) -> None:
    done = run("train", *places, "--json")
    assert done.returncode == 0, done.stderr
    made = Path(tmp_path, json.loads(done.stdout)["made"])
    assert Reranker(made).model.name == "tiny-reranker"


def test_a_dry_run_tells_and_makes_nothing(run: Run, places: tuple[str, ...], tmp_path: Path) -> None:
    done = run("train", *places, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "Stages: examples, distil, export" in done.stdout
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("folder = ", "no TOML"),
        ('folder = "x"', "student"),
        (CONFIG + "\nspeed = 3", "speed"),
        (CONFIG.replace("info_nce", "magic"), "losses"),
        (CONFIG.replace('"tiny"', '"other"'), "other"),
    ],
)
def test_a_wrong_configuration_is_one_clear_message(
    run: Run, places: tuple[str, ...], tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "train.toml").write_text(text, "utf-8")
    done = run("train", *places)
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
