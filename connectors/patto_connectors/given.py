"""What the hub gives a source that needs more than its settings: whom it may ask about, and what was handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from patto_connectors.batch import Batch
    from patto_connectors.errors import Malformed
    from patto_schemas.model.base import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person in an open pact, about whom a source may ask its partner."""

    person: Name
    """As `("cf", ...)`: goes into the body of a request, never into an address or a log."""
    pact: Name
    """The pact, as other partners' records may name it: `("local:ambito_le_1", "PA-000042")`."""
    position: str
    """Where to go on after this one; small, without personal data, good in a cursor."""


class Subjects(Protocol):
    """The people about whom a source may ask: only those whose open pacts its partner's organisation may know.

    Asking about somebody tells the partner that the person is in the programme; so what consent hides from the
    organisation is hidden from its source too.
    """

    async def after(self, position: str | None, most: int) -> Sequence[Subject]:
        """Give at most `most` people after a position, in a fixed order; fewer only at the end."""
        ...

    async def find(self, scheme: str, value: str) -> Subject | None:
        """Give the person of this name with its newest open pact; None if the source may not know one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A body that a partner handed in at the hub's door; it was on disk before it was answered."""

    number: int
    """Grows in the order of arrival; the cursor of what was read."""
    name: str
    """The number of its receipt; what `Batch.name` should say, so that the receipt tells what became of the rows."""
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How what a partner hands in is read, and how it is answered in the partner's own format."""

    media_types: tuple[str, ...]
    """What may come, as `application/json`; anything else is refused before it is kept."""
    rows: Callable[[Pushed], Iterable[Batch]]
    """Turns a body into pages; runs in a thread. Raises `Malformed` for a body that is not the agreed format."""
    answer: Callable[[Pushed], tuple[bytes, str]] | None = None
    """The answer's body and media type, where the partner expects its own (SOAP); None: the hub's receipt as JSON.

    Raises `Malformed` for a body that must not be kept at all. May be called again for a body that comes again, with
    the number of the first receipt.
    """
    blanks: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    """Makes an empty file to be filled in by hand, by media type; none where the agreed format is no table."""
    refuse: Callable[[Malformed], tuple[bytes, str, int]] | None = None
    """What such a body is answered, where the partner expects its own (a SOAP Fault): body, media type, HTTP status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the hub gives to a source that asks for it."""

    subjects: Subjects
    pushed: Callable[[int], AsyncIterator[Pushed]]
    """Gives what was handed in for this stream after a number, in order of arrival, and ends where there is no more."""
