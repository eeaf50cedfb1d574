from datetime import date
from importlib.resources import files
from typing import get_args

import pytest

from patto_schemas.codes import table
from patto_schemas.codes.table import CodeRow
from patto_schemas.model.employment import CommunicationState, CommunicationType, EmploymentStatus
from patto_schemas.model.measure import MeasureEvent
from patto_schemas.model.pact import DurationUnit, PactStatus
from patto_schemas.model.payments import MovementStatus
from patto_schemas.model.training import EnrolmentStatus
from patto_schemas.rules.measures import DRIVEN

NAMES = sorted(
    file.name.removesuffix(".csv") for file in files("patto_schemas.codes").iterdir() if file.name.endswith(".csv")
)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_reads_says_its_source_and_has_labels(name):
    codes = table(name)

    assert len(codes) > 0
    assert len(codes.source) > 10
    assert all(row.code and row.label("it") and row.label("en") for rows in codes.rows.values() for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_trap_12_no_code_has_two_rows_that_hold_on_one_day(name):
    for code, rows in table(name).rows.items():
        days = {day for row in rows for day in (row.valid_from, row.valid_to, None)}

        assert [day for day in days if sum(row.holds(day) for row in rows) > 1] == [], code


def test_an_unknown_table_is_named():
    with pytest.raises(FileNotFoundError):
        table("no_such_list")


@pytest.mark.parametrize(
    ("on", "held"),
    [
        (date(2013, 12, 31), False),
        (date(2014, 1, 1), True),
        (date(2018, 8, 1), True),
        (date(2018, 8, 2), False),
        (None, False),
    ],
)
def test_a_code_holds_only_in_its_time(on, held):
    codes = table("esf_indicators")

    assert "CO12" in codes
    assert (codes.find("CO12", on) is not None) is held


def test_a_label_is_given_in_both_languages():
    assert table("sap_events").label("10") == "Conclusa"
    assert table("sap_events").label("10", "en") == "Finished"
    assert table("sap_events").label("99") is None


def test_a_row_without_times_always_holds():
    row = CodeRow("x", "x", "x", None, None, {})

    assert row.holds(date(1, 1, 1))
    assert row.holds(None)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("pact_states", PactStatus),
        ("enrolment_states", EnrolmentStatus),
        ("duration_units", DurationUnit),
        ("employment_states", EmploymentStatus),
        ("co_types", CommunicationType),
        ("co_states", CommunicationState),
        ("movement_states", MovementStatus),
    ],
)
def test_the_model_knows_exactly_the_states_of_the_table(name, values):
    assert set(table(name)) == set(get_args(values))


def test_pact_states_lead_only_to_known_states():
    states = table("pact_states")

    assert {after for row in states.current() for after in row.more["next"].split()} <= set(states)


def test_each_event_gives_one_measure_state_and_the_date_that_rule_5_checks():
    events, states = table("sap_events"), table("measure_states")

    assert list(events) == [f"{number:02}" for number in range(1, 16)]
    assert {row.more["event"]: row.code for row in states.current()} == {
        row.code: row.more["state"] for row in events.current()
    }
    assert {row.code: row.more["drives"] for row in events.current() if row.more["drives"]} == DRIVEN
    assert MeasureEvent.model_validate({"code": "15", "on": "2020-01-01"})


def test_enrolment_states_map_to_events():
    assert {row.more["event"] for row in table("enrolment_states").current()} <= set(table("sap_events"))


def test_indicators_are_those_of_the_regulation():
    codes = set(table("esf_indicators"))

    assert codes == {f"CO{number:02}" for number in range(1, 24)} | {f"CR{number:02}" for number in range(1, 10)}
