"""A page of a partner, on its way in or out, as connectors and the hub hand it to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Row: TypeAlias = bytes | Mapping[str, Any]
"""One row as the partner wrote it: the raw JSON slice (fast lane), or its fields by the partner's names."""

Cursor: TypeAlias = Mapping[str, Any]
"""Where to go on: a small JSON object whose meaning only its source knows. The hub keeps it, never reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One page of a source: the bytes as they came, its rows, and where to go on once it is kept."""

    rows: Sequence[Row]
    content: bytes = b""
    """The bytes as they came (after transport decoding), kept in the inbox; empty for a sink's batch."""
    media_type: str = "application/json"
    name: str = ""
    """What the page is called for people: a file name or `page 3`; never a query with personal data."""
    place: str = "$[{}]"
    """Where row i stands, with `{}` for i: `$.items[{}]`; used where `positions` is empty."""
    positions: Sequence[str] = ()
    """Where each row stands when a template does not say it: `riga 12`, `/catalog/provider[1]/course[2]`."""
    cursor: Cursor | None = None
    """Where to go on after this page; None leaves the stored cursor where it is. Of a sink's batch: which changes it
    holds, as `{"from": 1, "to": 500}`."""
    troubles: Sequence[tuple[str, str, bytes]] = ()
    """Parts of the page that are no rows: (position, issue code, bytes); each is quarantined."""
    complete: bool = False
    """True on the last page of a full snapshot: what it did not name has disappeared at the partner."""
    replaces: tuple[str, ...] = ()
    """On the last page of a cumulative file (rule R13): the beginnings of keys of which the file, that is all pages of
    this `name`, was the whole content. What else this stream knows under them is deleted as this page is recorded."""

    def position(self, index: int) -> str:
        """Say where row `index` (from 0) stands in the page, for a person."""
        return self.positions[index] if self.positions else self.place.format(index)
