"""The one thread that owns the collection, so that no wait for a disk ever stops the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from flashcore.study.collection import Collection

T = TypeVar("T")


class CollectionThread:
    """Runs work on the collection, one piece after the other, in the order it was given."""

    def __init__(self, open_collection: Callable[[], Collection]) -> None:
        """Opens the collection in its thread.

        Raises:
            StoreError: it cannot be opened, as from ``Collection.open``.
        """
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="collection")
        try:
            self._collection = self._executor.submit(open_collection).result()
        except BaseException:
            self._executor.shutdown()
            raise

    async def do(self, work: Callable[[Collection], T]) -> T:
        """What ``work`` returns or raises. Once given it is done, even if nobody waits for it any more."""
        return await asyncio.shield(asyncio.wrap_future(self._executor.submit(work, self._collection)))

    def tidy(self, work: Callable[[], None]) -> None:
        """Does ``work`` in a quiet moment, then moves what was written into the main file.

        Both only make the next answer quicker; where one fails nothing is lost.
        """
        for step in (work, self._collection.checkpoint):
            self._executor.submit(step).add_done_callback(Future.exception)

    def close(self) -> None:
        """Finishes what was given, then closes the collection."""
        try:
            self._executor.submit(self._collection.close).result()
        finally:
            self._executor.shutdown()
