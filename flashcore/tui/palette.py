"""The palette (ctrl+p): every action of the screen by name, with its key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from flashcore.tui.keys import Key
from flashcore.tui.screen import FlashcoreScreen


class KeyCommands(Provider):
    """What the keys of the screen under the palette do."""

    def _keys(self) -> Iterator[Key]:
        screen = self.screen
        if not isinstance(screen, FlashcoreScreen):
            return
        for key in screen.KEYS:
            name, _, rest = key.action.partition("(")
            if key.is_in_palette and screen.check_action(name, (rest,)) is not False:
                yield key

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for key in self._keys():
            yield DiscoveryHit(_shown(key), partial(self._run, key), key.does)

    async def search(self, query: str) -> Hits:
        """Those whose words match."""
        matcher = self.matcher(query)
        for key in self._keys():
            if (score := matcher.match(key.does)) > 0:
                yield Hit(score, _shown(key), partial(self._run, key), key.does)

    async def _run(self, key: Key) -> None:
        await self.app.run_action(key.action, self.screen)


def _shown(key: Key) -> Content:
    return Content.assemble(key.does, (f"   {key.shown}" if key.shown else "", "$quiet"))
