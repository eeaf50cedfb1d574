"""Who may read what: whole worlds against a model that knows the rules and nothing of the routing code.

Several Ambiti, an employment centre and a school say things in random order: persons shared by pacts of different
Ambiti, consents given, taken back and given again before and after the records, measures that name another partner's
pact, corrections, removals. After each world every organisation reads its feeds to the end; what it holds is compared
with what the model, a few lines of set arithmetic over the newest word of each partner, lets it know. The same model
says about whom its sources may ask, and what its deliveries may show beside a record.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, field
from random import Random

import pytest

from patto_connectors.contract import Batch
from patto_hub.feeds import pages
from patto_hub.feeds.views import FEEDS
from patto_hub.jobs import Limits
from patto_hub.ledger import dossiers, partners, subjects
from patto_hub.testing.subscribed import whole
from patto_schemas.model import AttendanceMonth, Enrolment, Measure, Pact, Person

WORLDS = int(os.environ.get("PATTO_SCOPE_WORLDS", "200"))
CODES = ("RSSMRA85T10A562S", "BNCLCU80A01A662F")
DISTRICTS = {"fg1": ("ambito", "FG/1"), "le1": ("ambito", "LE/1")}
SENDERS = {**DISTRICTS, "centre": ("cpi_11", "D643C000123"), "school": ("piva", "00743110157")}
READERS = {**SENDERS, "coop": ("piva", "01234567890")}
MODELS = {
    "pact": Pact,
    "person": Person,
    "measure": Measure,
    "enrolment": Enrolment,
    "attendance_month": AttendanceMonth,
}
STEPS = 10
NOW = 1_760_000_000_000
KEY = b"k" * 32
TWISTS = ("locals", "twins", "moves", "rehang", "gone")
"""What a world may have: names that only one partner knows, two persons of one name, corrections, removals."""


def translate(row):
    row = dict(row)
    return MODELS[row.pop("is")](**row)


@dataclass
class World:
    """What the partners have said so far: the newest row of each (partner, kind, key)."""

    chance: Random
    twists: frozenset
    said: dict = field(default_factory=dict)
    gone: set = field(default_factory=set)
    stamp: int = 0

    def say(self, partner, kind, key, **fields):
        self.stamp += 1
        row = {"is": kind, f"{kind.removesuffix('_day')}_id": key, "revision": self.stamp, **fields}
        self.said[partner, kind, key] = row
        self.gone.discard((partner, kind, key))
        return row

    def remove(self, partner):
        """Let a partner no longer have something; gives the rows that it still has."""
        mine = {place: row for place, row in self.said.items() if place[0] == partner and place not in self.gone}
        placed = [place for place in mine if place[1] == "person" or dossier(self.said, place) is not None]
        if not placed or len(mine) == 1:  # an empty listing removes nothing
            return []
        lost = self.chance.choice(sorted(placed))
        self.gone.add(lost)
        return [row for place, row in mine.items() if place != lost]

    def act(self):
        """Let a partner say something, new or again; gives the partner and the row."""
        partner = self.chance.choice([*DISTRICTS, *DISTRICTS, *SENDERS])
        kinds = {"fg1": ("pact", "pact", "person", "measure"), "centre": ("measure", "person")}
        kinds["le1"], kinds["school"] = kinds["fg1"], ("enrolment", "attendance_month", "person")
        kind = self.chance.choice(kinds[partner])
        number = self.chance.randint(1, 2)
        return partner, getattr(self, kind)(partner, number)

    def pact(self, partner, number):
        local = "locals" in self.twists and number == 1
        return self.say(
            partner,
            "pact",
            f"P-{number}",
            person_scheme="local" if local else "cf",
            person_id=self.first(
                (partner, "pact", f"P-{number}"),
                "person_id",
                f"H-{self.chance.randint(1, 2)}" if local else self.chance.choice(CODES),
            ),
            ambito=DISTRICTS[partner][1],
            scheme="ReD_3",
            status=self.chance.choice(("active", "active", "suspended", "completed")),
            identifiers=[{"scheme": "cup", "value": f"CUP-{partner}-{number}"}],
            consents=[self.consent() for _ in range(self.chance.randint(0, 3))],
        )

    def first(self, place, name, value):
        """A reference: what the row said first, unless this world corrects references."""
        before = self.said.get(place)
        hangs = place[1] in ("measure", "enrolment")
        waits = hangs and before is not None and dossier(self.said, place) is None  # corrected when it has been placed
        corrects = ("rehang" if hangs else "moves") in self.twists and not waits
        return value if before is None or corrects else before[name]

    def consent(self):
        scheme, value = READERS[self.chance.choice(sorted(READERS))]
        return {
            "organisation_scheme": scheme,
            "organisation_id": value,
            "from_domain": "social",
            "granted": self.chance.random() < 0.7,
            "at": "2026-01-01T10:00:00Z",
        }

    def person(self, partner, number):
        code = CODES[number - 1] if "twins" not in self.twists else self.chance.choice(CODES)
        codes = self.first((partner, "person", f"H-{number}"), "identifiers", [{"scheme": "cf", "value": code}])
        if "twins" in self.twists and "moves" in self.twists and self.chance.random() < 0.2:
            codes = [{"scheme": "cf", "value": each} for each in CODES]
        return self.say(
            partner,
            "person",
            f"H-{number}",
            identifiers=codes,
            given_name="Maria",
            family_name="Rossi",
            sex="F",
            birth_date="1985-12-10",
        )

    def measure(self, partner, number):
        known = [place for place in self.said if place[1] == "pact"]
        again = (partner, "measure", f"M-{number}") in self.said and known  # a correction names what there is
        district, _, key = self.chance.choice(known) if again else (self.chance.choice(sorted(DISTRICTS)), 0, "")
        other = int(key[2:]) if again else self.chance.randint(1, 2)
        scheme, value = ("local", f"P-{other}") if district == partner else ("cup", f"CUP-{district}-{other}")
        scheme, value = (
            self.first((partner, "measure", f"M-{number}"), name, each)
            for name, each in (("pact_scheme", scheme), ("pact_id", value))
        )
        _, provider = READERS[self.chance.choice(("school", "coop"))]
        return self.say(
            partner,
            "measure",
            f"M-{number}",
            pact_scheme=scheme,
            pact_id=value,
            policy_id=policy(partner, number),
            provider_scheme="piva",
            provider_id=provider,
            type="training",
            activity_code="C06",
        )

    def enrolment(self, partner, number):
        return self.say(
            partner,
            "enrolment",
            f"E-{number}",
            person_id=self.chance.choice(CODES),
            policy_id=self.first(
                (partner, "enrolment", f"E-{number}"),
                "policy_id",
                self.named_policy((partner, "enrolment", f"E-{number}")),
            ),
            type="course",
            status="enrolled",
        )

    def named_policy(self, place):
        known = [other for other in self.said if other[1] == "measure" and dossier(self.said, other) is not None]
        if place in self.said and known:
            return self.said[self.chance.choice(known)]["policy_id"]
        return policy(self.chance.choice(("fg1", "le1", "centre")), self.chance.randint(1, 2))

    def attendance_month(self, partner, number):
        return self.say(
            partner,
            "attendance_month",
            f"A-{number}",
            enrolment_id=f"E-{number}",
            month="2026-03",
            attended_hours=str(self.chance.randint(1, 99)),
            status="draft",
        )


def policy(partner, number):
    return f"16{sorted(SENDERS).index(partner):04X}{number:04X}A"


# --- the model ------------------------------------------------------------------------------------------------------


def model(said, gone):
    """Give, by reader, the records (partner, kind, key, revision) that the rules let it hold."""
    told = {place: may_know(row, place[0]) for place, row in said.items() if place[1] == "pact"}
    told |= {place: frozenset() for place in gone if place in told}
    held = {reader: set() for reader in READERS}
    for place, row in said.items():
        if place in gone:
            continue
        readers = audience(said, gone, told, place)
        for reader in () if readers is None else readers | {place[0]}:
            held[reader].add((*place, row["revision"]))
    return held


def may_know(pact, partner):
    """Whoever sent the pact, and whomever its last word about an organisation admits."""
    last = {(each["organisation_scheme"], each["organisation_id"]): each["granted"] for each in pact["consents"]}
    admitted = {reader for reader, name in READERS.items() if last.get(name)}
    return admitted | {partner}


def audience(said, gone, told, place):
    if place[1] == "person":
        return {reader for pact in about(said, gone, place) for reader in told[pact]}
    pact = dossier(said, place)
    return None if pact is None else told[pact]


def about(said, gone, place):
    """The pacts that name a person by a name that no other person of the same partner has."""
    others = [other for other in said.keys() - gone if other[:2] == place[:2] and other != place]
    taken = {name for other in others for name in names(said[other], other)}
    mine = names(said[place], place) - taken
    return [pact for pact, row in said.items() if pact[1] == "pact" and whom(row, pact[0]) in mine]


def names(person, place):
    return {(each["scheme"], each["value"]) for each in person["identifiers"]} | {(f"local:{place[0]}", place[2])}


def whom(pact, partner):
    scheme = pact["person_scheme"]
    return (f"local:{partner}" if scheme == "local" else scheme, pact["person_id"])


def dossier(said, place):
    """The pact that a record hangs on, or None while it waits."""
    partner, kind, _ = place
    row = said[place]
    if kind == "pact":
        return place
    if kind == "measure":
        own = (partner, "pact", row["pact_id"])
        district, _, number = row["pact_id"].removeprefix("CUP-").partition("-")
        wanted = own if row["pact_scheme"] == "local" else (district, "pact", f"P-{number}")
    elif kind == "enrolment":
        by = {other["policy_id"]: where for where, other in said.items() if where[1] == "measure"}
        wanted = by.get(row["policy_id"])
    else:
        wanted = (partner, "enrolment", row["enrolment_id"])
    return dossier(said, wanted) if wanted in said else None


def subjects_due(said, gone):
    """Give, by reader, the (tax code, partner, key) of the open pacts that it is told of."""
    due = {reader: set() for reader in READERS}
    for place, pact in said.items():
        if place[1] != "pact" or place in gone or pact["status"] == "completed":
            continue
        for code in codes(said, gone, place):
            for reader in may_know(pact, place[0]):
                due[reader].add((code, place[0], place[2]))
    return due


def codes(said, gone, place):
    """The tax code of whom a pact is about, as a set of one or none: the first that is that person's alone."""
    partner, scheme, value = place[0], said[place]["person_scheme"], said[place]["person_id"]
    if scheme == "cf":
        return {value}
    person = (partner, "person", value)
    if person not in said or person in gone:
        return set()
    others = [other for other in said.keys() - gone if other[:2] == person[:2] and other != person]
    taken = {name for other in others for name in names(said[other], other)}
    mine = [each for each in said[person]["identifiers"] if (each["scheme"], each["value"]) not in taken]
    return {each["value"] for each in mine[:1]}


