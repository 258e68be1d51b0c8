"""Published scores of Qwen3-Reranker-0.6B, run where its weights are.

Sources: the test suite of sentence-transformers (raw margins in float32, tolerance 1e-4) and, as a second
source, a pull request of SGLang (probabilities, its instruction with a final full stop).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pertinent import Reranker

QUERY = "Which planet is known as the Red Planet?"
MARGINS = {
    "Venus is often called Earth's twin because of its similar size and proximity.": -3.109297752,
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.": 7.120389938,
    "Jupiter, the largest planet in our solar system, has a prominent red spot.": -0.378754616,
    "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.": 3.541637421,
}
PROBABILITIES = {"法国的首都是巴黎。": 0.79819, "德国的首都是柏林。": 2.03e-4, "香蕉是黄色的水果。": 4.64e-6}
BOUNDS = {("torch", "float32"): 1e-3, ("openvino", "float32"): 1e-3, ("torch", "bfloat16"): 0.3}


@pytest.mark.published("qwen3-reranker-0.6b")
@pytest.mark.parametrize(("engine", "dtype"), BOUNDS)
def test_margins_are_the_published_ones(published_folder: Path, engine: str, dtype: str) -> None:
    reranker = Reranker(published_folder, engine=engine, dtype=dtype, device="cpu", family="qwen3_reranker")
    found = [score.margin for score in reranker.score(QUERY, list(MARGINS))]
    assert found == pytest.approx(list(MARGINS.values()), abs=BOUNDS[engine, dtype])


@pytest.mark.published("qwen3-reranker-0.6b")
def test_int8_keeps_the_published_order(published_folder: Path) -> None:
    reranker = Reranker(published_folder, engine="openvino", dtype="int8", family="qwen3_reranker")
    found = [item.document.text for item in reranker.rank(QUERY, list(MARGINS))]
    assert found == sorted(MARGINS, key=lambda text: -MARGINS[text])


@pytest.mark.published("qwen3-reranker-0.6b-seq-cls")
def test_the_converted_form_gives_the_same_margins(published_folder: Path) -> None:
    reranker = Reranker(published_folder, engine="torch", dtype="float32", device="cpu")
    found = [score.margin for score in reranker.score(QUERY, list(MARGINS))]
    assert found == pytest.approx(list(MARGINS.values()), abs=1e-3)


@pytest.mark.published("qwen3-reranker-0.6b")
def test_chinese_probabilities_are_the_published_ones(published_folder: Path) -> None:
    reranker = Reranker(published_folder, engine="torch", dtype="float32", family="qwen3_reranker")
    instruction = reranker.model.default_instruction + "."
    found = reranker.score("法国首都是哪里？", list(PROBABILITIES), instruction)
    assert [score.probability for score in found] == pytest.approx(list(PROBABILITIES.values()), rel=0.2)
