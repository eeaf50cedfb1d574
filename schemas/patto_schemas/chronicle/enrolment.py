"""How an enrolment follows its measure: the turns that the measure's events bring."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.chronicle.chance import after, instant
from patto_schemas.chronicle.told import Step
from patto_schemas.model.training import Certificate, Enrolment, Exit

if TYPE_CHECKING:
    from random import Random

    from patto_schemas.chronicle.measures import Policy
    from patto_schemas.chronicle.told import Change
    from patto_schemas.model.measure import MeasureEvent

STATUS: Final = MappingProxyType(
    {
        "02": "enrolled",
        "09": "suspended",
        "10": "completed",
        "05": "withdrawn",
        "14": "withdrawn",
        "07": "cancelled",
        "08": "excluded",
        "12": "excluded",
        "15": "excluded",
        "03": "cancelled",
        "04": "cancelled",
        "06": "cancelled",
        "13": "cancelled",
    }
)
"""An enrolment's status after each event of its measure; 01 and 11 leave it as it is."""


def turns(luck: Random, made: Policy, *, begins: str = "01", certificate: bool = False) -> list[Step]:
    """Give an enrolment's turns from the first event of a code on; a finished course may bring a certificate."""
    codes = [each.code for each in made.events]
    if begins not in codes:
        return []
    steps = []
    for each in made.events[codes.index(begins) :]:
        if each.code in STATUS:
            steps.append(Step(instant(luck, each.on, (12, 18)), _turn(each)))
        if each.code == "10" and certificate and luck.random() < 0.9:  # noqa: PLR2004 - a few fail the exam
            steps.append(_certified(luck, each))
    return steps


def _turn(event: MeasureEvent) -> Change:
    def change(enrolment: Enrolment) -> dict[str, object]:
        fields: dict[str, object] = {"status": STATUS[event.code], "status_on": event.on}
        if event.code == "02":
            fields["started_on"] = enrolment.started_on or event.on
        elif event.code != "09":
            fields["ended_on"] = event.on
            if enrolment.started_on is not None:
                fields["exit"] = Exit(on=event.on, reason=event.code)
        return fields

    return change


def _certified(luck: Random, event: MeasureEvent) -> Step:
    on = after(luck, event.on, 5, 15)
    number = f"AT-{on.year}-{luck.randrange(10**6):06}"
    given = Certificate(code="FREQ", issued_on=on, credential_id=number)
    return Step(instant(luck, on), lambda _: {"certificate": given})
