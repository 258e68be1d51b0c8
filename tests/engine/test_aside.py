from __future__ import annotations

import subprocess
import sys
from threading import Event

import pytest

from pertinent.engine.aside import begun, is_busy


def test_it_is_busy_until_the_work_has_ended() -> None:
    go = Event()
    future = begun(go.wait)
    assert is_busy()
    assert not future.cancel()
    go.set()
    assert future.result(60) is True


@pytest.mark.parametrize("kind", [ValueError, SystemExit])
def test_what_it_raises_comes_with_the_future(kind: type[BaseException]) -> None:
    def broken() -> None:
        raise kind

    with pytest.raises(kind):
        begun(broken).result(60)


def test_an_interpreter_stops_none_in_the_middle() -> None:
    code = (
        "import time\n"
        "from pertinent.engine.aside import begun\n"
        "begun(lambda: (time.sleep(0.5), print('whole')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "whole\n"
