"""What reranking is worth on a knowledge base: the same questions searched without it and with it.

Both searches are those of the configured pipeline, without its deadline. Counted are hits, which are
passages, as a search shows them. A hit is relevant if its passage belongs to a document, or stands under a
heading, that the question names. As a search shows no more than some passages of one document, the best list
that it could show has no more either; nDCG compares with that list, and ``most`` is what a metric would be
there. What a question names and the collection does not hold counts as not found, and so does what the
threshold leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from pertinent.errors import DataError, ModelError
from pertinent.evaluate.result import PerQuery
from pertinent.evaluate.statistics.measures import measure, parse_metrics
from pertinent.evaluate.statistics.significance import compare, interval
from pertinent.evaluate.task import Task
from pertinent.kb.pipeline import ConfiguredSearch
from pertinent.kb.questions import Question
from pertinent.kb.relevance import Relevant, find_relevant
from pertinent.kb.settings import PipelineSettings
from pertinent.kb.worth import Asked, Evaluation, Gain, Models
from pertinent.search.result import Rerank, SearchResult
from pertinent.types import printable

METRICS = ("P@5", "nDCG@10", "MRR@10")
RESAMPLES, SEED = 10_000, 0
"""Of the bootstrap."""

UNHURRIED = 86_400.0
"""Seconds for one search: what is measured is not cut short."""


def evaluate_questions(
    base: ConfiguredSearch,
    questions: Sequence[Question],
    report: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ask each question without reranking and with it, whether or not the settings enable it.

    Parameters
    ----------
    base : ConfiguredSearch
        What is asked.
    questions : Sequence[Question]
        At least one.
    report : Callable[[int, int], None] | None
        Called with (questions asked, questions in all).

    Raises
    ------
    DataError
        If the collection holds nothing of what the questions name, or was changed meanwhile.
    ModelError
        If a question was not reranked.
    """
    store = base.reader()
    generation = store.manifest.generation
    relevant = find_relevant(store, questions)
    if not any(each.passages for each in relevant.values()):
        named = printable(questions[0].relevant[0][:100])
        raise DataError(
            f"The collection holds none of the documents that the questions name, such as {named!r}.",
            hint="Ids are as searches show them: paths below the folder. Check NAME and the file.",
        )
    base.load(required=True)
    runs: dict[Rerank, dict[str, list[str]]] = {"off": {}, "required": {}}
    models = Models()
    for done, question in enumerate(questions):
        if report:
            report(done, len(questions))
        for rerank, run in runs.items():
            result = _search(base, question, rerank)
            run[question.id] = relevant[question.id].placed(hit.passage for hit in result)
        models.note(result)
    if base.reader().manifest.generation != generation:
        raise DataError(
            "The collection was changed while it was evaluated.",
            hint="Run it again while nothing writes to it; scores of a local reranker are kept.",
        )
    if report:
        report(len(questions), len(questions))
    return _measured(questions, relevant, runs, base.settings, models)


def _search(base: ConfiguredSearch, question: Question, rerank: Rerank) -> SearchResult:
    try:
        return base.search(question.question, rerank=rerank, deadline=UNHURRIED)
    except ModelError as error:
        raise ModelError(
            f"Question {question.id}: {error.message}",
            hint="Correct that, and run it again; scores of a local reranker are kept.",
        ) from error


def _measured(
    questions: Sequence[Question],
    relevant: Mapping[str, Relevant],
    runs: Mapping[Rerank, Mapping[str, list[str]]],
    settings: PipelineSettings,
    models: Models,
) -> Evaluation:
    places = {id: each.places(settings.max_per_file) for id, each in relevant.items()}
    judged = {
        id: dict.fromkeys((*names, *(f"missing {mark}" for mark in relevant[id].missing)), 1)
        for id, names in places.items()
    }
    texts = {question.id: question.question for question in questions}
    task = Task("questions", "test", "retrieval", texts, judged, data_hash="")
    metrics = parse_metrics(METRICS)

    def values_of(lists: Mapping[str, Sequence[str]]) -> PerQuery:
        return measure({id: [(name, 0.0) for name in names] for id, names in lists.items()}, task, metrics)

    without, reranked = values_of(runs["off"]), values_of(runs["required"])
    best = values_of({id: names[: settings.top_k] for id, names in places.items()})
    gains = {m: _gain(without[m], reranked[m], fmean(best[m].values())) for m in METRICS}
    asked = tuple(
        Asked(
            question.id,
            question.question,
            _first(runs["off"][question.id], judged[question.id]),
            _first(runs["required"][question.id], judged[question.id]),
            {m: (without[m][question.id], reranked[m][question.id]) for m in METRICS},
            relevant[question.id].missing,
        )
        for question in questions
    )
    drafted = sum(bool(question.drafted) for question in questions)
    return Evaluation(gains, asked, settings, models, drafted)


def _gain(without: Mapping[str, float], reranked: Mapping[str, float], most: float) -> Gain:
    ways = {"resamples": RESAMPLES, "seed": SEED}
    found = compare("reranked", "without", "", reranked, without, **ways)
    return Gain(
        fmean(without.values()),
        interval(list(without.values()), **ways),
        fmean(reranked.values()),
        interval(list(reranked.values()), **ways),
        found.difference,
        found.interval,
        found.wins,
        found.losses,
        found.ties,
        most,
    )


def _first(names: Sequence[str], judged: Mapping[str, int]) -> int | None:
    return next((rank for rank, name in enumerate(names, start=1) if name in judged), None)
