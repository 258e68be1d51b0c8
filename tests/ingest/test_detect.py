from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from pertinent.errors import DataError, RecordError, UsageError
from pertinent.ingest.detect import FORMATS, find_sources, open_documents, reader_for
from support.rights import run_bound_by_permissions


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    contents = {
        "b.jsonl": b'{"text": "one"}\n{"text": "two"}\n',
        "a/note.txt": b"A note.",
        "a/page.md": b"# Page\nWords.",
        "a/table.csv.gz": gzip.compress(b"text\nrow\n"),
        "set/corpus.jsonl": b'{"_id": "1", "text": "in the set"}\n',
        "set/queries.jsonl": b'{"_id": "q", "text": "not to be read"}\n',
        "set/qrels/test.tsv": b"query-id\tcorpus-id\tscore\n",
        "x/export.xml": b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>"
        b"<ArticleTitle>T</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
        ".hidden/secret.txt": b"hidden",
        "a/.hidden.txt": b"hidden",
    }
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def found(*paths: Path, format: str | None = None) -> tuple[list[tuple[str, str]], list[str]]:
    errors: list[RecordError] = []
    sources = find_sources(paths, format=format, on_broken=errors.append)
    return [(s.path.name, s.reader.name) for s in sources], [
        f"{Path(error.source).name}: {error.reason}" for error in errors
    ]


def test_a_tree_in_sorted_order(tree: Path) -> None:
    assert found(tree) == (
        [
            ("b.jsonl", "jsonl"),
            ("note.txt", "text"),
            ("page.md", "markdown"),
            ("table.csv.gz", "csv"),
            ("corpus.jsonl", "beir"),
            ("export.xml", "medline"),
        ],
        [],
    )


def test_documents_of_a_tree(tree: Path) -> None:
    documents = list(open_documents([tree], on_broken=pytest.fail))
    assert [d.text or d.title for d in documents] == [
        "one",
        "two",
        "A note.",
        "# Page\nWords.",
        "row",
        "in the set",
        "T",
    ]
    assert all(Path(d.source).is_absolute() and Path(d.source).is_file() for d in documents)


def test_no_file_twice_and_hidden_ones_only_when_named(tree: Path) -> None:
    names, _ = found(tree / "a", tree / "a" / "note.txt", tree / "a", tree / "a" / ".hidden.txt")
    assert [name for name, _ in names] == ["note.txt", "page.md", "table.csv.gz", ".hidden.txt"]


def test_links_inside_a_folder_are_not_followed(tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "private.txt").write_text("private")
    (tree / "a" / "link.txt").symlink_to(outside / "private.txt")
    (tree / "a" / "folder").symlink_to(outside)
    (tree / "a" / "loop").symlink_to(tree)
    assert [name for name, _ in found(tree / "a")[0]] == ["note.txt", "page.md", "table.csv.gz"]
    assert found(tree / "a" / "link.txt")[0] == [("private.txt", "text")]


