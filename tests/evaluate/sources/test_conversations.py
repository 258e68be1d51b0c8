from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pertinent.errors import DataError
from pertinent.evaluate.sources.conversations import Conversation, Turn, read_conversations
from support.judged_sets import locomo_sample, realtalk_chat, write_lines


def read(folder: Path, value: object) -> list[Conversation]:
    return list(read_conversations(write_lines(folder / "my chat.json", json.dumps(value))))


def test_locomo(tmp_path: Path) -> None:
    (conversation,) = read(tmp_path, locomo_sample())
    assert conversation.name == "conv-1"
    assert conversation.turns == (
        Turn("D1:1", "Ada: Hello there.", "1:56 pm on 8 May, 2023"),
        Turn("D1:2", "Bo: [picture: a red boat]", "1:56 pm on 8 May, 2023"),
        Turn("D2:1", "Ada: I sold it. [picture: a bill]", "9 May, 2023"),
        Turn("D10:1", "", ""),
    )
    assert [question.type for question in conversation.questions] == ["multi-hop", "temporal", "adversarial"]


def test_realtalk(tmp_path: Path) -> None:
    (conversation,) = read(tmp_path, realtalk_chat())
    assert conversation.name == "my_chat"
    assert conversation.turns == (Turn("D1:1", "Ada: Hello there.", "22:42 on 29 December, 2023"),)
    assert [question.type for question in conversation.questions] == ["commonsense", "other"]


def test_a_list_of_samples(tmp_path: Path) -> None:
    nameless = locomo_sample()
    del nameless["sample_id"]
    assert [found.name for found in read(tmp_path, [locomo_sample(), nameless])] == ["conv-1", "my_chat-2"]


@pytest.mark.parametrize(
    ("evidence", "found", "lost"),
    [
        (["D1:1", "D2:1"], ("D1:1", "D2:1"), 0),
        (["D1:2; D2:1"], ("D1:2", "D2:1"), 0),
        (["D1:1. D2:01"], ("D1:1", "D2:1"), 0),
        (["D:2:1", "D1;2"], ("D2:1", "D1:2"), 0),
        (["D1:1", "D1:1"], ("D1:1",), 0),
        (["D1:9", "D2:1"], ("D2:1",), 1),
        (["D", "", 7, None, ["D1:1"]], (), 5),
        ("D1:1", ("D1:1",), 0),
        (None, (), 1),
        ([], (), 0),
    ],
)
def test_evidence(tmp_path: Path, evidence: object, found: tuple[str, ...], lost: int) -> None:
    sample = locomo_sample()
    sample["qa"] = [{"question": "Why?", "evidence": evidence, "category": 4}]
    (question,) = read(tmp_path, sample)[0].questions
    assert (question.evidence, question.lost, question.type) == (found, lost, "single-hop")


def drop_question(sample: dict[str, Any]) -> None:
    del sample["qa"][0]["question"]


def double_turn(sample: dict[str, Any]) -> None:
    sample["conversation"]["session_2"][0]["dia_id"] = "D1:1"


def drop_speaker(sample: dict[str, Any]) -> None:
    del sample["conversation"]["session_1"][0]["speaker"]


def drop_sessions(sample: dict[str, Any]) -> None:
    sample["conversation"] = {"speaker_a": "Ada"}


def flatten(sample: dict[str, Any]) -> None:
    sample["conversation"]["session_1"] = ["Hello"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (drop_question, "value 1, qa 1: there is no question"),
        (double_turn, "conversation, session_2 1: a turn with this dia_id"),
        (drop_speaker, "session_1 1: there is no speaker"),
        (drop_sessions, "there is no session_1"),
        (flatten, "session_1 1 is not an object"),
    ],
)
def test_broken_conversations(tmp_path: Path, damage: Any, reason: str) -> None:
    sample = locomo_sample()
    damage(sample)
    with pytest.raises(DataError, match=reason):
        read(tmp_path, [sample])
