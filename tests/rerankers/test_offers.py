"""Facts that can be checked against each other, are."""

from __future__ import annotations

from pertinent.families.catalogue import known_model
from pertinent.rerankers.offers import FIRST_STAGE, OFFERS, SIZES


def test_every_size_is_a_known_pair_of_one_family() -> None:
    for size in SIZES:
        reranker, embedder = known_model(size.reranker), known_model(size.embedder)
        assert reranker is not None
        assert embedder is not None
        assert (reranker.kind, embedder.kind) == ("reranker", "embedder")
        assert size.window == reranker.max_tokens
        assert size.weights == reranker.parameters + embedder.parameters
        assert 0 < size.multiplied < reranker.parameters
        assert 0 < size.embedder_multiplied <= embedder.parameters
        if size.name in reranker.name:
            assert size.name in embedder.name


def test_sizes_are_in_order_and_have_the_same_benchmarks() -> None:
    assert [size.multiplied for size in SIZES] == sorted(size.multiplied for size in SIZES)
    for size in SIZES[1:]:
        assert size.results.keys() == FIRST_STAGE.keys()


def test_offers_are_of_sizes_and_have_sensible_prices() -> None:
    names = {size.name for size in SIZES}
    for offer in OFFERS:
        assert offer.size in names
        assert offer.dollars is None or 0 < offer.dollars < 1
    assert len({(offer.provider, offer.size) for offer in OFFERS}) == len(OFFERS)