def test_beir_corpus_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.jsonl").write_text('{"_id": "1", "text": "t"}')
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "corpus.jsonl").symlink_to(tmp_path / "real.jsonl")
    assert found(folder)[0] == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", b"\x89PNG\r\n\0\0", "the file is binary"),
        ("a.txt", b"\0\0\0", "the file is binary"),
        ("a.txt", "text".encode("utf-16"), "the text is UTF-16"),
        (
            "a.foo",
            b"<foo>",
            "no reader knows this kind of file; --format names one of beir, code, csv",
        ),
        ("a.txt", b"", "the file is empty"),
        ("a.jsonl", gzip.compress(b"", mtime=0), "the file is empty"),
        ("a.jsonl", b"\x1f\x8bxxxx", "the gzip data is damaged"),
    ],
)
def test_unusable_files_are_told(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    sources, reasons = found(tmp_path)
    assert sources == []
    assert len(reasons) == 1
    assert reasons[0].startswith(f"{name}: {reason}")


def test_special_files_are_told_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert found(tmp_path) == ([], ["pipe.txt: it is not a regular file"])


def test_names_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system takes only valid UTF-8 names")
    assert found(tmp_path) == ([], ["caf\N{REPLACEMENT CHARACTER}.txt: the file's name is not valid UTF-8"])


WALK = """
import sys
from pertinent.ingest.detect import find_sources
report = lambda error: print(error.source.rpartition("/")[2], error.position, error.reason)
for source in find_sources(sys.argv[1:], on_broken=report):
    print(source.path.name)
"""


def test_folders_and_files_that_may_not_be_read_are_told(tree: Path) -> None:
    for name, mode in (("a", 0o444), ("set", 0o311), ("x/export.xml", 0)):
        (tree / name).chmod(mode)
    try:
        printed = run_bound_by_permissions(WALK, tree).splitlines()
    finally:
        for name in ("a", "set"):
            (tree / name).chmod(0o755)
    denied = "cannot be read (Permission denied)"
    assert printed == [
        f"a whole folder the folder {denied}",
        f"export.xml byte 0 the file {denied}",
        "b.jsonl",
        "corpus.jsonl",
    ]


def test_a_path_behind_a_closed_folder_is_told(tree: Path) -> None:
    code = """
import sys
from pertinent.errors import DataError
from pertinent.ingest.detect import find_sources
try:
    find_sources(sys.argv[1:], on_broken=print)
except DataError as error:
    print(error.message)
"""
    (tree / "a").chmod(0)
    try:
        printed = run_bound_by_permissions(code, tree / "a" / "note.txt")
    finally:
        (tree / "a").chmod(0o755)
    assert printed == f"{tree}/a/note.txt cannot be read (Permission denied).\n"


def test_folders_nested_beyond_what_paths_can_say(tmp_path: Path) -> None:
    before = Path.cwd()
    root = tmp_path / "root"
    root.mkdir()
    os.chdir(root)
    try:
        for _ in range(25):
            Path("n" * 200).mkdir()
            os.chdir("n" * 200)
            Path("a.txt").write_text("words")
        sources, reasons = found(root)
    finally:
        os.chdir(before)
        # Python's own removal of folders does not reach down there.
        subprocess.run(["rm", "-r", root], check=True)
    assert {name for name, _ in sources} == {"a.txt"}
    assert 15 <= len(sources) < 25
    assert reasons[-1].endswith("the folder cannot be read (File name too long)")


def test_folders_nested_deeper_than_functions_may_be(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1200):
        deep /= "d"
        deep.mkdir()
    (deep / "a.txt").write_text("words")
    try:
        assert found(tmp_path)[0] == [("a.txt", "text")]
    finally:
        subprocess.run(["rm", "-r", tmp_path / "d"], check=True)


@pytest.mark.parametrize("path", ["x" * 300, "~nosuchuser/x", "a\0b", "x" * 100_000, "\udc80"])
def test_impossible_paths_are_told(path: str) -> None:
    with pytest.raises(DataError) as caught:
        find_sources([path], on_broken=pytest.fail)
    assert len(caught.value.message) < 400
    caught.value.message.encode()


def test_collections_are_passed_over(tree: Path) -> None:
    expected = found(tree)
    for name, part in (("a/mine", "shard"), ("old", "lock")):
        folder = tree / name
        folder.mkdir()
        (folder / "manifest.json").write_text('{"text": "not a document"}')
        (folder / part).mkdir()
        (folder / part / "segment.json").write_text('{"text": "not a document either"}')
    (tree / "set" / "manifest.json").write_text("{}")
    assert found(tree) == expected
    with pytest.raises(DataError, match="is a collection of Pertinent"):
        found(tree / "a" / "mine")


def test_a_manifest_alone_makes_no_collection(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"text": "one"}')
    assert found(tmp_path)[0] == [("manifest.json", "jsonl")]


def test_a_named_format_wins(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_text('{"text": "one"}')
    assert found(path, format="jsonl")[0] == [("data.bin", "jsonl")]
    assert found(path, format="text")[0] == [("data.bin", "text")]


def test_every_named_format_survives_a_foreign_file(tree: Path) -> None:
    for name in FORMATS:
        if name != "beir":
            errors: list[RecordError] = []
            list(open_documents([tree], format=name, on_broken=errors.append))
            assert all(error.reason for error in errors)


def test_beir_by_name_wants_a_corpus(tree: Path) -> None:
    assert found(tree / "set", format="beir")[0] == [("corpus.jsonl", "beir")]
    with pytest.raises(DataError, match="no BEIR folder"):
        found(tree / "a", format="beir")


def test_wrong_calls_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is nothing at"):
        found(tmp_path / "none")
    with pytest.raises(
        UsageError, match="beir, code, csv, docx, html, jats, jsonl, markdown, medline, nbib, pdf, ris, text"
    ):
        reader_for("odt")
    with pytest.raises(UsageError):
        found(tmp_path, format="odt")


def test_indexing_again_gives_the_same_identities(tree: Path) -> None:
    def read() -> list[tuple[str, str]]:
        return [(d.id, d.fingerprint) for d in open_documents([tree], on_broken=pytest.fail)]

    assert read() == read()
