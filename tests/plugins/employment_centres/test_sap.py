"""The SAP's sheet, line by line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import patto_plugins.employment_centres as plugin
from patto_connectors.contract import Subject
from patto_connectors.errors import Malformed
from patto_plugins.employment_centres import sap, sap_render
from patto_schemas.identity import policy
from patto_schemas.model import Measure
from patto_schemas.model.base import Name
from patto_schemas.model.measure import MeasureEvent
from patto_schemas.rules import check
from patto_schemas.rules.measures import DRIVEN

ANNA = Subject(person=Name("cf", "BNCNNA88E54E506D"), pact=Name("local:ambito_le_1", "PA-000042"), position="1")
SHEET = (Path(plugin.__file__).parent / "samples/in/sap.xml").read_text("utf-8")
DID = (Path(plugin.__file__).parent / "samples/in/did.xml").read_text("utf-8")


def rows(text=SHEET, subject=ANNA):
    return sap.sheet_rows(text, subject, "PU01000042H")


def measures(text=SHEET):
    return [sap.translate(row) for row in rows(text) if row["is"] == "policy"]


def test_nothing_of_a_sheet_is_taken_along_but_who_it_is_about_and_its_policies():
    taken = str(rows()) + str([sap.translate(row) for row in rows()])

    for private in ("Anfiteatro", "73100", "3330000000", "0.71", "Avviata", "Reddito", "INPS"):
        assert private not in taken, private


@pytest.mark.parametrize("code", ["AA00000001H", "AA000000012"])
def test_trap_2_a_sheets_code_may_end_in_a_letter_or_a_digit(code):
    person = sap.translate(rows(SHEET.replace("PU01000042H", code))[0])

    assert person.person_id == code


def test_a_code_that_is_none_sets_the_row_aside():
    with pytest.raises(ValueError, match="AA00000000A"):
        sap.translate(rows(SHEET.replace("PU01000042H", "PU-42"))[0])


@pytest.mark.parametrize("sentinel", ["1900-01-01", "2099-12-31", "9999-12-31"])
def test_trap_8_days_that_say_always_or_never_are_no_days(sentinel):
    text = SHEET.replace("<data_fine>2024-08-01", f"<data_fine>{sentinel}")

    assert measures(text)[0].planned_end_on is None


def test_trap_15_a_letter_that_does_not_agree_is_a_warning_only():
    [issue] = check(measures(SHEET.replace("1400000001G", "1400000001A"))[0])

    assert (issue.code, issue.severity.value) == ("R7", "warning")


def test_trap_7_the_declaration_inside_the_string_says_nothing():
    assert rows(SHEET.replace('encoding="utf-8"', 'encoding="iso-8859-1"')) == rows()


def test_a_sheet_with_a_namespace_is_the_same_sheet():
    assert rows(SHEET.replace("<lavoratore>", '<lavoratore xmlns="http://servizi.example/sap">')) == rows()


def test_the_sheet_of_somebody_else_is_not_read():
    other = Subject(person=Name("cf", "VRDLGI80A01H501F"), pact=ANNA.pact, position="2")

    with pytest.raises(Malformed) as wrong:
        rows(subject=other)
    assert wrong.value.code == "sap.person"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<altro/>", "sap.document"),
        (SHEET[:-30], "xml.syntax"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><lavoratore/>", "xml.doctype"),
    ],
)
def test_what_is_no_sheet_is_told_as_that(text, code):
    with pytest.raises(Malformed) as wrong:
        rows(text)
    assert wrong.value.code == code


def test_a_bad_policy_is_set_aside_alone():
    found = rows(SHEET.replace("<tipologia_durata>M</tipologia_durata>", "<tipologia_durata>?</tipologia_durata>", 1))

    with pytest.raises(ValidationError):
        sap.translate(found[1])
    assert [sap.translate(row).measure_id for row in found[2:]] == ["1400000002Q", "1400000003O", "1400000005Q"]


def test_a_policy_without_an_activity_says_what_it_lacks():
    found = rows(SHEET.replace("<tipo_attivita>A02</tipo_attivita>", ""))

    with pytest.raises(KeyError, match="tipo_attivita"):
        sap.translate(found[1])


def test_a_policy_that_is_only_proposed_has_not_started():
    proposed = measures()[2]

    assert (proposed.started_on, [each.code for each in proposed.events]) == (None, ["01"])


def test_the_end_of_a_policy_that_goes_on_is_the_day_agreed():
    [goes_on, abandoned, *_] = measures()

    assert (goes_on.ended_on, goes_on.planned_end_on) == (None, date(2024, 8, 1))
    assert (abandoned.ended_on, abandoned.planned_end_on) == (date(2024, 5, 31), None)


def test_N00_and_A02_come_only_where_the_sheet_has_not_shown_them():
    shown = [row for row in rows() if row["is"] == "policy"]

    found = sap.did_rows(DID, ANNA, shown)

    assert [row["tipo_attivita"] for row in found] == ["N00"]
    assert [row["tipo_attivita"] for row in sap.did_rows(DID, ANNA)] == ["N00", "A02"]


def test_policies_from_before_identifiers_have_keys_of_their_own():
    text = SHEET.replace("<identificativo_politica>1400000001G</identificativo_politica>", "")

    [older, *others] = measures(text)

    assert older.measure_id == "PU01000042H/A02/2024-02-01/E506C000123"
    assert older.measure_id not in {each.measure_id for each in others}


DAYS = st.dates(date(2018, 1, 1), date(2030, 1, 1))
STARTED = sorted(sap.STARTED)


@st.composite
def policies(draw):
    """Measures as a sheet can say them: the last event, and the two dates that 01 and 02 fix."""
    proposed, started, last = sorted(draw(st.lists(DAYS, min_size=3, max_size=3)))
    activity = draw(st.sampled_from(["A02", "C05", "C06", "C07", "D01", "B05"]))
    code = draw(st.sampled_from(["01", "03", "04", "06", "13", *STARTED]))
    promoter = draw(st.sampled_from(["E506C000123", "A662S000001"]))
    number = policy.policy_id(draw(st.integers(0, 2**32 - 1)), promoter, activity, proposed)
    events = [("01", proposed)]
    if code in STARTED:
        events.append(("02", started))
    if code not in {"01", "02"}:
        events.append((code, last))
    ended = DRIVEN.get(code) == "ended_on" or code == "11"
    return Measure(
        measure_id=number,
        pact_id="PA-000042",
        pact_scheme="local:ambito_le_1",
        type="internship" if activity == "C06" else sap.KINDS[activity[0]],
        title=draw(st.sampled_from(["Corso <di> saldatura & più", "PATTO"])),
        activity_code=activity,
        project_code="01",
        policy_id=number,
        promoter_code=promoter,
        employer_cf="42856560737" if activity == "D01" else None,
        description="Tirocinio «presso» un vivaio" if activity == "C06" else None,
        proposed_on=proposed,
        started_on=started if code in STARTED else None,
        ended_on=last if ended else None,
        planned_end_on=None if ended else draw(st.none() | st.just(last)),
        duration=draw(st.integers(1, 99)),
        duration_unit=draw(st.sampled_from("OGMA")),
        events=tuple(MeasureEvent(code=each, on=on) for each, on in events),
    )


@given(policies())
def test_what_is_written_is_read_back_the_same(measure):
    sheet = {
        "datianagrafici": {"datipersonali": {"codicefiscale": ANNA.person.value}},
        "politiche_attive_lst": {"politiche_attive": [sap_render.policy(measure)]},
    }

    [_, row] = rows(sap_render.document("lavoratore", sheet))

    assert sap.translate(row) == measure
