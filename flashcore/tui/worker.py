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

    def checkpoint(self) -> None:
        """Moves what was written into the main file, some time soon. Where that fails nothing is lost."""
        future: Future[None] = self._executor.submit(self._collection.checkpoint)
        future.add_done_callback(lambda done: done.exception())

    def close(self) -> None:
        """Finishes what was given, then closes the collection."""
        try:
            self._executor.submit(self._collection.close).result()
        finally:
            self._executor.shutdown()
