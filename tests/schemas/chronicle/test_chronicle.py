import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from patto_schemas import LOCAL, Name, canonical_json
from patto_schemas.chronicle import Rates, WorldSettings, chronicle
from patto_schemas.issues import Severity
from patto_schemas.model import ENTITIES
from patto_schemas.rules import check

NOON = datetime(2024, 9, 16, 12, tzinfo=UTC)
FINGERPRINT = """
from hashlib import sha256
from patto_schemas import canonical_json
from patto_schemas.chronicle import WorldSettings, chronicle
world, digest = chronicle(WorldSettings(seed=5, ambiti=("BT/2",), people=6)), sha256()
for teller in world.tellers():
    for told in world.told(teller):
        digest.update(f"{told.at} {told.teller} {told.mistake}".encode() + canonical_json(told.record))
print(digest.hexdigest())
"""


def known_as(teller, name):
    """A name as the hub keeps it: what is local is its teller's."""
    return Name(teller.scheme, name.value) if name.scheme == LOCAL else name


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_same_settings_tell_the_same_bytes_in_every_process(hash_seed):
    def run(salt):
        command = [sys.executable, "-c", FINGERPRINT]
        return subprocess.run(command, env={"PYTHONHASHSEED": salt}, capture_output=True, check=True, text=True).stdout

    assert run(hash_seed) == run("1")


def test_another_seed_is_another_world():
    one, other = (chronicle(WorldSettings(seed=seed, ambiti=("LE/1",))) for seed in (1, 2))

    codes = [
        {told.record.identifiers[0].value for told in each.told("LE/1") if told.record.kind == "person"}
        for each in (one, other)
    ]
    assert codes[0].isdisjoint(codes[1])


def test_every_record_told_is_valid_and_keeps_every_rule(everything):
    issues = Counter(
        (told.record.kind, issue.code, issue.severity)
        for told_by in everything.values()
        for told in told_by
        for issue in check(told.record)
    )

    assert {key: count for key, count in issues.items() if key[2] is Severity.ERROR} == {}
    assert issues == {}, "warnings that the world gives rise to"


def test_every_record_is_one_that_its_model_reads_back(world):
    for teller in ("LE/1", "centro_impiego_11", "catalogo_puglia", "cooperativa_17", "microcredito_2", "banca"):
        for told in world.told(teller, until=datetime(2025, 1, 1, tzinfo=UTC)):
            model = ENTITIES[told.record.kind]
            assert model.model_validate_json(canonical_json(told.record)) == told.record


def test_a_teller_tells_in_order_and_nothing_before_it_was_saved(everything):
    for told_by in everything.values():
        assert [told.at for told in told_by] == sorted(told.at for told in told_by)
        assert all(told.record.modified_at is not None and told.at >= told.record.modified_at for told in told_by)
        assert all(told.at.tzinfo is UTC for told in told_by)


def test_a_record_grows_from_telling_to_telling(everything):
    for told_by in everything.values():
        last = {}
        for told in told_by:
            record, name = told.record, (told.record.kind, told.record.key)
            if name in last:
                assert record.revision > last[name].revision
                assert record.modified_at > last[name].modified_at
            last[name] = record


def test_every_reference_is_to_something_that_somebody_tells(everything):
    known = {
        (told.record.kind, known_as(teller, name))
        for teller, told_by in everything.items()
        for told in told_by
        for name in told.record.names()
    }

    asked = {
        (told.record.kind, need.kind, known_as(teller, need.name))
        for teller, told_by in everything.items()
        for told in told_by
        for need in told.record.needs()
    }
    assert asked
    assert {each for each in asked if each[1:] not in known} == set()


def test_lateness_lets_records_come_before_what_they_refer_to(everything):
    early = 0
    for teller, told_by in everything.items():
        known = set()
        for told in told_by:
            early += any(
                need.name not in known
                for need in told.record.needs()
                if teller.kind == "ambito" and need.kind == "pact"
            )
            known.update(told.record.names())

    assert early > 20


def test_partners_that_are_never_late_tell_in_the_order_of_what_happens(honest):
    told = honest.told("LE/1")

    assert [each.record.modified_at.date() for each in told] == sorted(each.record.modified_at.date() for each in told)


def test_what_is_told_in_steps_is_what_is_told_at_once(world):
    for teller in ("cooperativa_17", "catalogo_puglia", "LE/1"):
        start, end = NOON, NOON + timedelta(20)
        steps = [start + timedelta(hours=7 * number) for number in range(69)]
        pairs = zip(steps, [*steps[1:], end], strict=True)

        found = [told for after, until in pairs for told in world.told(teller, after=after, until=until)]
        assert found == world.told(teller, after=start, until=end)
        assert found


def test_a_month_of_a_register_is_told_within_the_time_in_which_it_is_looked_for(world):
    for teller in ("cooperativa_17", "catalogo_puglia"):
        for page in world._book(teller).pages:
            for told in world._month(page.register, page.month):
                assert page.first < told.at <= page.last


