from __future__ import annotations

import json
from pathlib import Path

from support.command import Run
from support.knowledge import write

NOTES = {
    "hills": """# Where rivers come from

## What water carries

Water runs down from the hills after rain and carries sand, stones and broken branches wherever its current is
strong enough to move them along, until a wide valley slows it and everything heavy sinks to the ground.
""",
    "bees": """# How bees find home

## Dances of bees

Bees leave the hive in the morning, remember the sun's place above the horizon, and tell each other in a dance
how far away flowers stand and in which direction the others should fly to gather nectar.
""",
    "bread": """# Bread that tastes good

## Cold dough at night

Dough that rests in a cold kitchen over night rises slowly, because yeast works less when it is cool, and the
loaf keeps longer, smells better and needs little salt to have a round taste.
""",
}


def test_questions_are_drafted_and_evaluated(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "notes", **NOTES)
    assert run("kb", "add", "n", "notes").returncode == 0
    drafted = json.loads(run("kb", "draft-questions", "n", "--count", "2", "--json").stdout)
    assert drafted["questions"] == 2
    again = run("kb", "draft-questions", "n")
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    with (tmp_path / "questions.jsonl").open("a") as file:
        file.write(json.dumps({"id": "own", "question": "Which stones?", "relevant": ["away.md"]}) + "\n")
    done = run("kb", "evaluate", "n", "questions.jsonl", "--json", "--out", "o.json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values == json.loads((tmp_path / "o.json").read_text("utf-8"))
    assert (values["questions"], values["drafted"], values["missing"]) == (3, 2, {"own": ["away.md"]})
    assert set(values["measures"]) == {"P@5", "nDCG@10", "MRR@10"}
    assert "own: the collection does not hold away.md" in done.stderr
    assert "2 questions are as they were drafted" in done.stderr
    table = run("kb", "evaluate", "n", "questions.jsonl").stdout
    assert "nDCG@10" in table
    assert "same rank for every question" in table


def test_faults_are_told_before_anything_is_searched(run: Run, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"id": "1", "question": "?", "relevant": ["a"], "grade": 2}\n')
    done = run("kb", "evaluate", "n", "q.jsonl")
    assert (done.returncode, "line 1" in done.stderr, "'grade'" in done.stderr) == (1, True, True)
    done = run("kb", "evaluate", "n", "q.jsonl", "--out", "absent/o.json")
    assert (done.returncode, "no folder" in done.stderr) == (2, True)
