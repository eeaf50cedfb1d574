from __future__ import annotations

import json
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_hub.feeds.marked import Pseudonym
from patto_hub.feeds.pseudonyms import SCHEME, pseudonyms_of
from patto_hub.feeds.spec import Projection, View, by_name
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.feeds.views import FEEDS

SECRET = b"s" * 32
CODE = "RSSMRA85T10A562S"
WHY = {"it": "prova", "en": "test"}
FEED = by_name(FEEDS)
PERSON = {
    "person_id": "H-1",
    "identifiers": [{"scheme": "permit", "value": "X1"}, {"scheme": "cf", "value": CODE}],
    "given_name": "Maria",
    "family_name": "Rossi",
    "birth_date": "1985-12-10",
}
PACT = {"pact_id": "P-1", "person_id": CODE, "ambito": "LE/1", "scheme": "ReD_3", "status": "active"}
MEASURE = {
    "measure_id": "M-1",
    "pact_id": "P-1",
    "type": "training",
    "activity_code": "C06",
    "policy_id": "16A",
    "title": "T",
}
ENROLMENT = {"enrolment_id": "E-1", "person_id": CODE, "policy_id": "16A", "type": "course", "status": "enrolled"}
MONTH = {
    "attendance_month_id": "A",
    "enrolment_id": "E-1",
    "month": "2026-03",
    "attended_hours": "3",
    "status": "draft",
}


def leaves(partner, feed, kind, record, source="lecce", *, generation=1):
    subscription = subscribe(partner, FEED[feed], pseudonyms=pseudonyms_of(SECRET, partner, generation))
    return json.loads(subscription.project(kind, json.dumps(record), source))


def test_of_a_person_only_a_pseudonym_leaves():
    assert set(leaves("a", "pacts", "person", PERSON)) == {"person_id"}


def test_one_person_has_one_pseudonym_in_all_kinds_and_feeds_of_a_partner():
    met = {
        leaves("a", "pacts", "person", PERSON)["person_id"],
        leaves("a", "pacts", "pact", PACT)["person_id"],
        leaves("a", "enrolments", "enrolment", ENROLMENT, source="school")["person_id"],
    }

    assert len(met) == 1
    assert leaves("a", "pacts", "pact", PACT)["person_scheme"] == SCHEME


def test_records_hang_together_under_pseudonyms_as_they_did():
    pact, measure = leaves("a", "pacts", "pact", PACT), leaves("a", "pacts", "measure", MEASURE)
    enrolment = leaves("a", "enrolments", "enrolment", ENROLMENT, source="school")
    month = leaves("a", "enrolments", "attendance_month", MONTH, source="school")

    assert measure["pact_id"] == pact["pact_id"]
    assert enrolment["policy_id"] == measure["policy_id"]
    assert month["enrolment_id"] == enrolment["enrolment_id"]
    assert "title" not in measure


def test_a_partner_that_was_asked_about_anothers_pact_names_the_same_one():
    asked = leaves("a", "pacts", "measure", {**MEASURE, "pact_scheme": "local:lecce"}, source="cpi")

    assert asked["pact_id"] == leaves("a", "pacts", "pact", PACT, source="lecce")["pact_id"]
    assert asked["measure_id"] != leaves("a", "pacts", "measure", MEASURE, source="lecce")["measure_id"]


JOB = {
    "employment_id": "J-1",
    "person_id": CODE,
    "pact_id": "P-1",
    "type": "job",
    "started_on": "2026-03-02",
    "status": "x",
}


@pytest.mark.parametrize(
    ("feed", "kind", "record", "names"),
    [("pacts", "measure", MEASURE, ("provider", "host")), ("employments", "employment", JOB, ("employer", "promoter"))],
)
def test_where_there_is_no_name_there_is_no_scheme_of_it_either(feed, kind, record, names):
    without = leaves("a", feed, kind, {**record, **{f"{each}_scheme": "piva" for each in names}})
    full = leaves("a", feed, kind, {**record, **{f"{each}_id": "01234567890" for each in names}})

    assert all(without.get(f"{each}_id") is None and without.get(f"{each}_scheme") is None for each in names)
    assert {full[f"{each}_scheme"] for each in names} == {SCHEME}