def test_one_ambito_invents_nobody_of_the_others():
    made = chronicle()

    made.told("LE/1", until=NOON)
    assert made.people_made == 12
    made.told("LE/1")
    assert made.people_made == 12


def test_days_of_attendance_are_written_only_for_the_time_that_is_asked_for():
    made = chronicle(WorldSettings(ambiti=("LE/1", "LE/5", "LE/9")))
    made.told("cooperativa_17", until=made.told("LE/1")[0].at)
    assert made._month.cache_info().misses == 0

    made.told("cooperativa_17", after=NOON, until=NOON + timedelta(1))
    months = made._month.cache_info().misses
    pages = len(made._book("cooperativa_17").pages)

    assert 0 < months < pages


def test_more_people_and_fewer_ambiti_leave_everybody_else_as_they_are():
    small = chronicle(WorldSettings(ambiti=("TA/7",), people=4))
    large = chronicle(WorldSettings(ambiti=("LE/1", "TA/7"), people=7))

    more = {(told.record.kind, told.record.key, told.record.revision): told for told in large.told("TA/7")}
    for told in small.told("TA/7"):
        assert more[told.record.kind, told.record.key, told.record.revision] == told


def test_every_ambito_and_every_municipality_has_somebody(everything):
    people = [told.record for teller, told_by in everything.items() if teller.kind == "ambito" for told in told_by]

    assert len({record.ambito for record in people if record.kind == "pact"}) == 45
    assert len({record.residence.municipality for record in people if record.kind == "person"}) == 257


def test_nobody_shares_a_tax_code(everything):
    people = {
        (record.person_id, record.identifiers[0].value)
        for teller, told_by in everything.items()
        if teller.kind == "ambito"
        for record in (told.record for told in told_by)
        if record.kind == "person"
    }

    assert len(people) == 45 * 12
    assert len({code for _, code in people}) == 45 * 12


def test_keys_that_partners_share_are_nobody_else_s(everything):
    owners = {}
    for teller, told_by in everything.items():
        for told in told_by:
            for name in told.record.names():
                if name.scheme in {"end_to_end", "co", "inps_protocol"}:
                    owners.setdefault((told.record.kind, name), set()).add((teller.code, told.record.key))

    assert {scheme for (_, (scheme, _)) in owners} == {"end_to_end", "co", "inps_protocol"}
    assert all(len(each) == 1 for each in owners.values())


def test_the_centre_tells_the_ambito_s_policies_by_the_same_identifier_and_mostly_agrees(world):
    told = [*world.told("LE/1"), *world.told("LE/4"), *world.told("LE/7"), *world.told("LE/10")]
    ambito = {each.record.policy_id: each.record for each in told if each.record.kind == "measure"}
    centre = {
        each.record.policy_id: each.record for each in world.told("centro_impiego_11") if each.record.kind == "measure"
    }

    assert centre
    assert centre.keys() <= ambito.keys()
    agreeing = sum(each.events == ambito[policy].events for policy, each in centre.items())
    assert len(centre) * 0.8 < agreeing < len(centre)
    assert {each.key for each in centre.values()}.isdisjoint({each.key for each in ambito.values()})


def test_honest_partners_tell_in_the_end_what_is_true(honest):
    for teller in honest.tellers():
        last = {(told.record.kind, told.record.key): told.record for told in honest.told(teller)}
        true = {(record.kind, record.key): record for record in honest.truth(teller)}

        stripped = {
            name: record.model_copy(update={"revision": None, "modified_at": None}) for name, record in last.items()
        }
        assert stripped == true


def test_the_truth_knows_more_than_forgetful_partners_tell():
    rates = Rates(missing=0.5)
    made = chronicle(WorldSettings(ambiti=("LE/1", "LE/5", "LE/9"), rates=rates))

    told = {(each.record.kind, each.record.key) for each in made.told("cooperativa_17")}
    true = {(record.kind, record.key) for record in made.truth("cooperativa_17")}

    assert told < true


def test_a_world_without_people_still_has_its_courses():
    made = chronicle(WorldSettings(people=0))

    assert made.told("LE/1") == []
    assert {told.record.kind for told in made.told("catalogo_puglia")} == {"course_offering"}


def test_tellers_are_those_who_have_somebody_to_tell_of():
    made = chronicle(WorldSettings(ambiti=("LE/1",)))

    assert Counter(teller.kind for teller in made.tellers()) == {
        "ambito": 1,
        "centre": 1,
        "catalogue": 1,
        "cooperative": 1,
        "lender": 1,
        "bank": 1,
    }
    assert made.teller("LE/1").partner == "ambito_le_1"
    with pytest.raises(KeyError):
        made.teller("LE/99")


def test_the_truth_without_registers_leaves_out_days_and_months_alone():
    made = chronicle(WorldSettings(people=4, ambiti=("LE/1",)))

    whole = [(record.kind, record.key) for record in made.truth("cooperativa_17")]
    short = [(record.kind, record.key) for record in made.truth("cooperativa_17", registers=False)]

    assert {kind for kind, _ in set(whole) - set(short)} == {"attendance_day", "attendance_month"}
    assert short == [each for each in whole if not each[0].startswith("attendance")]
