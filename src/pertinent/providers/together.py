"""Several coroutines at once, bounded, that succeed or fail as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Sequence[Callable[[], Coroutine[Any, Any, T]]], at_once: int) -> list[T]:
    """Do several things, so many at a time; the first that fails stops the others."""
    free = asyncio.Semaphore(at_once)

    async def one(task: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with free:
            return await task()

    tasks = [asyncio.ensure_future(one(task)) for task in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
