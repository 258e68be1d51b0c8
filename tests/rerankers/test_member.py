from __future__ import annotations

import threading

from pertinent.rerankers.member import Member
from pertinent.rerankers.protocol import Scorer
from pertinent.types import ModelInfo
from support.fakes import Counting

SAID = ModelInfo("said", "", "", "reranker", 0, 0, "")


def test_it_is_made_once_when_it_is_first_needed() -> None:
    made: list[Counting] = []

    def make() -> Scorer:
        made.append(Counting("made"))
        return made[-1]

    member = Member(SAID, make)
    assert (member.name, made) == ("said", [])
    threads = [threading.Thread(target=member.scorer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert member.scorer() is made[0]
    assert member.model is made[0].model


def test_services_are_known_before_and_told_by_what_was_made() -> None:
    class There(Counting):
        services = ("elsewhere",)

    assert Member(SAID, lambda: Counting("here"), ("deepinfra",)).services == ("deepinfra",)
    member = Member(SAID, lambda: There("there"))
    assert member.services == ()
    member.scorer()
    assert member.services == ("elsewhere",)
