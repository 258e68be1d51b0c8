"""What speaks for a size and what to mind of it, each with its origin."""

from __future__ import annotations

from pertinent.rerankers.needs import BERT_SPECIAL_TOKENS, HIGH_VOLUME, PROMPT_TOKENS, Need
from pertinent.rerankers.offers import (
    CARRIED,
    FIRST_STAGE,
    GUIDE,
    PRICE_ORIGIN,
    RESULT_ORIGIN,
    SIZES,
    Offer,
    Size,
)

WITHOUT_RERANKER = (
    "The embedder alone is often enough to find duplicates or similar items, where queries look like the "
    "documents (questions asked often, a catalogue), and where an answer must come while one types. A "
    "reranker pays where questions are complex, texts are mixed in kind and length, or a wrong hit does "
    f"harm, as in medicine ({GUIDE})."
)


def reasons(need: Need, size: Size) -> tuple[str, ...]:
    """What speaks for a size.

    Examples
    --------
    >>> reasons(Need("speed"), SIZES[1])[0]
    "Speed and low cost: 0.6B (DeepInfra's guide to two-stage search)."
    """
    found = [_place_in_guide(need, size)]
    if size is CARRIED:
        found.append("It travels in the package: nothing to download, and it runs on a CPU.")
    else:
        told = ", ".join(
            f"{name} {value:.2f}" + (f" (first stage {FIRST_STAGE[name]:.2f})" if name == "MTEB-R" else "")
            for name, value in size.results.items()
        )
        found.append(f"Published results: {told} ({RESULT_ORIGIN}).")
    found.append(f"{size.embedder} belongs to it: embedder and reranker of one family.")
    return tuple(reason for reason in found if reason)


def _place_in_guide(need: Need, size: Size) -> str:
    if size is CARRIED:
        return ""
    if need.queries_per_second > HIGH_VOLUME:
        told = f"More than {HIGH_VOLUME:,.0f} queries per second: 0.6B"
    elif need.order[0] == "4B" and need.priority == "accuracy":
        return "Highest accuracy in English: 4B, by the published results below." if size.name == "4B" else ""
    else:
        told = {
            "speed": "Speed and low cost: 0.6B",
            "balance": "Balance: 4B",
            "accuracy": "Highest accuracy: 8B",
        }[need.priority]
    return f"{told} ({GUIDE})." if told.endswith(size.name) else ""


def cautions(need: Need, size: Size, offer: Offer | None) -> tuple[str, ...]:
    """What to mind of a size here, or as a provider sells it.

    Examples
    --------
    >>> cautions(Need(), SIZES[0], None)[0]
    'It was trained on English web text: of other languages its scores mean little.'
    """
    found = []
    by_name = {known.name: known for known in SIZES}
    if size is CARRIED:
        found.append("It was trained on English web text: of other languages its scores mean little.")
        found.append("It reads no instruction.")
    if size.name == "0.6B":
        found.append(
            f"On code it is below its own first stage: MTEB-Code {_result(size, 'MTEB-Code')} against "
            f"{FIRST_STAGE['MTEB-Code']:.2f}."
        )
    if size.name == "8B":
        four = by_name["4B"]
        found.append(
            f"It is not best everywhere: 4B is above it on MTEB-R ({_result(four, 'MTEB-R')} against "
            f"{_result(size, 'MTEB-R')}) and FollowIR ({_result(four, 'FollowIR')} against "
            f"{_result(size, 'FollowIR')})."
        )
    found.append(_window_caution(need, size))
    found += _provider_cautions(offer) if offer else _local_cautions(size)
    return tuple(caution for caution in found if caution)


def lone_embedder_cautions(size: Size) -> tuple[str, ...]:
    """What to mind where no reranker is asked."""
    alone = "No reranker is asked: hits that are only alike are not told from those that answer."
    return (alone, "It was trained on English web text.") if size is CARRIED else (alone,)


def _result(size: Size, benchmark: str) -> str:
    return f"{size.results[benchmark]:.2f}"


def _window_caution(need: Need, size: Size) -> str:
    beside = BERT_SPECIAL_TOKENS if size is CARRIED else PROMPT_TOKENS
    if need.query_tokens + need.passage_tokens + beside <= size.window:
        return ""
    if size is CARRIED:
        return f"Passages exceed its window of {size.window} tokens: it reads them in several, and longer."
    return f"Passages exceed its window of {size.window:,} tokens: their ends are not read."


def _local_cautions(size: Size) -> tuple[str, ...]:
    found = ["The time is a calculated lower bound: measure it with `pertinent models check`."]
    if size is not CARRIED:
        found.append(
            f"Reranker and embedder are {size.weights * 2 / 1e9:.1f} GB in bfloat16, half of it in int8 "
            "(calculated: two bytes or one for each weight)."
        )
    return tuple(found)


def _provider_cautions(offer: Offer) -> tuple[str, ...]:
    price = (
        f"{offer.provider}'s price is not known here."
        if offer.dollars is None
        else f"${offer.dollars:g} for a million tokens, {PRICE_ORIGIN}."
    )
    return (
        *((f"Do not count on it: {offer.doubt}.",) if offer.doubt else ()),
        price,
        "Fees of the embedder come on top. Whether a provider counts the prompt's own tokens is not known: "
        "they are counted here.",
        "No time is published: measure it. Texts leave your machine.",
    )
