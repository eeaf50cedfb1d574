"""Registers of attendance: the days of an enrolment, month by month, written only when somebody asks for a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from patto_schemas.chronicle.chance import after, chance, instant, weighted, working_days
from patto_schemas.chronicle.told import History, Step, history
from patto_schemas.model import AttendanceDay, AttendanceMonth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from patto_schemas.chronicle.settings import WorldSettings
    from patto_schemas.model.training import AttendanceKind

EVENING: Final = (16, 19)
TAIL: Final = timedelta(days=150)
"""How long after a month's end the last of it may be told: closing, payment, lateness."""
OVERLOOKED: Final = 0.3
"""The part of the months with a lost indemnity that are closed as if it were due, and put right when they are paid."""
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """Who is to be where on which days; what becomes of it is drawn day by day."""

    settings: WorldSettings
    teller: str
    enrolment_id: str
    spans: tuple[tuple[date, date], ...]
    """First and last day of each stretch between suspensions."""
    weekdays: tuple[int, ...]
    activity: str
    starts_at: str
    hours: int
    monthly: Decimal | None = None
    """The indemnity of a full month; None where months are not closed (courses)."""

    def months(self) -> tuple[date, ...]:
        """Give the first day of each month of the register."""
        found: list[date] = []
        for first, last in self.spans:
            month = first.replace(day=1)
            while month <= last:
                if not found or month > found[-1]:
                    found.append(month)
                month = month_end(month) + timedelta(1)
        return tuple(found)

    def planned(self, month: date) -> tuple[date, ...]:
        """Give the days of a month on which the person is to be there."""
        end = month_end(month)
        return tuple(
            day
            for first, last in self.spans
            for day in working_days(max(first, month), min(last, end))
            if day.weekday() in self.weekdays
        )

    def histories(self, month: date) -> Iterator[History]:
        """Give the history of each day of a month, then that of its closing."""
        days = [self._day(day) for day in self.planned(month)]
        yield from days
        if self.monthly is not None and days:
            yield self._closing(month, [cast("AttendanceDay", each.versions[-1].record) for each in days])

    def _day(self, day: date) -> History:
        luck, rates = chance(self.settings.seed, "day", self.enrolment_id, day), self.settings.rates
        kind = self._kind(luck)
        steps = [Step(instant(luck, day, EVENING), lambda _: {})]
        if kind == "unjustified_absence" and luck.random() < rates.corrections / max(rates.absent, rates.corrections):
            excuse = luck.choice(("justified_absence", "illness"))
            steps.append(Step(instant(luck, after(luck, day, 2, 15)), lambda _: {"attendance": excuse}))
        elif luck.random() < rates.corrections:
            steps.append(Step(instant(luck, after(luck, day, 1, 7)), _signed))
        return history(self.teller, self._row(day, kind), steps, may_vanish=True)

    def _kind(self, luck: Random) -> AttendanceKind:
        if luck.random() >= self.settings.rates.absent:
            return "present"
        weights = {"justified_absence": 4, "illness": 3, "unjustified_absence": 3}
        return cast("AttendanceKind", weighted(luck, weights))

    def _row(self, day: date, kind: AttendanceKind) -> AttendanceDay:
        there = kind == "present"
        return AttendanceDay(
            attendance_id=f"{self.enrolment_id}/{day}",
            enrolment_id=self.enrolment_id,
            day=day,
            attendance=kind,
            hours=Decimal(self.hours) if there else NOTHING,
            starts_at=self.starts_at if there else None,
            ends_at=f"{int(self.starts_at[:2]) + self.hours:02}{self.starts_at[2:]}" if there else None,
            activity=self.activity,
            signed_by_trainee=there,
            signed_by_tutor=True,
        )

    def _closing(self, month: date, days: list[AttendanceDay]) -> History:
        luck = chance(self.settings.seed, "month", self.enrolment_id, month)
        closed = after(luck, month_end(month), 2, 7)
        sent, paid = after(luck, closed, 1, 5), after(luck, closed, 10, 30)
        first = self._month(month, days)
        steps = [
            Step(instant(luck, closed), lambda _: {"status": "closed", "closed_on": closed}),
            Step(instant(luck, sent), lambda _: {"status": "sent"}),
            Step(instant(luck, paid), lambda _: {"status": "paid", "amount_due": first.amount_due}),
        ]
        if luck.random() < 0.3:  # noqa: PLR2004 - some show the month before it is closed
            steps.append(Step(instant(luck, month_end(month), EVENING), lambda _: {}))
        overlooked = first.unjustified_hours and luck.random() < OVERLOOKED
        told = first.model_copy(update={"amount_due": self.monthly}) if overlooked else first
        return history(self.teller, told, steps, may_vanish=True)

    def _month(self, month: date, days: list[AttendanceDay]) -> AttendanceMonth:
        hours = Decimal(self.hours)
        attended = sum((day.hours or NOTHING for day in days), NOTHING)
        unexcused = hours * sum(day.attendance == "unjustified_absence" for day in days)
        planned = hours * len(days)
        due = NOTHING if unexcused else (self.monthly or NOTHING)  # Reg. reg. Puglia 8/2016
        return AttendanceMonth(
            attendance_month_id=f"{self.enrolment_id}/{month:%Y-%m}",
            enrolment_id=self.enrolment_id,
            month=f"{month:%Y-%m}",
            planned_hours=planned,
            attended_hours=attended,
            justified_hours=planned - attended - unexcused,
            unjustified_hours=unexcused,
            status="draft",
            amount_due=due,
        )


def _signed(day: AttendanceDay) -> dict[str, object]:
    """A signature that was forgotten on the day."""
    return {"signed_by_trainee": day.attendance == "present", "signed_by_tutor": True}


def month_end(month: date) -> date:
    """Give the last day of the month that a day begins."""
    return (month.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)
