"""A pact's measures as policies of the SAP: what happens to them, in an order that the SAP allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from patto_schemas.chronicle.chance import after, between, instant, weighted
from patto_schemas.chronicle.told import History, Step, history, in_order
from patto_schemas.identity import policy
from patto_schemas.model import Measure
from patto_schemas.model.measure import MeasureEvent, MeasureKind
from patto_schemas.rules.measures import DRIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from patto_schemas.chronicle.pact import Road
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.told import Change

FOLLOWS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "01": frozenset({"02", "03", "04", "06", "13"}),
        "02": frozenset({"05", "07", "08", "09", "10", "12", "14", "15"}),
        "09": frozenset({"02", "05", "07", "08", "12", "14", "15"}),
        "10": frozenset({"11"}),
    }
)
"""Which event may come after which; after the others comes none."""
WITH_PACT: Final[Mapping[str, str]] = MappingProxyType(
    {"completed": "10", "lapsed": "12", "withdrawn": "05", "revoked": "08", "cancelled": "07", "transformed": "14"}
)
"""How a running measure ends when its pact does."""
BEFORE: Final = MappingProxyType({"": 88, "03": 3, "04": 4, "06": 3, "13": 2})
"""What comes before a start, if anything."""
OWN: Final = MappingProxyType({"10": 80, "05": 8, "15": 4, "08": 2, "07": 2, "12": 2, "14": 2})
"""How a measure ends of itself."""
PROJECT: Final = "01"


@dataclass(frozen=True, slots=True)
class Policy:
    """One measure: how it is first written down, and all that happens to it."""

    base: Measure
    events: tuple[MeasureEvent, ...]
    extends: bool = True
    """Whether a suspension puts the planned end off."""

    @property
    def policy_id(self) -> str:
        """The identifier that every partner knows."""
        return str(self.base.policy_id)

    def on(self, code: str) -> date | None:
        """Give the day of the last event of a code."""
        return next((event.on for event in reversed(self.events) if event.code == code), None)

    def spans(self) -> tuple[tuple[date, date], ...]:
        """Give the stretches in which the measure runs: from each start to the day before it stops, or its last one."""
        pairs = zip(self.events, self.events[1:], strict=False)
        return tuple(
            (one.on, other.on if other.code == "10" else other.on - timedelta(1))
            for one, other in pairs
            if one.code == "02"
        )


def proposed(who: Dweller, part: int, kind: MeasureKind, code: str, on: date) -> Measure:
    """Write a measure down as it is proposed."""
    promoter = who.centre.organisation.value
    return Measure(
        measure_id=who.key("MI", part),
        pact_id=who.key("PA"),
        type=kind,
        activity_code=code,
        project_code=PROJECT,
        policy_id=policy.policy_id(who.sequence(part), promoter, code, on),
        take_in_charge_id=who.other_key("PC"),
        promoter_code=promoter,
    )


def event(code: str, on: date) -> MeasureEvent:
    """Give an event."""
    return MeasureEvent(code=code, on=on)


def refused(on: date, code: str, when: date) -> tuple[MeasureEvent, ...]:
    """Give the events of a measure that comes to nothing before it starts."""
    return event("01", on), event(code, max(on, when))


def happens(luck: Random, way: Road, on: date, start: date, end: date) -> tuple[MeasureEvent, ...]:
    """Let a measure that is proposed on a day take its course: never started, suspended with the pact, ended by it."""
    before = weighted(luck, BEFORE)
    if before or start >= way.ends:
        stop = before or "06"
        return refused(on, stop, between(luck, on, min(start, way.ends) if stop != "13" else start))
    events = [event("01", on), event("02", start)]
    ending = weighted(luck, OWN)
    rest = _rest(luck, way, start, end)
    if rest is not None and rest[0] < way.ends:
        events.append(event("09", rest[0]))
        if rest[1] >= way.ends:
            return (*events, event(WITH_PACT[way.end] if way.end != "completed" else "05", way.ends))
        events.append(event("02", rest[1]))
        end += rest[1] - rest[0]
    stop_on = end if ending == "10" else between(luck, events[-1].on + timedelta(7), end)
    if stop_on >= way.ends:
        ending, stop_on = WITH_PACT[way.end], max(way.ends, events[-1].on)
    return (*events, event(ending, stop_on), *accounted(luck, ending, stop_on))


def _rest(luck: Random, way: Road, start: date, end: date) -> tuple[date, date] | None:
    """Give the pact's suspension where it falls into the measure, or now and then one of the measure's own."""
    if way.rest is not None and start < way.rest[0] < end:
        return way.rest
    if way.rest is None and (end - start).days > 60 and luck.random() < 0.08:  # noqa: PLR2004 - long ones, one in twelve
        first = between(luck, start + timedelta(20), end - timedelta(20))
        return first, after(luck, first, 7, 25)
    return None


def measure_history(teller: str, luck: Random, made: Policy, *, lag: int = 0, may_vanish: bool = False) -> History:
    """Give a measure's history at a teller, who notes each event up to `lag` days later."""
    steps = [
        Step(instant(luck, each.on + timedelta(luck.randint(0, lag))), _event(each, extends=made.extends))
        for each in made.events
    ]
    return history(teller, made.base, in_order(steps), may_vanish=may_vanish, may_age=True)


def _event(happened: MeasureEvent, *, extends: bool) -> Change:
    """Note an event, and the date that it fixes (rule R5); a measure that goes on is not ended any more."""

    def change(measure: Measure) -> dict[str, object]:
        fields: dict[str, object] = {"events": (*measure.events, happened)}
        driven = DRIVEN.get(happened.code)
        if driven is not None:
            fields[driven] = happened.on
        if happened.code == "02":
            fields["ended_on"] = None
            if extends and measure.ended_on is not None and measure.planned_end_on is not None:
                fields["planned_end_on"] = measure.planned_end_on + (happened.on - measure.ended_on)
        return fields

    return change


def otherwise(luck: Random, made: Policy) -> Policy | None:
    """Give what a centre has got wrong of a measure: another ending, another day, none; None: nothing to err in."""
    last = made.events[-1]
    earlier = made.events[:-1]
    if last.code not in {"05", "10"} or len(earlier) < 2:  # noqa: PLR2004 - proposed and started
        return None
    wrong = weighted(luck, {"day": 5, "code": 3, "open": 2})
    if wrong == "open":
        return replace(made, events=earlier)
    code = {"05": "10", "10": "05"}[last.code] if wrong == "code" else last.code
    on = max(earlier[-1].on, last.on - timedelta(luck.randint(1, 12))) if wrong == "day" else last.on
    return replace(made, events=(*earlier, event(code, on)))


def at_centre(made: Policy, pact_scheme: str) -> Policy:
    """Give the same measure as the centre keeps it: by its policy's name, its pact by the Ambito's key."""
    policy_id = cast("str", made.base.policy_id)
    base = made.base.model_copy(update={"measure_id": policy_id, "pact_scheme": pact_scheme})
    return replace(made, base=base)


def accounted(luck: Random, code: str, on: date) -> tuple[MeasureEvent, ...]:
    """Give the event by which a finished measure is accounted for, as most are."""
    if code != "10" or luck.random() < 0.4:  # noqa: PLR2004 - some never are
        return ()
    return (event("11", after(luck, on, 20, 60)),)
