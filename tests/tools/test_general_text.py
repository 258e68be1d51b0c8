"""Passages out of packages: what is read, what is left out, and that nothing in a package breaks the tool."""

from __future__ import annotations

import doctest
import gzip
import json
from collections.abc import Mapping
from importlib import import_module as tool
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertinent.train.config import DataConfig, SynthesiseConfig
from pertinent.train.sources import open_texts
from pertinent.train.synthesise import synthesise
from support.debian import archive, stand_ins

PARTS = ("dictionaries", "packages", "passages", "sections", "titles")

PAGE = """<html><head><title>Gardens</title></head><body>
<div class="navheader"><a href="x">Next: what is in the house</a></div>
<h1>3. Gardens</h1><h2>3.1. Planting a young tree</h2>
<p>A young tree is best planted in the autumn, when the ground is still warm and the leaves have come off.
Dig a hole that is twice as wide as the roots, and put the tree in so that the soil is as high as before.</p>
<pre>water(tree, litres=20)</pre>
<table><tr><td>Oak</td><td>not in this text</td></tr></table>
<p>Give it as much water as the ground will take, and do not let the grass grow at its foot for the first
two years, since the grass takes more of the water than a small tree can spare in a dry month.</p>
<h2>License</h2><p>{licence}</p></body></html>"""
PAGE = PAGE.format(licence="You may copy this text, and all that is in it, as often as you want to. " * 8)
MALLARD = """<page xmlns="http://projectmallard.org/1.0/"><info><desc>Not read.</desc></info>
<title>Why is my picture dark?</title>
<p>A picture is dark when the light that came into the camera was not enough for the time that the lens was
open. You can make the time longer with <guiseq><gui>Camera</gui><gui>Time</gui></guiseq>, but then you have
to hold it still, or put it on a wall. It is also of use to go nearer to the window, or to turn on a lamp.</p>
<code>not read</code></page>"""
KETTLE = """kettle
    n 1: a metal pot with a lid and a spout, for the boiling of the water
         that is used for tea and for coffee in the kitchen [syn:
         {kettle}, {boiler}]
    2: a large drum of the orchestra that is played with two sticks
    v 1: not read
"""
MILL = """Mill \\Mill\\, n. [OE. mille,
   from L. [mola].]
   1. A machine for the grinding of corn between two stones that are
   turned by the wind, by water, or by a beast that walks round.
      [1913 Webster]

            The mill will never grind with water that has gone by. --Proverb.

   Syn: not read
"""

LIST = """
[[package]]
name = "garden-doc"
licence = "GPL-2.0"
format = "html"
documents = ["usr/share/doc/garden/*.html"]
without = ["*/draft.html"]
most = 5

[[package]]
name = "camera-doc"
licence = "CC-BY-SA-4.0"
format = "xml"
documents = ["usr/share/help/C/*.page"]
most = 5

[[package]]
name = "dict-small"
licence = "GPL-2.0"
format = "dict"
documents = ["usr/share/dictd/small.*"]
headwords = true
fewest_words = 20
most = 5
"""


