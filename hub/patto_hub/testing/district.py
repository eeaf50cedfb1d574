"""A simulated social district: what its register holds, how it changes, and the jobs that read it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from patto_connectors.contract import Connector
from patto_connectors.http.settings import HttpSettings, Repeats, Timeouts
from patto_connectors.rest.settings import CursorPages, OffsetPages, ReadLimits, RestSettings, Since
from patto_connectors.rest.source import RestSource
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job, Limits
from patto_schemas.model.measure import Measure
from patto_schemas.model.pact import Pact
from patto_schemas.model.wire import canonical_json, wire

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

    from patto_connectors.testing.simulation_partner import Register
    from patto_schemas.model.base import Entity

PARTNER = "district"
AMBITO = "FG/1"
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


MODELS: dict[str, type[Entity]] = {"pact": DistrictPact, "measure": DistrictMeasure}


@dataclass(slots=True)
class District:
    """The people of the district, who write into its register at random."""

    register: Register
    chance: random.Random
    pacts: int = 0
    measures: int = 0
    promised: set[str] = field(default_factory=set)
    """Pacts that measures already name and that nobody has entered yet."""

    def begin(self, rows: int) -> None:
        """Enter the rows of the last month: nobody has read them yet."""
        for age in sorted((self.chance.uniform(0, MONTH) for _ in range(rows)), reverse=True):
            self.change(late=age, valid=True)

    def work(self) -> None:
        """Do one thing as it is done every day: seldom wrongly, sometimes with a time stamp that is a little old."""
        late = 0.0 if self.chance.random() < 0.7 else self.chance.uniform(1, LATE - 5)  # noqa: PLR2004
        self.change(late=late, valid=self.chance.random() < 0.93)  # noqa: PLR2004

    def change(self, *, late: float, valid: bool) -> None:
        """Enter or change a pact or a measure."""
        deed = self.chance.random()
        if deed < 0.25 or not self.pacts:  # noqa: PLR2004
            self.pacts += 1
            self.pact(f"P-{self.pacts}", late=late, valid=valid)
        elif deed < 0.45:  # noqa: PLR2004
            self.measures += 1
            self.measure(f"M-{self.measures}", late=late, valid=valid)
        else:
            kind, key = self.chance.choice(sorted(self.register.versions))
            (self.pact if kind == "pact" else self.measure)(key, late=late, valid=valid)

    def settle(self) -> None:
        """Enter the pacts that measures wait for, and correct every pact that is wrong."""
        wrong = {key for key, version in self.register.listing("pact") if not version.valid}
        for key in sorted(self.promised | wrong, key=lambda key: int(key[2:])):
            self.pact(key, late=0.0, valid=True)

    def pact(self, key: str, *, late: float, valid: bool) -> None:
        """Enter a version of a pact."""
        self.promised.discard(key)
        self.pacts = max(self.pacts, int(key[2:]))
        fields: dict[str, Any] = {
            "pact_id": key,
            "person_id": f"PERS-{key[2:]}",
            "person_scheme": "local",
            "ambito": AMBITO,
            "scheme": "ReD_3",
            "status": self.chance.choice(("signed", "active", "suspended")) if valid else "sospeso?",
            "household_size": self.chance.randint(1, 9),
            "consents": [
                {
                    "organisation_scheme": "piva",
                    "organisation_id": provider,
                    "from_domain": "social",
                    "granted": self.chance.random() < 0.7,  # noqa: PLR2004
                    "at": "2026-01-01T10:00:00Z",
                }
                for provider in self.chance.sample(PROVIDERS, self.chance.randint(0, 2))
            ],
        }
        self.register.put("pact", key, fields, late=late, valid=valid)

    def measure(self, key: str, *, late: float, valid: bool) -> None:
        """Enter a version of a measure, perhaps of a pact that comes later."""
        pact = self.chance.randint(1, self.pacts + (self.chance.random() < 0.2))  # noqa: PLR2004
        name = f"P-{pact}"
        if ("pact", name) not in self.register.versions:
            self.promised.add(name)
        known = self.register.versions.get(("measure", key))
        fields: dict[str, Any] = {
            "measure_id": key,
            "pact_id": known[-1].fields["pact_id"] if known else name,
            "type": "social_service",
            "activity_code": "A06",
            "proposed_on": "2014-01-10",
            "planned_hours": self.chance.randint(10, 400),
        }
        if not valid:
            del fields["type"]
        self.register.put("measure", key, fields, late=late, valid=valid)


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


def name_of(row: bytes) -> tuple[str, str] | None:
    """Read (kind, key) out of a quarantined row; None for a broken page."""
    try:
        fields = json.loads(row)
    except ValueError:
        return None
    for kind, model in MODELS.items():
        if model.key_field in fields and (kind == "measure" or "measure_id" not in fields):
            return kind, fields[model.key_field]
    return None


def jobs(partner_id: int, address: str, *, size: int, by_offset: bool = False, every_s: float = 30.0) -> dict[str, Job]:
    """Give the jobs that read the district: pacts and measures."""
    return {
        f"{PARTNER}/{kind}": Job(
            name=f"{PARTNER}/{kind}",
            partner=PARTNER,
            partner_id=partner_id,
            plugin="simulated",
            connector=Connector(
                name=kind, settings=RestSettings, source=RestSource, translate=MODELS[kind], kinds=(kind,)
            ),
            settings=RestSettings(
                http=HttpSettings(
                    base_url=address,
                    timeouts=Timeouts(connect=5, read=10, total=30, rate=0),
                    repeats=Repeats(attempts=3, first=0.5, longest=15),
                ),
                path=kind,
                pages=OffsetPages(overlap=5) if by_offset else CursorPages(),
                size=size,
                since=Since(overlap=OVERLAP),
                limits=ReadLimits(pages=500),
            ),
            schedule=Schedule(every_s=every_s),
            limits=Limits(stop_after_bad=1_000),
        )
        for kind in ("pact", "measure")
    }
