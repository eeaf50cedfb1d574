"""Where a centre and an Ambito disagree."""

from __future__ import annotations

from datetime import date

import pytest

from patto_hub import Dossier, Statement
from patto_plugins.employment_centres.checks import CHECKS
from patto_schemas.model import Measure
from patto_schemas.model.measure import MeasureEvent

RULES = {check.rule: check.find for check in CHECKS}
TODAY = date(2024, 9, 1)


def measure(key, policy, events, activity="C06", **more):
    return Measure(
        measure_id=key,
        policy_id=policy,
        pact_id="PA-1",
        type="internship",
        activity_code=activity,
        proposed_on=date(2024, 3, 1),
        events=tuple(MeasureEvent(code=code, on=on) for code, on in events),
        **more,
    )


STARTED = [("01", date(2024, 3, 1)), ("02", date(2024, 3, 11))]
DONE = [*STARTED, ("10", date(2024, 6, 1))]
LEFT = [*STARTED, ("05", date(2024, 6, 1))]
ONE, TWO = "1400000001G", "1400000002Q"


def dossier(*said, today=TODAY):
    return Dossier(
        pact="PA-1", today=today, statements=tuple(Statement(partner=who, record=record) for who, record in said)
    )


def ambito(policy, events, **more):
    return "ambito_le_1", measure(f"MI-{policy}", policy, events, **more)


def centre(policy, events, **more):
    return "cpi_lecce", measure(policy, policy, events, **more)


def found(rule, *said, today=TODAY):
    return [(each.subject, each.sources) for each in RULES[rule](dossier(*said, today=today))]


BOTH = ("ambito_le_1", "cpi_lecce")


def test_another_state_is_found():
    assert found("centre.other_state", ambito(ONE, DONE), centre(ONE, LEFT)) == [(f"measure:{ONE}", BOTH)]


def test_the_same_state_is_none():
    assert found("centre.other_state", ambito(ONE, DONE), centre(ONE, DONE)) == []


def test_that_a_finished_measure_was_accounted_for_is_no_other_state():
    accounted = [*DONE, ("11", date(2024, 7, 1))]

    assert found("centre.other_state", ambito(ONE, accounted), centre(ONE, DONE)) == []


def test_the_centre_has_time_to_note_what_happened():
    assert found("centre.other_state", ambito(ONE, DONE), centre(ONE, STARTED), today=date(2024, 6, 14)) == []
    assert found("centre.other_state", ambito(ONE, DONE), centre(ONE, STARTED), today=date(2024, 6, 15))


def test_what_two_ambiti_say_is_another_rules_matter():
    other = ("ambito_le_2", ambito(ONE, LEFT)[1])

    assert found("centre.other_state", ambito(ONE, DONE), other) == []


def test_another_last_day_is_found_where_the_state_is_the_same():
    one = ambito(ONE, DONE, ended_on=date(2024, 6, 1))
    other = centre(ONE, DONE, ended_on=date(2024, 5, 20))

    assert found("centre.other_end", one, other) == [(f"measure:{ONE}", BOTH)]
    assert found("centre.other_end", one, centre(ONE, LEFT, ended_on=date(2024, 5, 20))) == []
    assert found("centre.other_end", one, centre(ONE, DONE, ended_on=date(2024, 6, 1))) == []


def test_two_open_pacts_of_service_are_found():
    one, two = centre(ONE, STARTED, activity="A02"), centre(TWO, STARTED, activity="A02")

    assert found("centre.two_open_a02", one, two) == [(f"measure:{ONE} measure:{TWO}", ("cpi_lecce",))]


@pytest.mark.parametrize("events", [DONE, STARTED[:1]])
def test_a_pact_of_service_that_is_closed_or_only_proposed_is_no_second_one(events):
    one, two = centre(ONE, STARTED, activity="A02"), centre(TWO, events, activity="A02")

    assert found("centre.two_open_a02", one, two) == []


def test_one_pact_of_service_that_two_partners_tell_of_is_one():
    assert (
        found("centre.two_open_a02", ambito(ONE, STARTED, activity="A02"), centre(ONE, STARTED, activity="A02")) == []
    )


def test_a_policy_that_the_centre_does_not_know_is_found_after_a_month():
    said = ambito(ONE, STARTED), ambito(TWO, STARTED), centre(TWO, STARTED)

    assert found("centre.policy_unknown", *said) == [(f"measure:{ONE}", BOTH)]
    assert found("centre.policy_unknown", *said, today=date(2024, 3, 30)) == []


def test_where_no_centre_speaks_nothing_is_unknown_to_it():
    assert found("centre.policy_unknown", ambito(ONE, STARTED)) == []
