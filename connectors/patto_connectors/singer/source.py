"""A source over one stream of a Singer tap: the tap's program is run, and its STATE is where the hub goes on."""

from __future__ import annotations

import asyncio
import math
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patto_connectors.errors import Trouble
from patto_connectors.ports import WORLD
from patto_connectors.singer import troubles
from patto_connectors.singer.catalog import chosen
from patto_connectors.singer.environment import environment, found
from patto_connectors.singer.messages import Gathering, Lines, state_of
from patto_connectors.singer.process import CHUNK, Program
from patto_connectors.singer.settings import written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from patto_connectors.contract import Batch, Cursor
    from patto_connectors.singer.process import Running
    from patto_connectors.singer.settings import SingerSettings

_BARE = 200.0
"""Seconds that a STATE without records waits: seldom enough not to look like a source that goes in circles, and before
the hub takes the source for dead."""


@dataclass(frozen=True, slots=True)
class SingerSource:
    """A source over one stream of a tap."""

    settings: SingerSettings

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the stream's pages after a STATE; the tap is held back while nobody asks for the next one.

        Raises:
            Trouble: one of the four errors; what the tap said before is yielded first.
        """
        settings = self.settings
        program = await found(settings.tap, settings.executable)
        see = environment(program.parent.parent, settings.environment)
        files = {"--config": written(settings.config)}
        if settings.select != "none":
            catalog = chosen(await _discovered(program, see, files, settings), settings)
            files[f"--{settings.select}"] = catalog
        state = state_of(after, settings)
        if state is not None:
            files["--state"] = state
        memory = settings.limits.memory
        async with Program(command=[program], environment=see, files=files, memory=memory) as tap:
            reading = _Reading(tap, settings)
            more, trouble = True, None
            while more:
                more, trouble = await reading.fill()
                last = not more and trouble is None and settings.snapshot
                if last or not reading.gathering.empty:
                    yield reading.gathering.page(complete=last)
            if trouble is not None:
                await _note(settings.stderr, tap.tail.content())
                raise trouble


@dataclass(slots=True)
class _Reading:
    """A tap that is being read."""

    tap: Running
    settings: SingerSettings
    gathering: Gathering = field(init=False)
    lines: Lines = field(init=False)
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.settings)
        self.lines = Lines(self.settings.limits.line)
        self.deadline = WORLD.get().monotonic() + self.settings.limits.run

    async def fill(self) -> tuple[bool, Trouble | None]:
        """Read until there is a page; gives whether more may come, and what ended the tap if that was no good end."""
        try:
            if await self._page():
                return True, None
            code = await self._end()
        except Trouble as trouble:
            return False, trouble
        return False, troubles.failed(code, self.tap.tail.error(), spoke=self.gathering.spoke)

    async def _page(self) -> bool:
        """Read until a page is full or has waited long enough; False at the end of what the tap says."""
        monotonic = WORLD.get().monotonic
        begun = heard = monotonic()
        while not self.gathering.full:
            if (line := self.lines.next()) is not None:
                heard = monotonic()
                if self.gathering.empty:
                    begun = heard
                self._take(line)
                continue
            now, due, silent = monotonic(), begun + self._patience(), heard + self.settings.limits.silence
            if now >= due:
                return True
            self._hold(now, silent)
            try:
                async with asyncio.timeout(min(due, silent, self.deadline) - now):
                    chunk = await self.tap.output.read(CHUNK)
            except TimeoutError:
                continue  # the next turn says why
            if not chunk:
                return False
            self.lines.feed(chunk)
        return True

    def _take(self, line: bytes) -> None:
        if self.lines.count > self.settings.limits.lines:
            raise troubles.endless(self.settings.limits.lines)
        self.gathering.take(line, self.lines.count)

    def _patience(self) -> float:
        """Give how long what is there may wait for more."""
        if self.gathering.empty:
            return math.inf
        return _BARE if self.gathering.bare else self.settings.page_seconds

    def _hold(self, now: float, silent: float) -> None:
        if now >= self.deadline:
            raise troubles.deadline(self.settings.limits.run, "limits.run")
        if now >= silent:
            raise troubles.silent(self.settings.limits.silence)

    async def _end(self) -> int:
        """Wait for the tap's end, and take a last line that lacks its end."""
        limits = self.settings.limits
        try:
            async with asyncio.timeout(limits.silence):
                code = await self.tap.ended()
        except TimeoutError:
            raise troubles.silent(limits.silence) from None
        self.gathering.take(self.lines.rest(), self.lines.count + 1, cut=code != 0)
        return code


async def _discovered(
    program: Path, see: Mapping[str, str], files: Mapping[str, bytes], settings: SingerSettings
) -> bytes:
    """Let the tap tell its streams.

    Raises:
        Trouble: it fails, takes too long, or tells too much.
    """
    limits, content = settings.limits, bytearray()
    asked = Program(command=[program], environment=see, files=files, more=["--discover"], memory=limits.memory)
    async with asked as tap:
        try:
            async with asyncio.timeout(limits.discover):
                while chunk := await tap.output.read(CHUNK):
                    content += chunk
                    if len(content) > limits.catalog:
                        raise troubles.catalog()
                code = await tap.ended()
        except TimeoutError:
            raise troubles.deadline(limits.discover, "limits.discover") from None
        trouble = troubles.failed(code, tap.tail.error(), spoke=False)
        if trouble is not None:
            await _note(settings.stderr, tap.tail.content())
            raise trouble
    return bytes(content)


async def _note(path: Path | None, content: bytes) -> None:
    """Write down what a failed tap said of itself, where the settings ask for it."""
    if path is not None:
        with suppress(OSError):  # the trouble itself is what must be told
            await asyncio.to_thread(_write_privately, path, content)


def _write_privately(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as handle:
        handle.write(content)
