import itertools
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patto_schemas.chronicle import Rates, WorldSettings, chronicle
from patto_schemas.chronicle.measures import FOLLOWS
from patto_schemas.chronicle.scene import scene
from patto_schemas.chronicle.story import story
from patto_schemas.codes import table
from patto_schemas.issues import Severity
from patto_schemas.model import ENTITIES
from patto_schemas.rules import check

AMBITI = sorted(table("ambiti"))
PACT_ROAD = {row.code: set(row.more["next"].split()) for row in table("pact_states").current()}


def of(seed, ambito, number, **more):
    teller = next(each for each in scene(seed).tellers if each.code == ambito)
    return story(WorldSettings(seed=seed, **more), teller, number)


def versions(told, kind):
    return [[each.record for each in line.versions] for line in told.histories if line.versions[0].record.kind == kind]


anybody = st.tuples(st.integers(0, 2**32), st.sampled_from(AMBITI), st.integers(1, 400))


@settings(max_examples=75)
@given(anybody)
def test_every_version_of_everybody_keeps_the_rules(who):
    told = of(*who)

    records = [each.record for line in told.histories for each in (*line.versions, *line.otherwise)]
    assert [
        (issue.code, record.kind) for record in records for issue in check(record) if issue.severity is Severity.ERROR
    ] == []


@settings(max_examples=50)
@given(anybody)
def test_every_version_of_everybody_is_what_its_model_would_read(who):
    for line in of(*who).histories:
        for each in (*line.versions, *line.otherwise):
            assert ENTITIES[each.record.kind].model_validate(each.record.model_dump()) == each.record


@settings(max_examples=75)
@given(anybody)
def test_a_pact_goes_only_where_its_state_may_go(who):
    (pact,) = versions(of(*who), "pact")

    states = [each.status for each in pact]
    changes = [(one, other) for one, other in itertools.pairwise(states) if one != other]
    assert [change for change in changes if change[1] not in PACT_ROAD[change[0]]] == []
    assert pact[0].status in {"draft", "proposed"}


@settings(max_examples=75)
@given(anybody)
def test_events_of_a_measure_follow_each_other_as_the_sap_allows(who):
    for measure in versions(of(*who), "measure"):
        events = measure[-1].events
        assert events[0].code == "01"
        assert [each.on for each in events] == sorted(each.on for each in events)
        for one, other in itertools.pairwise(events):
            assert other.code in FOLLOWS[one.code]
        for shorter, longer in itertools.pairwise(measure):
            assert longer.events[: len(shorter.events)] == shorter.events


@settings(max_examples=75)
@given(anybody)
def test_nobody_has_two_open_pacts_of_service(who):
    told = of(*who)

    orientations = [each for each in versions(told, "measure") if each[-1].activity_code == "A02"]
    assert len({each[-1].policy_id for each in orientations}) <= 1


@settings(max_examples=100)
@given(anybody)
def test_a_loan_follows_the_pact_s_mode(who):
    told = of(*who)
    (pact,), loans = versions(told, "pact"), versions(told, "loan")
    finished = [
        event.on
        for measure in versions(told, "measure")
        if measure[-1].type in {"training", "internship"}
        for event in measure[-1].events
        if event.code == "10"
    ]

    for loan in loans:
        assert pact[-1].loan_mode != "none"
        if pact[-1].loan_mode == "downstream":
            assert finished
            assert loan[0].requested_on > min(finished)
        else:
            assert {measure[-1].type for measure in versions(told, "measure")}.isdisjoint({"training", "internship"})


@settings(max_examples=100)
@given(anybody)
def test_the_first_visit_comes_within_thirty_days_of_the_money(who):
    told = of(*who)

    for loan in versions(told, "loan"):
        for money in (each for each in loan[-1].disbursements if each.on + timedelta(30) < WorldSettings().ends_on):
            visited = [visit[0].on for visit in versions(told, "visit")]
            assert money.on < min(visited) <= money.on + timedelta(30)


@settings(max_examples=100)
@given(anybody)
def test_money_is_lent_within_the_ceilings_and_comes_back_to_the_cent(who):
    for loan in versions(of(*who), "loan"):
        last = loan[-1]
        assert last.amount <= (25_000 if last.regime == "business" else 10_000)
        assert last.months <= 60
        if last.disbursements:
            assert sum(each.amount for each in last.instalments) == last.amount
        if last.status == "repaid":
            assert all(each.paid == each.amount for each in last.instalments)


@settings(max_examples=100)
@given(anybody)
def test_every_movement_answers_to_a_payment_by_its_end_to_end_id(who):
    told = of(*who)
    paid = {
        each.end_to_end_id: each.amount
        for loan in versions(told, "loan")
        for each in (*loan[-1].disbursements, *loan[-1].instalments)
    }

    for movement in versions(told, "movement"):
        if movement[-1].end_to_end_id != "NOTPROVIDED":
            assert paid[movement[-1].end_to_end_id] == movement[-1].amount


