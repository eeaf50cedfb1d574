"""All lanes at once: each in a task and with connections of its own, so that none waits for another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from patto_hub.ledger import lane_leases, lanes, storage
from patto_hub.observe.places import where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_connectors.ports import World
    from patto_hub.lanes.lane import Post
    from patto_hub.ledger.store import Ledger

POLL_S: Final = 2.0
"""Seconds between looks at the ledger for what other processes put there (the command line's wishes)."""
STORAGE_S: Final = 15.0
"""Seconds until the ledger is tried again that could not be read or written."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class Lanes:
    """The lanes of a hub."""

    ledger: Ledger
    world: World
    posts: Sequence[Post]
    poll_s: float = POLL_S
    _bells: list[asyncio.Event] = field(default_factory=list)

    def wake(self) -> None:
        """Say that there may be something to hand over: a run has ended, a person has started a lane again."""
        for bell in self._bells:
            bell.set()

    async def serve(self) -> None:
        """Work until cancelled; at its end no lane's lease is left."""
        if not self.posts:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                for post in self.posts:
                    bell = asyncio.Event()
                    self._bells.append(bell)
                    tasks.create_task(self._work(post, bell), name=f"lane {post.name}")
                tasks.create_task(self._watch(), name="lanes")
        finally:
            for owner in {post.owner for post in self.posts}:
                await self._end_leases(owner)

    async def _end_leases(self, owner: str) -> None:
        try:
            await self.ledger.write(lane_leases.end, owner)
        except Exception as error:
            if storage.trouble_of(error) is None:
                raise
            log.warning("lane.leases_left", owner=owner)  # they run out by themselves

    async def _work(self, post: Post, bell: asyncio.Event) -> None:
        while True:
            bell.clear()
            rest_s = await self._step(post)
            if rest_s is None:
                await bell.wait()
            elif rest_s > 0:
                await self._rest(bell, rest_s)

    async def _step(self, post: Post) -> float | None:
        try:
            return await post.step()
        except Exception as error:  # noqa: BLE001 - one lane's fault must not stop the others
            _note(post, error)
            await self.world.sleep(STORAGE_S)
            return 0.0

    async def _rest(self, bell: asyncio.Event, seconds: float) -> None:
        """Rest by the world's clock, or until somebody rings."""
        waiting = [asyncio.ensure_future(bell.wait()), asyncio.ensure_future(self.world.sleep(seconds))]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _watch(self) -> None:
        """Look whether other processes have left work, with one look for all lanes."""
        seen = None
        while True:
            try:
                found = await self.ledger.read(lanes.touched)
            except Exception as error:
                if storage.trouble_of(error) is None:
                    raise
            else:
                if found != seen:
                    seen = found
                    self.wake()
            await self.world.sleep(self.poll_s)


def _note(post: Post, error: Exception) -> None:
    trouble = storage.trouble_of(error)
    code, places = (None, where(error)) if trouble is None else (trouble.code, None)
    log.error("lane.stuck", lane=str(post.name), error=type(error).__name__, code=code, where=places)
