"""Social monitoring: somebody visits the borrower, first within a month of the money, then every two or three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

from patto_schemas.chronicle.chance import after, chance, instant, weighted
from patto_schemas.chronicle.told import History, Step, history
from patto_schemas.model import Visit

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from patto_schemas.chronicle.people import Dweller

FIRST: Final = (8, 28)
"""Days after the disbursement; thirty are the most (rule of social monitoring)."""
PLACES: Final = {"home": 6, "workplace": 3, "office": 2, "remote": 1}


def visits(who: Dweller, loan_id: str, paid: date, over: date) -> tuple[History, ...]:
    """Give the visits to a borrower, until the loan or the world ends."""
    luck = chance(who.settings.seed, "visits", loan_id)
    on, found = after(luck, paid, *FIRST), list[History]()
    until = min(over, who.settings.ends_on)
    while on <= until:
        later = after(luck, on, 60, 90)
        row = _visit(who, luck, loan_id, (len(found) + 1, on, later if later <= over else None))
        found.append(
            history(who.lender.code, row, [Step(instant(luck, after(luck, on, 0, 2)), lambda _: {})], may_vanish=True)
        )
        on = later
    return tuple(found)


def _visit(who: Dweller, luck: Random, loan_id: str, when: tuple[int, date, date | None]) -> Visit:
    number, on, later = when
    return Visit(
        visit_id=who.other_key("VI", number),
        pact_id=who.protocol,
        pact_scheme="inps_protocol",
        loan_id=loan_id,
        on=on,
        visitor=f"OP-{luck.randint(1, 12):02}",
        place=cast("Literal['home', 'workplace', 'office', 'remote']", weighted(luck, PLACES)),
        progress=luck.choice((1, 2, 2, 3)),
        risk_flags=("RATE_ARRETRATE",) if luck.random() < 0.1 else (),  # noqa: PLR2004 - now and then
        next_visit_on=later,
    )
