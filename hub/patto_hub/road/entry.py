"""What travels along the road: a record, flattened to the columns that the ledger keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_connectors.contract import Batch


Pair: TypeAlias = tuple[str, str]
"""A name as (scheme, value): equal to a `Name`, and twice as fast to send to another process."""
Wanted: TypeAlias = tuple[str, Pair]
"""A need as (kind, name)."""


class Entry(NamedTuple):
    """One canonical record as plain values, so that it can cross to the ledger's thread or from a worker process."""

    kind: str
    key: str
    digest: bytes
    """BLAKE2b-128 of the canonical payload and its extras."""
    short: int
    """The same content as a keyed 64-bit digest, signed: what the ledger compares with."""
    order: int | None
    valid_from: int | None
    """Business time in milliseconds; None: the time at which it became known."""
    payload: str
    extra: str | None
    warnings: str | None
    names: tuple[Pair, ...]
    needs: tuple[Wanted, ...]
    organisations: tuple[Pair, ...]
    allows: tuple[tuple[Pair, bool], ...]
    persons: tuple[Pair, ...]


class Failure(NamedTuple):
    """Why a row was set aside, or refused: for quarantine, with nothing personal in it."""

    issues: str
    """JSON list of issues."""
    code: str
    owner: str
    kind: str | None = None
    key: str | None = None
    refused: bool = False
    """True: out of scope, not to be kept at all."""


Said: TypeAlias = tuple[tuple[Entry, ...], tuple[Failure, ...]]
"""What one row came to: its records, and why parts of it could not be taken."""


class Known(NamedTuple):
    """A row whose records are all current already: nothing of it is parsed or written."""

    heads: tuple[int, ...]
    run_id: int
    """The newest run among those that read its heads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a source with the digests of its rows, and what became of each row so far."""

    batch: Batch
    raw: Sequence[bytes]
    """Each row's own bytes, for quarantine."""
    digests: Sequence[int]
    trouble_digests: Sequence[int]
    """Of the parts of the page that are no rows."""
    content_digest: bytes
    content: bytes | None = None
    """The page as it came, compressed; None where the inbox has it."""
    mark: int = 0
    """The ledger's newest version when `known` was looked up."""
    known: Mapping[int, Known] = field(default_factory=dict)
    """By row digest."""
    said: Mapping[int, Said] = field(default_factory=dict)
    """By row index: every row that is not known."""
    drift: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(field, added | missing | retyped) and how often."""
