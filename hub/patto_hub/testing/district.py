"""A simulated social district and a school: what their register holds, how it changes, and the jobs that read it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from patto_connectors.contract import Connector
from patto_connectors.http.settings import HttpSettings, Repeats, Timeouts
from patto_connectors.rest.settings import CursorPages, OffsetPages, ReadLimits, RestSettings, Since
from patto_connectors.rest.source import RestSource
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job, Limits
from patto_schemas.model.base import Name
from patto_schemas.model.measure import Measure
from patto_schemas.model.pact import Pact
from patto_schemas.model.training import Enrolment
from patto_schemas.model.wire import canonical_json, wire

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping

    from patto_connectors.testing.simulation_partner import Register
    from patto_schemas.model.base import Entity

PARTNER = "district"
SCHOOL = "school"
OWNER = {"pact": PARTNER, "measure": PARTNER, "enrolment": SCHOOL}
"""Which partner sends which kind; the school's enrolments name the district's measures."""
AMBITO = "FG/1"
ORGANISATIONS = {PARTNER: Name("ambito", AMBITO), SCHOOL: Name("cf", "92000000001")}
"""By what name records call each partner."""
OVERLAP = 120.0
"""Seconds before the highest mark that are asked for again."""
MONTH = 30 * 86_400.0
LATE = 60.0
"""Longest time after which a row with an earlier time stamp can still appear; shorter than the overlap."""
PROVIDERS = ("01234567897", "00743110157", "12345670017")


class DistrictPact(Pact):
    """A pact as the simulated district sends it."""

    model_config = wire(Pact)


class DistrictMeasure(Measure):
    """A measure as the simulated district sends it."""

    model_config = wire(Measure)


class SchoolEnrolment(Enrolment):
    """An enrolment as the simulated school sends it."""

    model_config = wire(Enrolment)


MODELS: dict[str, type[Entity]] = {"pact": DistrictPact, "measure": DistrictMeasure, "enrolment": SchoolEnrolment}


@dataclass(slots=True)
class District:
    """The people of the district and of the school, who write into the register at random."""

    register: Register
    chance: random.Random
    removes: bool = False
    """Whether enrolments are also taken out of the register, so that only their absence tells of it."""
    count: Counter[str] = field(default_factory=Counter)
    promised: set[tuple[str, str]] = field(default_factory=set)
    """What others already name and nobody has entered yet."""

    def begin(self, rows: int) -> None:
        """Enter the rows of the last month: nobody has read them yet."""
        for age in sorted((self.chance.uniform(0, MONTH) for _ in range(rows)), reverse=True):
            self.change(late=age, valid=True)

    def work(self) -> None:
        """Do one thing as it is done every day: seldom wrongly, sometimes with a time stamp that is a little old."""
        late = 0.0 if self.chance.random() < 0.7 else self.chance.uniform(1, LATE - 5)
        self.change(late=late, valid=self.chance.random() < 0.93)

    def change(self, *, late: float, valid: bool) -> None:
        """Enter or change a row; of a register that forgets, perhaps remove one."""
        known = [name for name in self.register.versions if name not in self.register.gone]
        enrolments = [key for kind, key in known if kind == "enrolment"]
        if self.removes and enrolments and self.chance.random() < 0.2:
            self.register.remove("enrolment", self.chance.choice(enrolments))
        elif not known or self.chance.random() < 0.5:
            kind = self.chance.choice(sorted(MODELS)) if known else "pact"
            self.count[kind] += 1
            self.enter(kind, f"{kind[0].upper()}-{self.count[kind]}", late=late, valid=valid)
        else:
            self.enter(*self.chance.choice(sorted(known)), late=late, valid=valid)

    def settle(self) -> None:
        """Enter what others wait for, and correct what is wrong, until nobody waits."""
        while True:
            wrong = {
                (kind, key)
                for kind in ("pact", "measure")
                for key, version in self.register.listing(kind)
                if not version.valid
            }
            if not wrong | self.promised:
                return
            for kind, key in sorted(wrong | self.promised):
                self.enter(kind, key, late=0.0, valid=True)

    def enter(self, kind: str, key: str, *, late: float, valid: bool) -> None:
        """Enter a version of a row."""
        self.promised.discard((kind, key))
        number = int(key[2:])
        self.count[kind] = max(self.count[kind], number)
        made = {"pact": self.pact, "measure": self.measure, "enrolment": self.enrolment}[kind](key, number)
        if not valid:
            made |= {"status": "sospeso?"} if kind == "pact" else {"type": None}
        self.register.put(kind, key, made, late=late, valid=valid)

    def pact(self, key: str, number: int) -> dict[str, Any]:
        """Make a version of a pact."""
        return {
            "pact_id": key,
            "person_id": f"PERS-{number}",
            "person_scheme": "local",
            "ambito": AMBITO,
            "scheme": "ReD_3",
            "status": self.chance.choice(("signed", "active", "suspended")),
            "household_size": self.chance.randint(1, 9),
            "consents": [
                {
                    "organisation_scheme": "piva",
                    "organisation_id": provider,
                    "from_domain": "social",
                    "granted": self.chance.random() < 0.7,
                    "at": "2026-01-01T10:00:00Z",
                }
                for provider in self.chance.sample(PROVIDERS, self.chance.randint(0, 2))
            ],
        }

    def measure(self, key: str, number: int) -> dict[str, Any]:
        """Make a version of a measure, perhaps of a pact that comes later."""
        return {
            "measure_id": key,
            "pact_id": self.named("measure", key, "pact_id", "pact"),
            "policy_id": policy(number),
            "type": "social_service",
            "activity_code": "A06",
            "proposed_on": "2014-01-10",
            "planned_hours": self.chance.randint(10, 400),
        }

    def enrolment(self, key: str, number: int) -> dict[str, Any]:
        """Make a version of an enrolment, perhaps for a measure that comes later."""
        measure = self.named("enrolment", key, "note", "measure")
        return {
            "enrolment_id": key,
            "person_id": f"PERS-{number}",
            "person_scheme": "local",
            "policy_id": policy(int(measure[2:])),
            "type": "service",
            "status": self.chance.choice(("requested", "admitted", "enrolled")),
            "note": measure,
        }

    def named(self, kind: str, key: str, field_name: str, other: str) -> str:
        """Give what a row names: what its first version did, or something known, or what comes next."""
        known = self.register.versions.get((kind, key))
        if known:
            return str(known[0].fields[field_name])
        number = self.chance.randint(1, self.count[other] + (self.chance.random() < 0.2 or not self.count[other]))
        name = f"{other[0].upper()}-{number}"
        if (other, name) not in self.register.versions:
            self.promised.add((other, name))
        return name


def policy(number: int) -> str:
    """Give the policy identifier of a measure."""
    return f"16{number:08X}A"


def expected(register: Register, kind: str) -> dict[str, dict[str, Any]]:
    """Give the canonical payload of each row that is right now, by key."""
    return {
        key: json.loads(canonical_json(MODELS[kind].model_validate_json(json.dumps(fields))))
        for key, fields in register.valid(kind).items()
    }


def covered(register: Register, kind: str, cursor: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Give the rows that will not come again to a reader with this cursor of `RestSource`, unless they change."""
    step = cursor.get("step") or {}
    marks = [step["cursor"].split(" ")[0] if "cursor" in step else None, cursor.get("since")]
    reached = [datetime.fromisoformat(mark) for mark in marks if mark]
    return register.passed_by(kind, max(reached) - timedelta(seconds=OVERLAP)) if reached else ()


