from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from pertinent.cli.calibrate import calibrate
from pertinent.cli.rerank import rerank
from pertinent.cli.search import search
from pertinent.errors import PertinentError
from pertinent.rerankers.calibration import calibration_path, read_calibration
from pertinent.rerankers.reranker import Reranker
from pertinent.search.collection import Collection
from pertinent.types import Document
from support.judged_files import labelled, write_lines

app = typer.Typer()
for command in (calibrate, rerank, search):
    app.command()(command)


def call(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(done.exception, PertinentError):
        raise done.exception
    return done


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return labelled(tmp_path / "drugs.jsonl")


def test_a_table_says_how_good_it_is_and_how_to_use_it(data: Path) -> None:
    done = call("calibrate", "--data", data, "--precision", "0.9", "--precision", "1.0")
    path = calibration_path(Reranker().model, "drugs")
    assert done.exit_code == 0
    assert "30 pairs of 10 queries, 10 of them relevant" in done.output
    for word in ("log loss", "temperature", "isotonic", "plain", "base rate", "least log loss", "0.9"):
        assert word in done.output
    assert f"Stored: {path}" in done.output
    assert "--calibration drugs" in done.output
    assert read_calibration(path).domain == "drugs"


def test_json_and_a_file_of_ones_own(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "own" / "map.json"
    done = call("calibrate", "--data", data, "--domain", "mine", "--method", "platt", "--out", file, "--json")
    told = json.loads(done.stdout)
    assert (told["domain"], told["method"], told["file"], told["pairs"]) == ("mine", "platt", str(file), 30)
    assert set(told["after"]) == {"platt"}
    assert len(told["thresholds"]) == 4
    assert read_calibration(file).map.method == "platt"


def test_rerank_and_search_take_it(data: Path, tmp_path: Path) -> None:
    call("calibrate", "--data", data)
    lines = tmp_path / "lines.txt"
    lines.write_text("The museum opens at nine.\nDoctors prescribe metformin to treat patients.\n")
    query = "What is metformin used for?"
    plain = [json.loads(line) for line in call("rerank", query, lines, "--json").stdout.splitlines()]
    rows = [
        json.loads(line)
        for line in call("rerank", query, lines, "--json", "--calibration", "drugs").stdout.splitlines()
    ]
    assert [row["index"] for row in rows] == [row["index"] for row in plain] == [1, 0]
    assert [row["margin"] for row in rows] == [row["margin"] for row in plain]
    assert {row["calibration"] for row in rows} == {"drugs"}
    fitted = read_calibration(calibration_path(Reranker().model, "drugs"))
    assert [row["probability"] for row in rows] == [fitted.probability(row["margin"]) for row in rows]

    with Collection(tmp_path / "notes") as notes:
        notes.add([Document(str(n), text) for n, text in enumerate(lines.read_text().splitlines())])
    found = call("search", tmp_path / "notes", query, "--calibration", "drugs", "--floor", "0.5", "--json")
    (hit,) = json.loads(found.stdout)["hits"]
    assert hit["document"]["id"] == "1"
    assert hit["probability"] == fitted.probability(hit["margin"])
    assert hit["reranker"]["calibration"] == "drugs"


def test_margins_that_say_nothing_are_told(tmp_path: Path) -> None:
    rows = [{"query_id": n, "query": "q", "text": "It rained.", "label": n % 2} for n in range(20)]
    done = call("calibrate", "--data", write_lines(tmp_path / "rain.jsonl", rows))
    assert "no better than the base rate" in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("calibrate", "--data", "DATA", "--domain", "a b"), "no name of a domain"),
        (("calibrate", "--data", "none"), "There is no"),
        (("calibrate", "--data", "DATA", "--precision", "2"), "precision"),
        (("calibrate", "--data", "DATA", "--limit", "10", "--least-grade", "9"), "too few"),
        (("rerank", "q", "LINES", "--calibration", "nobodys"), "no calibration 'nobodys'"),
        (("search", ".", "q", "--calibration", "./none.json"), "no collection"),
    ],
)
def test_mistakes_are_told(data: Path, arguments: tuple[str, ...], says: str) -> None:
    lines = data.with_suffix(".txt")
    lines.write_text("It rained.\n")
    places: dict[str, str | Path] = {"DATA": data, "LINES": lines}
    with pytest.raises(PertinentError, match=says):
        call(*(places.get(argument, argument) for argument in arguments))
