"""Every need gets an answer or a clear no; no answer breaks what was stated."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertinent.rerankers.choosing import THIS_MACHINE, Advice, Choice, choose
from pertinent.rerankers.needs import Need
from pertinent.rerankers.offers import FIRST_STAGE, GUIDE, OFFERS, PRICE_ORIGIN, RESULT_ORIGIN, SIZES

NEEDS = st.builds(
    Need,
    priority=st.sampled_from(["speed", "balance", "accuracy"]),
    queries_per_second=st.floats(1e-6, 1e6),
    latency_ms=st.floats(1, 1e6),
    budget=st.none() | st.floats(0, 1e7),
    candidates=st.integers(1, 1000),
    passage_tokens=st.integers(1, 32_000),
    query_tokens=st.integers(1, 16_000),
    where=st.sampled_from(["local", "remote", "any"]),
    language=st.sampled_from(["english", "other", "unknown"]),
    tflops=st.floats(1e-3, 1e6),
)


def fits(need: Need, choice: Choice) -> bool:
    """What the stated need means, said a second time."""
    local = choice.where == THIS_MACHINE
    if not local:
        assert need.where != "local"
        price = choice.dollars_per_month
        return need.budget is None or (price is not None and price <= need.budget)
    assert need.where != "remote"
    assert choice.milliseconds is not None
    busy = choice.tflop_per_query * need.queries_per_second
    return choice.milliseconds <= need.latency_ms and busy <= need.tflops


@given(need=NEEDS)
def test_every_need_gets_an_answer_or_a_clear_no(need: Need) -> None:
    advice = choose(need)
    ways = [*advice.choices, *(refused.choice for refused in advice.refused)]
    here = 0 if need.where == "remote" else len(SIZES) + 2
    there = 0 if need.where == "local" else len(OFFERS)
    assert len(ways) == here + there > 0
    assert all(fits(need, choice) for choice in advice.choices)
    assert all(refused.because.endswith(".") for refused in advice.refused)
    for choice in advice.choices:
        assert not (choice.size == "carried" and need.language == "other")
        assert choice.embedder
    json.dumps(advice.to_dict(), allow_nan=False)


@given(need=NEEDS, budgets=st.tuples(st.floats(0, 1e7), st.floats(0, 1e7)))
def test_a_smaller_budget_never_gives_a_dearer_choice(need: Need, budgets: tuple[float, float]) -> None:
    less, more = (choose(replace(need, budget=budget)) for budget in sorted(budgets))
    assert set(less.choices) <= set(more.choices)
    if less.choices:
        assert cost(less) <= cost(more)


def cost(advice: Advice) -> float:
    price = advice.choices[0].dollars_per_month
    assert price is not None, "where a budget is stated, a price must be"
    return price


@given(need=NEEDS, faster=st.floats(1, 100))
def test_a_faster_machine_or_more_time_takes_nothing_away(need: Need, faster: float) -> None:
    before = ways(choose(need))
    assert before <= ways(choose(replace(need, tflops=min(1e6, need.tflops * faster))))
    assert before <= ways(choose(replace(need, latency_ms=min(1e7, need.latency_ms * faster))))


def ways(advice: Advice) -> set[tuple[str, str | None, str]]:
    return {(choice.embedder, choice.reranker, choice.where) for choice in advice.choices}


def best(need: Need) -> Choice:
    return choose(need).choices[0]


@pytest.mark.parametrize(("priority", "size"), [("speed", "0.6B"), ("balance", "4B"), ("accuracy", "8B")])
def test_on_a_fast_machine_the_guides_size_runs_here(priority: str, size: str) -> None:
    choice = best(Need(priority, tflops=400))  # type: ignore[arg-type]
    assert (choice.size, choice.where, choice.dollars_per_month) == (size, THIS_MACHINE, 0.0)
    assert choice.reranker == f"Qwen/Qwen3-Reranker-{size}"
    assert choice.embedder == f"Qwen/Qwen3-Embedding-{size}"
    assert any(GUIDE in reason for reason in choice.reasons)
    assert any(RESULT_ORIGIN in reason for reason in choice.reasons)


def test_english_on_a_cpu_without_a_download_is_the_carried_pair() -> None:
    choice = best(Need(where="local", language="english"))
    assert (choice.reranker, choice.embedder) == ("pertinent-mini-reranker", "pertinent-mini-embedder")
    assert any("nothing to download" in reason for reason in choice.reasons)
    assert choose(Need(where="local", language="other")).choices[0].reranker is None


def test_where_no_time_is_left_the_embedder_answers_alone() -> None:
    advice = choose(Need(latency_ms=50))
    assert {choice.reranker for choice in advice.choices} == {None}
    assert "while one types" in advice.note


def test_what_8b_and_06b_are_not_best_at_is_told() -> None:
    eight = best(Need("accuracy", tflops=400))
    assert any(
        "69.76 against 69.02" in caution and "14.84 against 8.05" in caution for caution in eight.cautions
    )
    assert best(Need("accuracy", language="english", tflops=400)).size == "4B"
    small = best(Need("speed", tflops=400))
    assert any(f"73.42 against {FIRST_STAGE['MTEB-Code']}" in caution for caution in small.cautions)


def test_prices_carry_their_origin_and_a_doubtful_provider_comes_last() -> None:
    choices = choose(Need("accuracy", where="remote", budget=1e6)).choices
    assert [choice.where for choice in choices[:3]] == ["DeepInfra", "Fireworks", "SiliconFlow"]
    for choice in choices:
        assert any(PRICE_ORIGIN in caution for caution in choice.cautions)
        if choice.where == "SiliconFlow":
            assert any("403" in caution for caution in choice.cautions)


def test_an_unknown_price_fits_no_stated_budget() -> None:
    unknown = [c for c in choose(Need(where="remote")).choices if c.dollars_per_month is None]
    assert [(choice.size, choice.where) for choice in unknown] == [("4B", "DeepInfra")]
    refused = choose(Need(where="remote", budget=1e9)).refused
    assert ["not known" in way.because for way in refused] == [True]


def test_nothing_fits_and_why() -> None:
    advice = choose(Need(where="remote", budget=0))
    assert advice.choices == ()
    assert all("$" in way.because or "not known" in way.because for way in advice.refused)
    tight = choose(Need(where="local", latency_ms=1, tflops=0.001))
    assert tight.choices == ()
    assert all("TFLOP" in way.because for way in tight.refused)


def test_long_passages_are_told() -> None:
    for passage, size, told in ((600, "carried", "several"), (32_000, "4B", "ends are not read")):
        need = Need(passage_tokens=passage, query_tokens=1000, tflops=1e6)
        choice = next(c for c in choose(need).choices if c.size == size and c.reranker)
        assert any(told in caution for caution in choice.cautions)
