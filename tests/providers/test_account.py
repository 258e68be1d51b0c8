from __future__ import annotations

import threading
from contextvars import copy_context

from pertinent.providers.account import accounting, note
from pertinent.types import Failover, Receipt

RECEIPT, FAILOVER = Receipt("deepinfra", "m", cost=0.5), Failover("ours", "no key")


def test_what_is_noted_is_in_every_account_that_is_open() -> None:
    with accounting() as outer:
        note(RECEIPT)
        with accounting() as inner:
            note(FAILOVER, RECEIPT)
    assert (outer.receipts, outer.failovers) == ([RECEIPT, RECEIPT], [FAILOVER])
    assert (inner.receipts, inner.failovers) == ([RECEIPT], [FAILOVER])


def test_without_an_account_and_after_it_nothing_is_kept() -> None:
    note(RECEIPT)
    with accounting() as account:
        pass
    note(RECEIPT)
    assert account.receipts == []


def test_a_thread_that_works_for_it_writes_into_it_and_no_other_does() -> None:
    with accounting() as account:
        context = copy_context()
        for target in (lambda: note(FAILOVER), lambda: context.run(note, RECEIPT)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert (account.receipts, account.failovers) == ([RECEIPT], [])