def beside_due(said, gone, reader, place):
    """Give the revisions of all that is in the dossiers of a record, as far as the reader is told of them."""
    told = {pact for pact, row in said.items() if pact[1] == "pact" and reader in may_know(row, pact[0])} - gone
    mine = told.intersection(dossiers_of(said, gone, place))
    return {
        row["revision"]
        for other, row in said.items()
        if other not in gone and mine.intersection(dossiers_of(said, gone, other))
    }


def dossiers_of(said, gone, place):
    if place[1] == "person":
        return set() if place in gone else set(about(said, gone, place))
    return {dossier(said, place)}


# --- the hub --------------------------------------------------------------------------------------------------------


async def holdings(bench, chance):
    """Read every feed to its end for every reader, page by page, and give what each then holds."""
    held = {}
    for reader, name in READERS.items():
        number = bench.ledger.write_now(partners.organisations, (name,))[name]
        mine = held[reader] = {}
        for feed in FEEDS:
            cursor, more = None, True
            while more:
                page = await pages.read(
                    bench.ledger,
                    subscription=whole(feed, reader),
                    reader=pages.Reader(partner=reader, organisation=number),
                    key=KEY,
                    cursor=cursor,
                    limit=chance.randint(1, 9),
                    now=NOW,
                )
                for item in page.items:
                    mine.pop(item["id"], None)
                    if item["change"] == "upsert":
                        mine[item["id"]] = (item["source"], item["kind"], json.loads(bytes(item["data"])))
                cursor, more = page.next_cursor, page.has_more
    return held


