"""A chapter of a person's story, as the writers of chapters give it to whoever puts the story together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from patto_schemas.chronicle.measures import Policy
    from patto_schemas.chronicle.register import Register
    from patto_schemas.chronicle.told import History, Step


class Part(NamedTuple):
    """One chapter of a person's story."""

    histories: tuple[History, ...] = ()
    registers: tuple[Register, ...] = ()
    consents: tuple[Step, ...] = ()
    """Changes of the pact: what the person has answered."""
    policies: tuple[Policy, ...] = ()
    """Measures of the chapter that the employment centre keeps too."""
    finished: date | None = None
    """The day on which the chapter's measure was finished (event 10); None: it was not."""
