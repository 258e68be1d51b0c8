"""After a crash: every begun change is finished or undone, and ledger and shard agree again."""

from __future__ import annotations

from dataclasses import dataclass

from pertinent.store.ledger import Intended, Ledger
from pertinent.store.shard import Shard


@dataclass(frozen=True, slots=True)
class Recovery:
    """What opening a collection had to repair; all empty after a clean close.

    Parameters
    ----------
    finished, undone : tuple[str, ...]
        Documents whose begun change was completed, or taken back.
    lost : tuple[str, ...]
        Acknowledged documents whose passages are gone. The death of a process cannot cause this, a power cut
        before the next publication can; indexing again brings them back.
    orphans : int
        Passages that belonged to no document and were removed.
    """

    finished: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    orphans: int = 0


def recover(shard: Shard, ledger: Ledger) -> Recovery:
    """Settle begun changes, then compare the whole shard with the ledger."""
    finished, undone = settle(shard, ledger)
    lost, orphans = compare(shard, ledger)
    shard.delete(orphans)
    ledger.finish([Intended(document, None, "", ()) for document in lost])
    return Recovery(finished, undone, lost, len(orphans))


def settle(shard: Shard, ledger: Ledger) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Finish or undo begun changes; returns the documents of either kind.

    A replacement was logged in this order: intention, new passages, removal of old ones. So if all new
    passages are there it can be finished, and if one is missing no old one has been removed yet.
    """
    finished: list[Intended] = []
    undone: list[Intended] = []
    for change in ledger.intended():
        stored = ledger.known([change.id]).get(change.id)
        old = set(stored.passage_ids) if stored else set()
        new = set(change.passage_ids)
        version = (change.fingerprint, change.source)
        present = shard.versions(change.passage_ids)
        if all(present.get(passage) == version for passage in new):
            shard.delete(old - new)
            finished.append(change)
        else:
            shard.delete(new - old)
            if stored:
                # A document keeps passage ids only where it moved, so nothing but the source can be new.
                kept = old & present.keys()
                moved = [passage for passage in kept if present[passage][1] != stored.source]
                if moved:
                    shard.set_source(moved, stored.source)
            undone.append(change)
    ledger.finish(finished)
    ledger.forget(undone)
    return tuple(change.id for change in finished), tuple(change.id for change in undone)


def compare(shard: Shard, ledger: Ledger) -> tuple[tuple[str, ...], list[str]]:
    """Documents whose passages are not all in the shard, and passages that belong to no other document."""
    unowned = set(shard.ids())
    lost: list[str] = []
    for document in ledger.documents():
        passages = set(document.passage_ids)
        if passages <= unowned:
            unowned -= passages
        else:
            # What is left of it stays unowned and goes with the orphans.
            lost.append(document.id)
    return tuple(lost), sorted(unowned)
