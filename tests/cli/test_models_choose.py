from __future__ import annotations

import json

from support.command import Run


def test_an_answer_with_reasons_for_people(run: Run) -> None:
    done = run("models", "choose", "--priority", "accuracy", "--budget", "2000")
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert "Qwen/Qwen3-Reranker-8B behind Qwen/Qwen3-Embedding-8B, at DeepInfra\n  $1,410.05 a month" in told
    assert "check it there before relying on it" in told
    assert "Does not fit:" in told
    assert "Fireworks: It costs $2,820.10 a month; $2,000.00 are allowed." in told


def test_an_answer_for_programs(run: Run) -> None:
    done = run("models", "choose", "--where", "local", "--language", "english", "--json")
    advice = json.loads(done.stdout)
    assert advice["choices"][0]["reranker"] == "pertinent-mini-reranker"
    assert advice["choices"][0]["dollars_per_month"] == 0
    assert advice["need"]["candidates"] == 40
    assert {way["choice"]["size"] for way in advice["refused"]} == {"0.6B", "4B", "8B"}


def test_nothing_fits_is_an_answer(run: Run) -> None:
    done = run("models", "choose", "--where", "remote", "--budget", "0")
    assert done.returncode == 0
    assert "Nothing fits, because:" in done.stdout


def test_what_makes_no_sense_is_refused(run: Run) -> None:
    for arguments in (("--candidates", "0"), ("--latency-ms", "nan"), ("--priority", "fast")):
        done = run("models", "choose", *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