def readable(organisation: Name, held: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give what an organisation may read of the records in force: brute force over each record's own words.

    The partner that sent a record reads it; so does whoever its dossier's pact names and admits.
    """
    measures = {payload["policy_id"]: key for (kind, key), payload in held.items() if kind == "measure"}
    for (kind, key), payload in held.items():
        measure = measures.get(payload["policy_id"]) if kind == "enrolment" else key if kind == "measure" else None
        pact = key if kind == "pact" else held["measure", measure]["pact_id"] if measure else None
        consents = held.get(("pact", pact or ""), {}).get("consents", ())
        last = {consent["organisation_id"]: consent["granted"] for consent in consents}
        if (
            organisation == ORGANISATIONS[OWNER[kind]]
            or (organisation == ORGANISATIONS[PARTNER] and pact is not None)
            or last.get(organisation.value)
        ):
            yield kind, key


def name_of(row: bytes) -> tuple[str, str] | None:
    """Read (kind, key) out of a quarantined row; None for a broken page."""
    try:
        fields = json.loads(row)
    except ValueError:
        return None
    for kind in ("enrolment", "measure", "pact"):
        if MODELS[kind].key_field in fields:
            return kind, fields[MODELS[kind].key_field]
    return None


def jobs(  # noqa: PLR0913 - what a script draws
    partners: Mapping[str, int],
    address: str,
    *,
    size: int,
    by_offset: bool = False,
    snapshot: bool = False,
    every_s: float = 30.0,
) -> dict[str, Job]:
    """Give the jobs that read the district and the school, by partners' numbers; `snapshot` concerns enrolments."""
    return {
        f"{OWNER[kind]}/{kind}": Job(
            name=f"{OWNER[kind]}/{kind}",
            partner=OWNER[kind],
            partner_id=partners[OWNER[kind]],
            plugin="simulated",
            connector=Connector(
                name=kind, settings=RestSettings, source=RestSource, translate=MODELS[kind], kinds=(kind,)
            ),
            settings=listing(kind, address, size=size, by_offset=by_offset, snapshot=snapshot and kind == "enrolment"),
            schedule=Schedule(every_s=every_s),
            limits=Limits(stop_after_bad=1_000, vanish_share=1.0),
        )
        for kind in MODELS
    }


def listing(kind: str, address: str, *, size: int, by_offset: bool, snapshot: bool) -> RestSettings:
    """Give the settings of one listing."""
    return RestSettings(
        http=HttpSettings(
            base_url=address,
            timeouts=Timeouts(connect=5, read=10, total=30, rate=0),
            repeats=Repeats(attempts=3, first=0.5, longest=15),
        ),
        path=kind,
        pages=OffsetPages(overlap=5) if by_offset and not snapshot else CursorPages(),
        size=size,
        since=None if snapshot else Since(overlap=OVERLAP),
        snapshot=snapshot,
        limits=ReadLimits(pages=500),
    )