def test_a_name_whose_scheme_is_not_said_is_a_tax_code_as_in_the_record():
    said, unsaid = (
        leaves("a", "pacts", "measure", {**MEASURE, "provider_id": "01234567890", **scheme})
        for scheme in ({"provider_scheme": "cf"}, {})
    )

    assert said["provider_id"] == unsaid["provider_id"]


@pytest.mark.parametrize("spelled", [CODE.lower(), f" {CODE}", "RSS MRA 85T10 A562S"])
def test_a_tax_code_spelled_otherwise_gives_the_same_pseudonym(spelled):
    other = leaves("a", "pacts", "pact", {**PACT, "person_id": spelled})

    assert other["person_id"] == leaves("a", "pacts", "pact", PACT)["person_id"]


def test_two_partners_have_no_pseudonym_in_common():
    feeds = [("pacts", "person", PERSON), ("pacts", "pact", PACT), ("pacts", "measure", MEASURE)]
    mine, other = (
        {value for each in feeds for value in leaves(p, *each).values() if len(str(value)) == 32} for p in "ab"
    )

    assert len(mine) == len(other) == 4
    assert not mine & other


def test_another_generation_has_no_pseudonym_in_common():
    before, after = (leaves("a", "pacts", "pact", PACT, generation=each) for each in (1, 2))

    assert before["person_id"] != after["person_id"]
    assert before["pact_id"] != after["pact_id"]


def test_a_number_that_two_senders_use_means_two_persons():
    local = {**PACT, "person_scheme": "local", "person_id": "H-1"}

    assert leaves("a", "pacts", "pact", local, "lecce") != leaves("a", "pacts", "pact", local, "foggia")
    nameless = {**PERSON, "identifiers": []}
    met = leaves("a", "pacts", "person", nameless, "lecce")["person_id"]
    assert met == leaves("a", "pacts", "pact", local, "lecce")["person_id"]


def test_a_name_as_two_things_has_two_pseudonyms():
    names = pseudonyms_of(SECRET, "a", 1)

    assert names.of("person", "cf", CODE) != names.of("organisation", "cf", CODE)
    assert names.of("person", "cf", CODE) != names.of("person", "cf\0", CODE)


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_names_have_different_pseudonyms(one, other):
    names = pseudonyms_of(SECRET, "a", 1)

    assert (names.of("pact", "local:x", one) == names.of("pact", "local:x", other)) is (one == other)


@given(st.integers(0, 2**63 - 1))
def test_an_items_id_leads_back_to_its_number(number):
    names = pseudonyms_of(SECRET, "a", 1)

    assert names.head("pact", names.item("pact", number)) == number
    assert str(number) not in names.item("pact", number) or number < 10**6


def test_the_keys_of_partners_stand_in_no_text():
    names = pseudonyms_of(SECRET, "a", 1)

    assert names.key.hex() not in repr(subscribe("a", FEED["pacts"], pseudonyms=names)) + repr(names) + names.id


class InAChoice(Projection):
    person_id: Annotated[str, Pseudonym("person")] | None = None


class InAList(Projection):
    persons: tuple[Annotated[str, Pseudonym("person")], ...] = ()


class Within(Projection):
    person_id: Annotated[str, Pseudonym("person")]


class Deep(Projection):
    within: Within


class NoScheme(Projection):
    person_id: Annotated[str, Pseudonym("person", scheme="person_scheme")]


class Flat(Projection):
    person_id: Annotated[str | None, Pseudonym("person")] = None


@pytest.mark.parametrize("shape", [InAChoice, InAList, Deep, NoScheme])
def test_a_mark_that_would_not_be_seen_is_refused(shape):
    with pytest.raises(TypeError, match="pseudonyms are marked"):
        View(kind="pact", shape=Flat, purpose=WHY, legal_basis=WHY, under_pseudonyms=shape)


def test_a_record_that_does_not_fit_is_an_error_that_quotes_no_value():
    with pytest.raises(TypeError) as caught:
        leaves("a", "pacts", "pact", {**PACT, "signed_on": "Rossi"})

    assert "signed_on" in str(caught.value)
    assert "Rossi" not in str(caught.value)
    assert caught.value.__cause__ is None
