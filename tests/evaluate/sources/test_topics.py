from __future__ import annotations

from pathlib import Path

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources.topics import read_topics
from support.judged_sets import write_lines

CLASSIC = """
<top>
<num> Number: 051
<dom> Domain: Trade
<title> Topic:  Harbours
and tides

<desc> Description:
Not read, <title> is said once more.
</top>
<TOP>
<num>MB2</num>
<title>Bees</title>
</TOP>
"""


@pytest.mark.parametrize(
    ("name", "content", "topics"),
    [
        ("topics.txt", CLASSIC, {"51": "Harbours and tides", "MB2": "Bees"}),
        ("topics.tsv", "7\tWhat is\ta bee?\n\n3\tWhy\n", {"7": "What is\ta bee?", "3": "Why"}),
        ("topics.jsonl", '{"qid": 7, "query": " Why? "}\n', {"7": "Why?"}),
    ],
)
def test_layouts(tmp_path: Path, name: str, content: str, topics: dict[str, str]) -> None:
    assert list(read_topics(write_lines(tmp_path / name, content)).items()) == list(topics.items())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<top><num> 1 <desc> x", "topic 1: there is no text"),
        ("<top><title> x", "topic 1: there is no _id"),
        ("<top><num>1<title>x<top><num>01<title>y", "topic 2: a query with this id stands further up"),
        ("7 What is it?", "line 1: there is no tab"),
        ("7\t \n", "line 1: there is no text"),
    ],
)
def test_broken_topics(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        read_topics(write_lines(tmp_path / "topics.txt", content))
