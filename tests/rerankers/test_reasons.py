from __future__ import annotations

import pytest

from pertinent.rerankers.needs import Need
from pertinent.rerankers.offers import CARRIED, OFFERS, PRICE_ORIGIN, SIZES, Offer
from pertinent.rerankers.reasons import cautions, lone_embedder_cautions, reasons

SIZE = {size.name: size for size in SIZES}


@pytest.mark.parametrize(
    ("need", "size", "told"),
    [
        (Need("speed"), "0.6B", True),
        (Need("balance"), "4B", True),
        (Need("accuracy"), "8B", True),
        (Need("accuracy", queries_per_second=5000.0), "0.6B", True),
        (Need("accuracy", queries_per_second=5000.0), "8B", False),
        (Need("accuracy", language="english"), "4B", True),
        (Need("speed"), "8B", False),
    ],
)
def test_the_guides_word_is_told_of_the_size_that_it_names(need: Need, size: str, told: bool) -> None:
    first = reasons(need, SIZE[size])[0]
    assert first.startswith("Published results") is not told


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_every_size_says_what_speaks_for_it_and_what_to_mind(size: object) -> None:
    assert all(reason.endswith(".") for reason in reasons(Need(), size))  # type: ignore[arg-type]
    assert cautions(Need(), size, None)  # type: ignore[arg-type]


def test_passages_beyond_the_window_are_told() -> None:
    def told(size: str, tokens: int, query: int = 20) -> bool:
        need = Need(passage_tokens=tokens, query_tokens=query)
        return any("exceed its window" in one for one in cautions(need, SIZE[size], None))

    assert told(CARRIED.name, 600)
    assert not told(CARRIED.name, 300)
    assert told("4B", 32_000, query=1_000)
    assert not told("4B", 600)


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: f"{offer.provider} {offer.dollars}")
def test_of_a_provider_the_price_and_its_origin_are_told(offer: Offer) -> None:
    told = " ".join(cautions(Need(), SIZE["4B"], offer))
    assert (PRICE_ORIGIN in told) is (offer.dollars is not None)
    assert "Texts leave your machine" in told
    assert "no client of providers" not in told, "there is one: docs/providers-client.md"


def test_without_a_reranker_that_is_said() -> None:
    assert len(lone_embedder_cautions(CARRIED)) == 2
    assert len(lone_embedder_cautions(SIZE["8B"])) == 1
