"""The contract of a connector: values and protocols, nothing to inherit from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel

from patto_connectors.batch import Batch, Cursor, Row
from patto_connectors.given import Door, Given, Pushed, Subject, Subjects
from patto_schemas.model.base import Entity

__all__ = [
    "Answered",
    "Batch",
    "Connector",
    "Cursor",
    "Door",
    "Given",
    "Listener",
    "Outcome",
    "Pushed",
    "Receipt",
    "Render",
    "Row",
    "RowOutcome",
    "Sink",
    "Source",
    "Subject",
    "Subjects",
    "Told",
    "Translate",
]

S = TypeVar("S", bound=BaseModel)

Translate: TypeAlias = type[Entity] | Callable[[Mapping[str, Any]], Entity | Iterable[Entity]]
"""A wire model (the partner's names as aliases on canonical fields), or a pure function from a row to records.

A wire model is an `Entity` subclass with `extra="allow"`: what it does not name is kept as an extra and noted as drift.
A function raises `pydantic.ValidationError`, `ValueError` or `KeyError` for a row that it cannot translate.
"""


Render: TypeAlias = Callable[[Entity], Mapping[str, Any]] | Callable[[Entity, Sequence[Entity]], Mapping[str, Any]]
"""From a canonical record to a partner's row; takes the records of `Connector.beside` too, where that is not empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a sink brings back: how many items the partner took, and the partner's own reference."""

    accepted: int
    reference: str = ""
    digest: str = ""
    """SHA-256 in hex of the bytes that were handed over, where there were bytes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver said later of something that it was handed."""

    reference: str
    """Of the receipt that was given for it."""
    accepted: int
    refused: Mapping[str, str] = field(default_factory=dict)
    """Code by the id of the item; no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What became of one row that a partner sent: for the partner's eyes, in words it can act on."""

    position: str
    """Where the row stands, as its batch said: `riga 12`."""
    verdict: str
    """A class of the balance sheet: `new`, `changed`, `unchanged`, `duplicate`, `parked`, `quarantined`, `refused`."""
    code: str = ""
    """The issue's code, where there is one."""
    message: str = ""
    """What is wrong and how to mend it, in Italian, without personal data."""
    message_en: str = ""
    """The same in English."""
    owner: str = ""
    """Who can fix it: `partner`, `ambito`, `engineer` or `region`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of all that came under one `Batch.name`, told when the run is closed."""

    name: str
    counts: Mapping[str, int]
    """The balance of these rows, by class; `read` too."""
    rows: Sequence[RowOutcome] = ()
    """At least each row that is not well, in the order of the file."""


class Listener(Protocol):
    """A source that passes on what became of its rows; the hub finds the ability by its presence."""

    async def tell(self, outcome: Outcome) -> None:
        """Take note after the rows are kept; being told the same twice must be harmless."""
        ...


class Source(Protocol):
    """Reads a partner, page by page, after a cursor."""

    def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield pages in the partner's order; the hub asks for the next one when this one is kept or in hand.

        Raises:
            Trouble: one of the four errors; pages yielded before stay good.
        """
        ...


class Sink(Protocol):
    """Writes to a partner."""

    async def write(self, batch: Batch) -> Receipt:
        """Hand over one batch; a repeat of the same batch must be harmless.

        Raises:
            Trouble: one of the four errors.
        """
        ...


class Answered(Protocol):
    """A sink whose receivers answer later; the hub finds the ability by its presence."""

    async def answers(self, references: Sequence[str]) -> Sequence[Told]:
        """Give what receivers have said so far of what carries these references.

        Raises:
            Trouble: one of the four errors.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector(Generic[S]):
    """One stream of a partner kind: how to read it, how to translate it, how to write it.

    Raises:
        ValueError: it names two ways to read, or `beside` without a `render`.
    """

    name: str
    """The stream's name within its partner kind, as `pacts`; a job is called `<partner>/<name>`."""
    settings: type[S]
    source: Callable[[S], Source] | None = None
    asks: Callable[[S, Given], Source] | None = None
    """Makes a source that needs more than settings: whom it may ask about, what was handed in. Instead of `source`."""
    door: Callable[[S], Door] | None = None
    """Lets the partner hand in what it has; without `source` and `asks`, that is all that this stream reads."""
    translate: Translate | None = None
    key_of: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None
    """Gives the kind and key of the record that a row would be, as far as the row says it, where `translate` is a
    function that could not read it: a later good row then mends it, and a cumulative file is not unsure about it."""
    sink: Callable[[S], Sink] | None = None
    render: Render | None = None
    beside: tuple[str, ...] = ()
    """Kinds of the same dossier that `render` is handed beside the changed record, all through the feed's views."""
    kinds: tuple[str, ...] = ()
    """The entity kinds that `translate` may give."""
    summary: Mapping[str, str] = field(default_factory=dict)
    """One line for people, by language: `{"it": "...", "en": "..."}`."""

    def __post_init__(self) -> None:
        if self.source is not None and (self.asks is not None or self.door is not None):
            raise ValueError(f"{self.name}: `source` reads alone; what asks, or is handed in, is another stream")
        if self.beside and self.render is None:
            raise ValueError(f"{self.name}: `beside` is for `render`, and there is none")

    @property
    def reads(self) -> bool:
        """Whether the hub reads this stream; otherwise it writes it."""
        return self.source is not None or self.asks is not None or self.door is not None
