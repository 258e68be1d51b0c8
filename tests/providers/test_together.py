from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pertinent.providers.together import together


def test_results_come_in_the_order_of_the_work_and_no_more_run_than_may() -> None:
    running = 0
    most = 0

    def work(number: int) -> Callable[[], Awaitable[int]]:
        async def one() -> int:
            nonlocal running, most
            running += 1
            most = max(most, running)
            for _ in range(10 - number):
                await asyncio.sleep(0)
            running -= 1
            return number

        return one

    assert asyncio.run(together([work(number) for number in range(10)], 3)) == list(range(10))
    assert most == 3


def test_the_first_that_fails_stops_the_others() -> None:
    stopped = []

    async def waits() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.append("waits")
            raise

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("it broke")

    with pytest.raises(ValueError, match="it broke"):
        asyncio.run(together([waits, fails], 2))
    assert stopped == ["waits"]


def test_no_work_is_done_at_once() -> None:
    assert asyncio.run(together([], 1)) == []
