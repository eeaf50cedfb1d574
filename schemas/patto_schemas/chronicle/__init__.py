"""An invented world over two years, told by every partner of the programme: for fake partners, demonstrations, tests.

The same invented people move through pact, measures, courses, internships, jobs, loan and visits, in 45 Ambiti and 257
municipalities; what their partners say of them is sometimes late, missing, different or wrong, as often as `Rates` say.

    world = chronicle(WorldSettings(ambiti=("LE/1",)))
    for told in world.told("LE/1", until=Calendar().at(elapsed=30)):
        ...  # told.at, told.record, told.mistake
"""

from __future__ import annotations

from patto_schemas.chronicle.chronicle import Chronicle, chronicle
from patto_schemas.chronicle.mistakes import MISTAKES, wrong_letter
from patto_schemas.chronicle.pace import Calendar
from patto_schemas.chronicle.settings import Rates, WorldSettings
from patto_schemas.chronicle.told import Teller, Told

__all__ = [
    "MISTAKES",
    "Calendar",
    "Chronicle",
    "Rates",
    "Teller",
    "Told",
    "WorldSettings",
    "chronicle",
    "wrong_letter",
]
