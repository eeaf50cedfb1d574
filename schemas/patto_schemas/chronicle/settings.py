"""How large the invented world is, and how often its people and its operators are late, forget and err."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import Field, field_validator

from patto_schemas.codes.territory import ambiti
from patto_schemas.model.base import Model

STARTS_ON: Final = date(2024, 1, 8)
"""A Monday, far enough back that two years of story are past for whoever reads them."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A part of one."""


class Rates(Model):
    """How often things go otherwise than they should; all shares are of one, and 0 switches a thing off."""

    late: Share = 0.05
    """Tellings that come days after what they tell."""
    lateness_days: Annotated[int, Field(ge=1, le=60)] = 20
    """The most days that a late telling takes."""
    mistakes: Share = 0.02
    """Tellings with an operator's mistake in them; a later telling of the same record mends each."""
    missing: Share = 0.01
    """Facts that their teller forgets: half for ever, where nothing else hangs on them, the others for months."""
    differing: Share = 0.05
    """Measures and addresses of which an employment centre says something else than the Ambito."""
    consenting: Share = 0.8
    """Answers of yes, when people are asked whether a partner may read along."""
    withdrawing: Share = 0.02
    """Answers of yes that are taken back later."""
    absent: Share = 0.1
    """Days of a register on which the person is not there."""
    corrections: Share = 0.02
    """Days of a register that are put right afterwards, as an absence for which a certificate comes."""
    rectified: Share = 0.04
    """Employment communications that are sent again, put right or annulled."""


class WorldSettings(Model):
    """What decides the whole invented world: the same settings give the same world, to the byte."""

    seed: int = 0
    """Another number is another world."""
    people: Annotated[int, Field(ge=0)] = 12
    """People of each Ambito; a larger number adds people and leaves the first ones as they are."""
    ambiti: tuple[str, ...] = Field(default_factory=lambda: tuple(each.code for each in ambiti()))
    """Codes of the Ambiti that take part; fewer leave each other one as it is."""
    starts_on: date = STARTS_ON
    """The first simulated day."""
    days: Annotated[int, Field(ge=1, le=3660)] = 730
    """How many days are simulated; what would happen later is not told."""
    rates: Rates = Rates()
    """How often people and operators do otherwise than they should."""

    @field_validator("ambiti")
    @classmethod
    def _exist(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(codes) - {each.code for each in ambiti()})
        if unknown:
            raise ValueError(f"no Ambito has the code {', '.join(unknown)}: take codes of ambiti.csv, as LE/1")
        return tuple(dict.fromkeys(codes))

    @property
    def ends_on(self) -> date:
        """The first day that is not simulated any more."""
        return self.starts_on + timedelta(self.days)
