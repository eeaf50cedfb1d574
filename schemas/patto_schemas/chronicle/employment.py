"""What employers must report: internships and jobs in communications, which the employment centre tells on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from patto_schemas.chronicle.chance import after, chance, instant, weighted
from patto_schemas.chronicle.chapter import Part
from patto_schemas.chronicle.scene import vat
from patto_schemas.chronicle.territory import numbers
from patto_schemas.chronicle.told import History, Step, history, in_order
from patto_schemas.model.base import Name
from patto_schemas.model.employment import Communication, CommunicationType, Employment

if TYPE_CHECKING:
    from random import Random

    from patto_schemas.chronicle.measures import Policy
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.told import Change

CAUSES = {"10": "FT", "05": "DI", "15": "GC", "09": "SO"}
"""Why an internship ends, by the event that ends its measure; other events give the employer's word, `AL`."""


@dataclass(slots=True)
class _Notices:
    """The communications of one relationship as they are sent, and what each changes."""

    who: Dweller
    luck: Random
    part: int
    steps: list[Step] = field(default_factory=list)
    sent: int = 0

    def send(self, kind: CommunicationType, on: date, sent_on: date, **changes: object) -> str:
        """Send a communication on a day; gives its code."""
        code = self._code()
        self.steps.append(
            _step(self.luck, sent_on, Communication(code=code, type=kind, on=on, state="validated"), changes)
        )
        return code

    def put_right(self, kind: CommunicationType, on: date, sent_on: date, wrong: str, **changes: object) -> None:
        """Send a communication again in place of one that was wrong."""
        again = Communication(code=self._code(), type=kind, on=on, replaces=wrong, state="validated")
        self.steps.append(Step(instant(self.luck, sent_on), _instead(wrong, "rectified", again, changes)))

    def annul(self, sent_on: date, wrong: str) -> None:
        """Take a hire back."""
        self.steps.append(Step(instant(self.luck, sent_on), _instead(wrong, "annulled", None, {"status": "annulled"})))

    def _code(self) -> str:
        self.sent += 1
        return f"16{numbers()[self.who.ambito.code]:03}{self.who.number:07}{self.part:02}{self.sent:02}"


def _step(luck: Random, sent_on: date, sent: Communication, changes: dict[str, object]) -> Step:
    def change(job: Employment) -> dict[str, object]:
        return {"communications": (*job.communications, sent), **changes}

    return Step(instant(luck, sent_on), change)


def _instead(
    wrong: str, state: Literal["rectified", "annulled"], again: Communication | None, changes: dict[str, object]
) -> Change:
    def change(job: Employment) -> dict[str, object]:
        old = tuple(
            each.model_copy(update={"state": state}) if each.code == wrong else each for each in job.communications
        )
        return {"communications": old if again is None else (*old, again), **changes}

    return change


def internship_notices(who: Dweller, made: Policy, promoter: Name, place: Name) -> tuple[History, ...]:
    """Report an internship that has started: hire, an extension where it rested, the end."""
    start = next((event.on for event in made.events if event.code == "02"), None)
    if start is None:
        return ()
    luck, planned = chance(who.settings.seed, "notices", made.policy_id), made.base.planned_end_on or start
    notices = _Notices(who, luck, 1)
    first = _employment(who, 1, place, start).model_copy(
        update={
            "type": "internship",
            "contract_code": "C.01.00",
            "promoter_id": promoter.value,
            "promoter_scheme": promoter.scheme,
            "planned_end_on": planned,
            "weekly_hours": Decimal(20),
        }
    )
    hired = notices.send("ASS", start, start - timedelta(1))
    if luck.random() < who.settings.rates.rectified:
        notices.put_right("ASS", start, start + timedelta(3), hired, weekly_hours=Decimal(25))
    again = made.on("02")
    if again is not None and again != start:
        later = planned + (again - (made.on("09") or again))
        notices.send("PRO", later, again, planned_end_on=later)
    last = made.events[-1] if made.events[-1].code != "11" else made.events[-2]
    if last.code == "07":
        notices.annul(last.on, hired)
    else:
        cause = CAUSES.get(last.code, "AL")
        notices.send("CES", last.on, after(luck, last.on, 1, 5), ended_on=last.on, end_cause=cause, status="ended")
    return (history(who.centre.code, first, in_order(notices.steps), may_vanish=True, may_age=True),)


def job(who: Dweller, start: date) -> Part:
    """Let a person find work: for a while, for good, or, by an operator's mistake, not at all."""
    luck = chance(who.settings.seed, "job", who.ambito.code, who.number)
    place = vat(who.settings.seed, "employer", who.ambito.code, luck.randrange(5))
    notices, months = _Notices(who, luck, 2), luck.choice((2, 3, 6))
    planned = start + timedelta(30 * months)
    first = _employment(who, 2, Name("piva", place), start).model_copy(
        update={"type": "job", "contract_code": "A.02.00", "planned_end_on": planned, "weekly_hours": Decimal(30)}
    )
    urgent = luck.random() < 0.1  # noqa: PLR2004 - one in ten begins in a hurry
    hired = notices.send("URG" if urgent else "ASS", start, start - timedelta(0 if urgent else 1))
    if luck.random() < who.settings.rates.rectified:
        notices.annul(start + timedelta(2), hired)
        return Part((history(who.centre.code, first, in_order(notices.steps), may_vanish=True),))
    _goes_on(luck, notices, planned)
    return Part((history(who.centre.code, first, in_order(notices.steps), may_vanish=True, may_age=True),))


def _goes_on(luck: Random, notices: _Notices, planned: date) -> None:
    """Let a job end as agreed or before, be extended, become one without end, or pass to another employer."""
    turn = weighted(luck, {"CES": 40, "PRO": 25, "TRS": 25, "VAR": 5, "TRD": 5})
    near = planned - timedelta(3)
    if turn == "CES":
        notices.send("CES", planned, planned + timedelta(2), ended_on=planned, end_cause="AT", status="ended")
    elif turn == "PRO":
        later = planned + timedelta(90)
        notices.send("PRO", later, near, planned_end_on=later)
        notices.send("CES", later, later + timedelta(1), ended_on=later, end_cause="AT", status="ended")
    elif turn == "TRS":
        notices.send("TRS", planned, near, contract_code="A.01.00", planned_end_on=None)
    else:
        notices.send("VAR" if turn == "VAR" else "TRD", near, near)


def _employment(who: Dweller, part: int, place: Name, start: date) -> Employment:
    return Employment(
        employment_id=who.other_key("RL", part),
        person_id=who.cf,
        pact_id=who.key("PA"),
        pact_scheme=who.ambito.scheme,
        type="job",
        employer_id=place.value,
        employer_scheme=place.scheme,
        started_on=start,
        status="active",
    )
