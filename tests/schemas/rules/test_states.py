from datetime import date

import pytest

from patto_schemas.codes import table
from patto_schemas.model.measure import MeasureEvent
from patto_schemas.rules.states import enrolment_event, event_of, sc01_effect, state_of

DAY = date(2026, 1, 1)


def test_the_last_event_gives_the_state_of_a_measure():
    events = [MeasureEvent(code=code, on=DAY) for code in ("01", "02", "09", "02", "10")]

    assert [state_of(events[:count]) for count in range(6)] == [
        None,
        "proposed",
        "started",
        "suspended",
        "started",
        "completed",
    ]


@pytest.mark.parametrize("event", [f"{number:02}" for number in range(1, 16)])
def test_each_event_leads_to_a_state_and_back(event):
    state = state_of([MeasureEvent(code=event, on=DAY)])

    assert state is not None
    assert event_of(state) == event


def test_each_enrolment_state_stands_for_an_event():
    assert {state: enrolment_event(state) for state in table("enrolment_states")} == {
        "requested": "01",
        "admitted": "01",
        "waitlisted": "01",
        "enrolled": "02",
        "suspended": "09",
        "completed": "10",
        "withdrawn": "05",
        "excluded": "15",
        "cancelled": "06",
    }


def test_a_state_says_what_becomes_of_the_participants_row():
    effects = {state: sc01_effect(state) for state in table("measure_states")}

    assert {state: effect for state, effect in effects.items() if effect} == {
        "cancelled_before_start": "cancel",
        "started": "create",
        "abandoned": "exit",
        "cancelled_in_error": "delete",
        "cancelled_no_requirement": "exit",
        "completed": "exit",
        "lapsed": "exit",
        "transformed": "exit_and_create",
        "excluded": "exit",
    }


@pytest.mark.parametrize("look", [event_of, enrolment_event, sc01_effect])
def test_a_state_that_does_not_exist_is_named(look):
    with pytest.raises(KeyError, match="boh"):
        look("boh")
