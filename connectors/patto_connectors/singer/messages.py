"""What a tap says, line by line (Singer specification 0.3.0), gathered into pages; pure.

A row travels as the bytes that the tap wrote: a line is checked to be JSON and cut, not parsed, so that numbers stay
exact and a record is validated once, by whoever translates it. That is also why records are not held against the tap's
SCHEMA: the canonical model is the stricter judge, while taps often guess their schema from the first rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from patto_connectors.contract import Batch
from patto_connectors.singer import troubles

if TYPE_CHECKING:
    from patto_connectors.contract import Cursor
    from patto_connectors.singer.settings import SingerSettings

_OBJECT = b"{"


class _Message(msgspec.Struct):
    """One line; what its type does not have is empty."""

    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()
    value: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Message).decode


@dataclass(slots=True)
class Lines:
    """The bytes that came, cut into lines; one that does not end is not kept for ever."""

    most: int
    """Bytes that a line may have."""
    count: int = 0
    _whole: list[bytes] = field(default_factory=list)
    """Lines that wait, the next one last."""
    _begun: bytearray = field(default_factory=bytearray)

    def feed(self, chunk: bytes) -> None:
        """Take what came next; all whole lines of before have been taken out."""
        *whole, rest = chunk.split(b"\n")
        if whole:
            whole[0] = bytes(self._begun) + whole[0]
            self._begun.clear()
            self._whole = whole[::-1]
        self._begun += rest

    def rest(self) -> bytes:
        """Give what is left at the end: a last line may lack its end, or be cut off."""
        return bytes(self._begun)

    def next(self) -> bytes | None:
        """Give the next whole line, if there is one.

        Raises:
            Malformed: `tap.line_size`.
        """
        if not self._whole:
            self._within(self._begun)
            return None
        self.count += 1
        line = self._whole.pop()
        self._within(line)
        return line

    def _within(self, line: bytes | bytearray) -> None:
        if len(line) > self.most:
            raise troubles.line_size(self.most, self.count + (line is self._begun), bytes(line[: troubles.KEPT]))


@dataclass(slots=True)
class Gathering:
    """The page that is being made of a tap's messages, and the last STATE.

    A STATE covers the records that were said before it, and nothing else does. So the cursor of a page is the last
    STATE that came before the page was closed: whatever it covers is in this page or in one before. Records after it
    are read again next time, and recognised.
    """

    settings: SingerSettings
    spoke: bool = False
    """Whether a message came at all."""
    _garbage: int = 0
    _size: int = 0
    _rows: list[bytes] = field(default_factory=list)
    _troubles: list[tuple[str, str, bytes]] = field(default_factory=list)
    _state: str | None = None
    _told: str | None = None
    """The STATE of the page before."""
    _number: int = 0

    @property
    def full(self) -> bool:
        """Whether it is a page."""
        return len(self._rows) + len(self._troubles) >= self.settings.page or self._size >= self.settings.page_bytes

    @property
    def empty(self) -> bool:
        """Whether it would tell nothing."""
        return self.bare and self._state == self._told

    @property
    def bare(self) -> bool:
        """Whether there is at most a STATE in it."""
        return not self._rows and not self._troubles

    def take(self, line: bytes, number: int, *, cut: bool = False) -> None:
        """Take a line, counted from 1; one that may be cut off is let go if it is no message.

        Raises:
            Malformed: `tap.garbage` or `tap.state`.
            Refused: `tap.batch`.
        """
        try:
            message = _decode(line)
        except (msgspec.DecodeError, RecursionError):
            if line.strip() and not cut:
                self._aside(line, number, "tap.line")
            return
        self.spoke = True
        kind = message.type.upper()  # the specification: types are read without regard to case
        if kind == "RECORD":
            if message.stream == self.settings.stream:
                self._record(bytes(message.record), line, number)
        elif kind == "STATE":
            self._keep(bytes(message.value), line, number)
        elif kind == "BATCH":
            raise troubles.batch()

    def page(self, *, complete: bool = False) -> Batch:
        """Close the page; `complete` says that it is the last one of a whole snapshot."""
        rows, aside, self._rows, self._troubles, self._size = self._rows, self._troubles, [], [], 0
        self._number += 1
        self._told = self._state
        return Batch(
            rows=rows,
            content=b"\n".join(rows),
            media_type="application/x-ndjson",
            name=f"page {self._number}",
            positions=[f"riga {number}" for number in range(1, len(rows) + 1)],
            cursor=self._cursor(),
            troubles=aside,
            complete=complete,
        )

    def _cursor(self) -> Cursor | None:
        if self._state is None or self.settings.snapshot:
            return None
        return {"state": self._state}

    def _record(self, row: bytes, line: bytes, number: int) -> None:
        if row.startswith(_OBJECT):
            self._rows.append(row)
            self._size += len(row)
        else:
            self._aside(line, number, "json.row")

    def _keep(self, state: bytes, line: bytes, number: int) -> None:
        if len(state) > self.settings.limits.state:
            raise troubles.state_size(self.settings.limits.state)
        try:
            self._state = state.decode() or self._state
        except UnicodeDecodeError:
            self._aside(line, number, "tap.line")

    def _aside(self, line: bytes, number: int, code: str) -> None:
        """Set aside a line that is no message: it may be a record, so its bytes are kept."""
        self._garbage += 1
        if self._garbage > self.settings.limits.garbage:
            raise troubles.garbage(self.settings.limits.garbage, number, line)
        self._troubles.append((f"riga {number}", code, line))
        self._size += len(line)


def state_of(after: Cursor | None, settings: SingerSettings) -> bytes | None:
    """Give the STATE to go on from, as the tap wrote it."""
    if settings.snapshot:
        return None
    if after is not None and isinstance(state := after.get("state"), str):
        return state.encode()
    return None if settings.start_state is None else msgspec.json.encode(dict(settings.start_state))