def numeral(number: int) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return (numeral(number // 64) if number >= 64 else "") + digits[number % 64]


def dictionary(words: Mapping[str, str]) -> dict[str, bytes]:
    index, body = "", ""
    for word, entry in words.items():
        index += f"{word}\t{numeral(len(body))}\t{numeral(len(entry))}\n"
        body += entry
    return {
        "./usr/share/dictd/small.dict.dz": gzip.compress(body.encode()),
        "./usr/share/dictd/small.index": index.encode(),
    }


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages that are tar files, and in the place of apt and dpkg what copies them."""
    store = tmp_path / "store"
    store.mkdir()
    archive(
        store / "garden-doc_1%3a2_all.deb",
        {
            "./usr/share/doc/garden/index.html": PAGE.encode(),
            "./usr/share/doc/garden/draft.html": PAGE.replace("tree", "bush").encode(),
            "./usr/share/doc/garden/again.html": PAGE.replace("since", "for").encode(),
        },
    )
    archive(store / "camera-doc_3_all.deb", {"./usr/share/help/C/dark.page": MALLARD.encode()})
    archive(store / "dict-small_4_all.deb", dictionary({"kettle": KETTLE, "Mill": MILL}))
    monkeypatch.setenv("PATH", f"{stand_ins(tmp_path / 'bin', store)}:/usr/bin:/bin")
    (tmp_path / "list.toml").write_text(LIST)
    return tmp_path


def run(place: Path, out: str = "out") -> list[dict[str, str]]:
    arguments = ["--list", place / "list.toml", "--cache", place / "cache", "--out", place / out]
    assert tool("general_text").main([str(argument) for argument in arguments]) == 0
    lines = gzip.decompress((place / out / "corpus.jsonl.gz").read_bytes()).decode().splitlines()
    return [json.loads(line) for line in lines]


def test_packages_become_passages_with_titles_that_people_would_type(packages: Path) -> None:
    titles = {passage["title"]: passage["text"] for passage in run(packages)}
    assert len(titles) == 4
    tree = next(text for title, text in titles.items() if "plant" in title.lower())
    assert tree.startswith("A young tree is best")
    assert "water(tree" not in tree
    assert "Oak" not in tree
    picture = titles["Why is my picture dark?"]
    assert "with Camera > Time, but" in picture
    assert picture.endswith("turn on a lamp.")
    kettle = next(text for title, text in titles.items() if "kettle" in title)
    assert kettle.startswith("Kettle: A metal pot with a lid")
    assert kettle.endswith("two sticks.")
    mill = next(text for title, text in titles.items() if "mill" in title)
    assert mill == (
        "Mill: A machine for the grinding of corn between two stones that are turned by the wind, by water, "
        "or by a beast that walks round."
    )


def test_the_same_archives_give_the_same_bytes_and_the_sources_are_told(packages: Path) -> None:
    run(packages, "one")
    run(packages, "two")
    one, two = ((packages / name / "corpus.jsonl.gz").read_bytes() for name in ("one", "two"))
    assert one == two
    sources = json.loads((packages / "one" / "sources.json").read_text())
    assert sources[0] == {"package": "garden-doc", "version": "1:2", "licence": "GPL-2.0", "passages": 1}


def test_training_reads_the_corpus_and_makes_queries_of_its_titles(packages: Path) -> None:
    written = run(packages, "texts")
    texts = list(open_texts(DataConfig(path="texts", queries="synthesise"), packages))
    assert sorted(text.id for text in texts) == [passage["_id"] for passage in written]
    made = synthesise(texts, SynthesiseConfig(kinds=("title", "template")), source="general")
    assert "Why is my picture dark?" in {example.query for example in made}


def test_a_package_that_apt_has_not_is_named(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (packages / "list.toml").write_text(LIST.replace("camera-doc", "no-such-doc"))
    arguments = ["--list", "list.toml", "--cache", "cache", "--out", "out"]
    given = [str(packages / a) if not a.startswith("--") else a for a in arguments]
    assert tool("general_text").main(given) == 1
    assert "no-such-doc" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "no list",
        "package = 7",
        "[[package]]\nname = 'a'",
        LIST.replace("garden-doc", "--option"),
        LIST + "left_out = '('",
    ],
)
def test_a_list_that_is_none_is_refused(
    packages: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    place = packages / "other.toml"
    if text is not None:
        place.write_text(text)
    arguments = ["--list", place, "--cache", packages / "cache", "--out", packages / "out"]
    assert tool("general_text").main([str(argument) for argument in arguments]) == 1
    assert "no list of packages" in capsys.readouterr().err
    assert not (packages / "cache").exists()


def test_blocks_can_be_left_out_by_a_pattern(packages: Path) -> None:
    (packages / "list.toml").write_text(LIST + "left_out = '(?i)DRUM'\n")
    kettle = next(each["text"] for each in run(packages) if "ettle" in each["text"])
    assert "spout" in kettle
    assert "drum" not in kettle


def test_a_sentence_that_leads_to_a_listing_goes_with_it() -> None:
    passages, sections = tool("debian_texts.passages"), tool("debian_texts.sections")
    blocks = ("Tea is the water that was on the leaves. It is made like this:",)
    [text] = passages.cut([sections.Section(("Tea",), blocks)], 5)
    assert text.text == "Tea is the water that was on the leaves."


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=300))
def test_any_bytes_can_be_read_as_a_dictionary(index: bytes, body: str) -> None:
    entries = tool("debian_texts.dictionaries").entries
    lines = b"word\tA\tEA\n" + index
    assert all(entry.headings[0] for entry in entries(lines, f"word\n  {body}".encode()))


@pytest.mark.parametrize("text", ["", "日本語の文章です。", "x = f(a[0], b[1]); return {x: 1}"])
def test_what_is_no_english_prose_does_not_read_well(text: str) -> None:
    assert not tool("debian_texts.passages").reads_well(text)


@pytest.mark.parametrize(
    ("headings", "subject", "title"),
    [
        (["Drawing Tools"], "GIMP", "Drawing Tools in GIMP"),
        (["Importing and exporting"], "", "Importing and exporting"),
        (["What is a layer?"], "GIMP", "What is a layer?"),
        (["Introduction"], "", ""),
        (["Sales tax", "Setup"], "GnuCash", "Sales tax: Setup in GnuCash"),
        (["Trees", "OUTPUT FORMAT"], "", "Trees"),
        (["To mix two colors"], "GIMP", "How do I mix two colors in GIMP?"),
        (["THE TREE FILE"], "", "The tree file"),
        (["profile/make_one"], "", ""),
    ],
)
def test_titles_say_what_a_section_is_about(headings: list[str], subject: str, title: str) -> None:
    assert tool("debian_texts.titles").heading_title(headings, subject) == title


def test_the_list_names_every_package_once_with_a_licence_and_none_is_too_much_of_it() -> None:
    chosen = tool("general_text").read_list(tool("general_text").LIST)
    most = [package.most for package in chosen]
    assert len({package.name for package in chosen}) == len(chosen)
    assert max(most) < sum(most) / 4
    assert all(package.licence for package in chosen)
    assert not any("NC" in package.licence or "ND" in package.licence for package in chosen)


@pytest.mark.parametrize("part", PARTS)
def test_examples_hold(part: str) -> None:
    tested = doctest.testmod(tool(f"debian_texts.{part}"))
    assert tested.attempted
    assert not tested.failed


def test_ctrl_c_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = tool("general_text")

    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(text, "corpus", interrupted)
    assert text.main(["--cache", str(tmp_path), "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err == "Interrupted; what was fetched stays in the cache.\n"
    assert not (tmp_path / "out").exists()