async def play(bench, seed):
    chance = Random(seed)
    twists = frozenset(twist for twist in TWISTS if chance.random() < 0.5)
    world = World(chance, twists)
    for _ in range(STEPS):
        if "gone" in twists and chance.random() < 0.25:
            partner = chance.choice(sorted(SENDERS))
            rows = world.remove(partner)
            if rows:
                await take(bench, partner, rows, complete=True)
            continue
        partner, row = world.act()
        rows = [row]
        while chance.random() < 0.3:
            other, more = world.act()
            if other == partner:
                rows.append(more)
            else:
                await take(bench, partner, rows)
                partner, rows = other, [more]
        await take(bench, partner, rows)
    return world, await holdings(bench, chance)


async def take(bench, partner, rows, **more):
    raw = [json.dumps(row).encode() for row in rows]
    bench.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
    outcome = await bench.take(
        Batch(rows=raw, **more),
        translate=translate,
        name=f"{partner}/all",
        organisation=SENDERS[partner],
        limits=Limits(page_seconds=5, seconds=20, vanish_share=1.0),
    )
    assert (outcome.balance.quarantined, outcome.balance.refused) == (0, 0)


def differences(bench, world, held):
    """Give what readers hold and must not, and what they lack."""
    due = model(world.said, world.gone)
    found = []
    for reader in READERS:
        has = set()
        for partner, kind, shown in held[reader].values():
            key = shown[f"{kind}_id"]
            (revision,) = bench.ask(
                "SELECT v.ord FROM head h JOIN partner p ON p.id = h.partner_id JOIN record_version v"
                " ON v.id = h.version_id WHERE p.name = ? AND h.kind = ? AND h.key = ?",
                partner,
                kind,
                key,
            )[0]
            has.add((partner, kind, key, revision))
        found += [f"{reader} holds {each} and must not" for each in sorted(has - due[reader])]
        found += [f"{reader} lacks {each}" for each in sorted(due[reader] - has)]
    return found