@settings(max_examples=100)
@given(anybody)
def test_a_suspended_pact_enrols_nobody_and_pays_nothing(who):
    told = of(*who)
    (pact,) = versions(told, "pact")
    rests = [(each.valid_from, each.valid_to) for each in pact[-1].suspensions]

    days = [each[-1].started_on for each in versions(told, "enrolment") if each[-1].started_on]
    days += [each[-1].requested_on for each in versions(told, "payment_order")]
    assert [day for day in days for first, last in rests if first <= day and (last is None or day < last)] == []


@settings(max_examples=75)
@given(anybody)
def test_nobody_is_told_to_a_partner_without_a_yes(who):
    told = of(*who)
    (pact,) = versions(told, "pact")
    asked = {each.organisation for each in pact[-1].consents if each.granted}
    partners = {teller.code: teller for teller in scene(who[0]).tellers}

    telling = {line.teller for line in told.histories} - {who[1]}
    assert {
        code for code in telling if partners[code].kind != "centre" and partners[code].organisation not in asked
    } == set()


@settings(max_examples=100)
@given(anybody)
def test_registers_have_days_only_where_the_enrolment_runs(who):
    told = of(*who)
    enrolments = {each[-1].enrolment_id: each[-1] for each in versions(told, "enrolment")}

    for register in told.registers:
        enrolment = enrolments[register.enrolment_id]
        days = [day for month in register.months() for day in register.planned(month)]
        assert all(enrolment.started_on <= day <= enrolment.ended_on for day in days)
        assert len(set(days)) == len(days)


@settings(max_examples=100)
@given(anybody)
def test_a_person_lives_in_the_pact_s_municipality_and_ambito(who):
    told = of(*who)
    (pact,) = versions(told, "pact")
    person = versions(told, "person")[0][0]

    assert person.residence.municipality == pact[0].municipality
    assert pact[0].ambito == who[1]
    assert person.identifiers[0].value == pact[0].person_id


def test_nobody_consents_where_nobody_is_asked_to_say_yes():
    rates = Rates(consenting=0)
    made = chronicle(WorldSettings(ambiti=("LE/1",), rates=rates))

    assert {told.record.kind for told in made.told("microcredito_2")} == set()
    assert {told.record.kind for told in made.told("banca")} == set()
    assert not [
        word
        for told in made.told("LE/1")
        if told.record.kind == "pact"
        for word in told.record.consents
        if word.granted
    ]


@pytest.mark.parametrize("consenting", [0.5, 0.8])
def test_as_many_say_yes_as_the_rate_says(consenting):
    made = chronicle(
        WorldSettings(ambiti=("LE/1", "FG/1"), people=200, rates=Rates(consenting=consenting, withdrawing=0))
    )

    pacts = {
        told.record.key: told.record
        for code in ("LE/1", "FG/1")
        for told in made.told(code)
        if told.record.kind == "pact"
    }
    words = [word.granted for pact in pacts.values() for word in pact.consents]
    assert sum(words) / len(words) == pytest.approx(consenting, abs=0.05)


def test_every_state_and_every_event_happens_to_somebody():
    seen = defaultdict(Counter)
    for seed in range(3):
        made = chronicle(WorldSettings(seed=seed, ambiti=("LE/1", "FG/1", "BA/2", "TA/1", "BR/1"), people=60))
        for teller in made.tellers():
            for record in made.truth(teller) if teller.kind == "cooperative" else ():
                seen[record.kind][getattr(record, "attendance", getattr(record, "status", ""))] += 1
            for each in (told.record for told in made.told(teller, until=None) if teller.kind != "cooperative"):
                seen[each.kind][getattr(each, "status", "")] += 1
                seen["event"].update(event.code for event in getattr(each, "events", ()))
                seen["notice"].update(notice.type for notice in getattr(each, "communications", ()))

    assert set(seen["pact"]) == set(table("pact_states"))
    assert set(seen["event"]) == set(table("sap_events"))
    assert set(seen["enrolment"]) >= set(table("enrolment_states"))
    assert set(seen["loan"]) == {
        *("requested", "assessed", "approved", "rejected", "disbursed", "repaying", "repaid", "defaulted", "withdrawn"),
    }
    assert set(seen["payment_order"]) == {"requested", "sent", "executed", "rejected"}
    assert set(seen["movement"]) == {"pending", "info", "booked"}
    assert set(seen["employment"]) == {"active", "ended", "annulled"}
    assert set(seen["notice"]) == {"ASS", "PRO", "TRS", "CES", "TRD", "VAR", "URG"}
    assert set(seen["attendance_day"]) >= {"present", "justified_absence", "unjustified_absence", "illness"}
    assert set(seen["attendance_month"]) >= {"paid"}


def test_nothing_happens_before_the_world_begins():
    made = chronicle(WorldSettings(ambiti=("LE/1",), starts_on=date(2025, 3, 3), days=400))

    for teller in made.tellers():
        days = [told.record.modified_at.date() for told in made.told(teller)]
        assert not days or min(days) >= date(2025, 3, 3)
