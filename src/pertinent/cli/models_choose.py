"""``pertinent models choose``: which size suits, where to run it, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pertinent.cli.options import Json

if TYPE_CHECKING:
    from pertinent.rerankers.choosing import Advice, Choice
    from pertinent.rerankers.needs import Need


class PriorityChoice(StrEnum):
    """What may matter most."""

    SPEED = "speed"
    BALANCE = "balance"
    ACCURACY = "accuracy"


class WhereChoice(StrEnum):
    """Where texts may go."""

    LOCAL = "local"
    REMOTE = "remote"
    ANY = "any"


class LanguageChoice(StrEnum):
    """What texts are written in."""

    ENGLISH = "english"
    OTHER = "other"
    UNKNOWN = "unknown"


def choose(
    priority: Annotated[PriorityChoice, typer.Option(help="What matters most.")] = PriorityChoice.BALANCE,
    queries_per_second: Annotated[float, typer.Option(help="Mean over the month.")] = 1.0,
    latency_ms: Annotated[float, typer.Option(help="How long reranking one query may take.")] = 2000.0,
    budget: Annotated[
        float | None, typer.Option(help="US dollars a month for a provider's fees; else no limit.")
    ] = None,
    candidates: Annotated[int, typer.Option(help="Passages reranked for each query.")] = 40,
    passage_tokens: Annotated[int, typer.Option(help="Tokens of a passage.")] = 180,
    query_tokens: Annotated[int, typer.Option(help="Tokens of a query.")] = 20,
    where: Annotated[WhereChoice, typer.Option(help="Where texts may go.")] = WhereChoice.ANY,
    language: Annotated[LanguageChoice, typer.Option(help="Language of texts.")] = LanguageChoice.UNKNOWN,
    tflops: Annotated[
        float,
        typer.Option(
            help="Tera-operations/s of this machine: assume 1 for a CPU, 400 for a data-centre GPU."
        ),
    ] = 1.0,
    json: Json = False,
) -> None:
    """Say which reranker and embedder suit a need, where to run them, what they cost, and why."""
    from pertinent.cli.console import print_json
    from pertinent.rerankers.choosing import choose as advise
    from pertinent.rerankers.needs import Need

    advice = advise(
        Need(
            priority=priority.value,
            queries_per_second=queries_per_second,
            latency_ms=latency_ms,
            budget=budget,
            candidates=candidates,
            passage_tokens=passage_tokens,
            query_tokens=query_tokens,
            where=where.value,
            language=language.value,
            tflops=tflops,
        )
    )
    if json:
        print_json(advice.to_dict())
    else:
        _print(advice)


def _print(advice: Advice) -> None:
    from pertinent.cli.console import print_line

    print_line(_summary(advice.need), style="dim")
    if advice.choices:
        best = advice.choices[0]
        print_line(f"\n{_name(best)}", style="bold")
        print_line(f"  {_cost(best)}")
        for reason in best.reasons:
            print_line(f"  + {reason}")
        for caution in best.cautions:
            print_line(f"  ! {caution}")
    else:
        print_line("\nNothing fits, because:", style="bold")
    if len(advice.choices) > 1:
        print_line("\nAlso fits, in this order:", style="bold")
    for choice in advice.choices[1:]:
        print_line(f"  {_name(choice)}: {_cost(choice)}")
    if advice.choices and advice.refused:
        print_line("\nDoes not fit:", style="bold")
    for refused in advice.refused:
        print_line(f"  {_name(refused.choice)}: {refused.because}")
    print_line(f"\n{advice.note}", style="dim")


def _summary(need: Need) -> str:
    return (
        f"{need.queries_per_second:g} queries/s, {need.candidates} passages of {need.passage_tokens} tokens: "
        f"{need.billed_tokens:,} tokens a query at a provider, {need.tokens_per_month / 1e9:,.3g} billion a "
        f"month of 30 days. This machine is taken to give {need.tflops:g} TFLOP/s (--tflops)."
    )


def _name(choice: Choice) -> str:
    what = f"{choice.reranker} behind {choice.embedder}" if choice.reranker else f"{choice.embedder} alone"
    return f"{what}, {'on' if choice.milliseconds is not None else 'at'} {choice.where}"


def _cost(choice: Choice) -> str:
    if choice.milliseconds is not None:
        time = (
            f"{choice.tflop_per_query:,.3g} TFLOP a query, at least {max(1, round(choice.milliseconds)):,} ms"
        )
        return f"no fees; {time} (calculated)"
    if choice.dollars_per_month is None:
        return "price not known"
    return f"${choice.dollars_per_month:,.2f} a month"