def asked_wrongly(bench, world):
    """Give about whom sources could ask and must not, and whom they miss; page by page, and by name."""
    due = subjects_due(world.said, world.gone)
    found = []
    for reader, name in READERS.items():
        number = bench.ledger.write_now(partners.organisations, (name,))[name]
        met, position = [], None
        while some := bench.ledger.read_now(subjects.after, number, position, world.chance.randint(1, 3)):
            met += [(each.person.value, each.pact.scheme.removeprefix("local:"), each.pact.value) for each in some]
            assert {each.person.scheme for each in some} == {"cf"}
            position = some[-1].position
        assert len(met) == len(set(met))
        found += [f"{reader} may ask about {each} and must not" for each in sorted(set(met) - due[reader])]
        found += [f"{reader} may not ask about {each}" for each in sorted(due[reader] - set(met))]
        for code in CODES:
            subject = bench.ledger.read_now(subjects.find, number, "cf", code)
            newest = next((pact for pact in reversed(met) if pact[0] == code), None)
            if (None if subject is None else subject.pact.value) != (None if newest is None else newest[2]):
                found.append(f"{reader} finds {subject} for {code}, not {newest}")
    return found


def shown_wrongly(bench, world):
    """Give the records beside which a delivery would show something else than the model says."""
    heads = {
        (partner, kind, key): number
        for number, partner, kind, key in bench.ask(
            "SELECT h.id, p.name, h.kind, h.key FROM head h JOIN partner p ON p.id = h.partner_id"
        )
    }
    found = []
    for reader, name in READERS.items():
        number = bench.ledger.write_now(partners.organisations, (name,))[name]
        people = [head for (_, kind, _), head in heads.items() if kind == "person"]
        held = bench.ledger.read_now(dossiers.beside, list(heads.values()), list(MODELS), number, persons=people)
        for place, head in heads.items():
            shown = {json.loads(payload)["revision"] for _, payload in held.get(head, ())}
            due = set() if place in world.gone else beside_due(world.said, world.gone, reader, place)
            if place not in world.gone and shown != due:
                found.append(f"{reader} is shown {sorted(shown)} beside {place}, not {sorted(due)}")
            elif not shown <= set().union(*(beside_due(world.said, world.gone, reader, each) for each in world.said)):
                found.append(f"{reader} is shown {sorted(shown)} beside {place}, which is gone")
    return found


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_reader_holds_asks_and_is_shown_what_the_rules_let_it_know(make_bench, tmp_path, seed):
    ledger = make_bench.ledger(tmp_path)
    bench = make_bench(ledger)
    try:
        world, held = asyncio.run(play(bench, seed))
        assert differences(bench, world, held) == []
        assert asked_wrongly(bench, world) == []
        assert shown_wrongly(bench, world) == []
    finally:
        ledger.close()
