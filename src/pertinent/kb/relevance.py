"""Which passages of a collection answer a question: those of the documents and headings that it names.

Passages are known by their content, because a search shows one of those that have the same: where a file
lies there twice, its copy answers as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pertinent.kb.questions import Question
from pertinent.search.fusion import content_key
from pertinent.store.protocol import Store
from pertinent.types import Passage


@dataclass(frozen=True, slots=True)
class Relevant:
    """What is to be found for one question.

    Parameters
    ----------
    passages : Mapping[str, str]
        Content of each relevant passage, as ``content_key`` has it, and its document.
    missing : tuple[str, ...]
        What the question names and the collection does not hold.
    """

    passages: Mapping[str, str]
    missing: tuple[str, ...] = ()

    def places(self, at_most: int) -> tuple[str, ...]:
        """Names for the places in a list that relevant passages can take.

        Of each document there are as many as it has relevant passages, but no more than a search shows of
        one document.
        """
        counts = Counter(self.passages.values())
        return tuple(
            _place(document, number)
            for document, count in counts.items()
            for number in range(1, min(at_most, count) + 1)
        )

    def placed(self, passages: Iterable[Passage]) -> list[str]:
        """Names of the places that these passages take, in their order; of others, their ids.

        Examples
        --------
        >>> salt, moon, sky = (Passage(id, "", id) for id in ("salt", "moon", "sky"))
        >>> relevant = Relevant({content_key(each): "sea.md" for each in (salt, moon)})
        >>> relevant.placed([moon, sky])
        ['1 of sea.md', 'sky']
        >>> relevant.places(3)
        ('1 of sea.md', '2 of sea.md')
        """
        counts: Counter[str] = Counter()
        names = []
        for passage in passages:
            document = self.passages.get(content_key(passage))
            if document is None:
                names.append(passage.id)
            else:
                counts[document] += 1
                names.append(_place(document, counts[document]))
        return names


def find_relevant(store: Store, questions: Sequence[Question]) -> dict[str, Relevant]:
    """Look up what the questions name.

    Parameters
    ----------
    store : Store
        The collection.
    questions : Sequence[Question]
        What is asked.

    Returns
    -------
    dict[str, Relevant]
        By id of the question.
    """
    named = {mark for question in questions for mark in question.relevant}
    ids = {id for mark in named for id, _ in _readings(mark)}
    held = {document.id: document.passage_ids for document in store.documents() if document.id in ids}
    found = {mark: _passages(store, held, mark) for mark in named}
    return {
        question.id: Relevant(
            {passage: document for mark in question.relevant for passage, document in found[mark]},
            tuple(mark for mark in question.relevant if not found[mark]),
        )
        for question in questions
    }


def _place(document: str, number: int) -> str:
    return f"{number} of {document}"


def _readings(mark: str) -> Iterator[tuple[str, str]]:
    """Each way to read a mark as document and heading, the longest id first: both may hold ``#``."""
    yield mark, ""
    end = mark.rfind("#")
    while end > 0:
        yield mark[:end], mark[end + 1 :]
        end = mark.rfind("#", 0, end)


def _passages(store: Store, held: Mapping[str, tuple[str, ...]], mark: str) -> list[tuple[str, str]]:
    """Contents of a mark's passages with their document; none where there is no such document or heading."""
    for id, heading in _readings(mark):
        if id not in held:
            continue
        there = store.passages(held[id])
        if heading:
            wanted = _folded(heading)
            there = [each for each in there if wanted in map(_folded, each.headings)]
        if there:
            return [(content_key(each), id) for each in there]
    return []


def _folded(heading: str) -> str:
    return " ".join(heading.split()).casefold()
