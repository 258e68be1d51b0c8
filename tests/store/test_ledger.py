from __future__ import annotations

import pytest

from pertinent.errors import StoreError
from pertinent.store.ledger import Intended, Ledger


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def change(name: str, fingerprint: str | None = "f", passages: tuple[str, ...] = ("p",)) -> Intended:
    return Intended(name, fingerprint, "source", passages)


def test_intended_is_not_stored(ledger):
    ledger.intend([change("a")])
    assert ledger.known(["a"]) == {}
    assert ledger.intended() == [change("a")]
    ledger.finish([change("a")])
    assert ledger.intended() == []
    assert ledger.known(["a"])["a"].passage_ids == ("p",)
    assert ledger.counts() == (1, 1)


def test_replacing_and_removing(ledger):
    ledger.finish([change("a"), change("b", passages=("q", "r"))])
    ledger.finish([change("a", "g", ("s", "t", "u")), change("b", None, ())])
    assert [(d.id, d.fingerprint, d.passage_ids) for d in ledger.documents()] == [("a", "g", ("s", "t", "u"))]
    assert ledger.counts() == (1, 3)


def test_forgetting_keeps_what_was_stored(ledger):
    ledger.finish([change("a")])
    ledger.intend([change("a", "g", ("z",))])
    ledger.forget(ledger.intended())
    assert ledger.intended() == []
    assert ledger.known(["a"])["a"].fingerprint == "f"


def test_many_documents_by_id(ledger):
    names = [f"{n:05d}" for n in range(1700)]
    ledger.finish([change(name) for name in reversed(names)])
    assert [document.id for document in ledger.documents()] == names
    assert set(ledger.known([*names, "unknown"])) == set(names)


def test_writing_while_documents_are_listed(ledger):
    ledger.finish([change(f"{n:05d}") for n in range(1200)])
    seen = 0
    for document in ledger.documents():
        ledger.finish([change(document.id, "changed")])
        seen += 1
    assert seen == 1200


def test_flags(ledger):
    assert not ledger.flag("open")
    ledger.set_flag("open", True)
    assert ledger.flag("open")
    ledger.set_flag("open", False)
    assert not ledger.flag("open")


def test_copy_is_alone_and_read_only(ledger, tmp_path):
    ledger.finish([change("a")])
    ledger.copy(tmp_path / "copy.sqlite")
    ledger.finish([change("b")])
    copy = Ledger(tmp_path / "copy.sqlite", read_only=True)
    assert [document.id for document in copy.documents()] == ["a"]
    with pytest.raises(StoreError):
        copy.finish([change("c")])
    copy.close()
    assert not list(tmp_path.glob("copy.sqlite-*"))


def test_no_database(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="ledger"):
        Ledger(path)


def test_hostile_ids_are_only_values(ledger):
    name = "'; DROP TABLE documents; --"
    ledger.finish([change(name)])
    assert ledger.known([name])[name].id == name
