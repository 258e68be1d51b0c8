"""The first Ctrl-C is noted, the second one acts."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from pertinent.train.interruption import Interruption


def test_the_second_one_acts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        assert not interruption.wanted
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.wanted
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    seen: list[bool] = []

    def work() -> None:
        with Interruption() as interruption:
            seen.append(interruption.wanted)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
