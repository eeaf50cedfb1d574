from __future__ import annotations

from datetime import date

import pytest

from patto_plugins.employment_centres.feed import SAP_FEED, SapMeasure, SapPact, SapPerson
from patto_plugins.employment_centres.sap_render import document, render

ANNA = SapPerson.model_validate(
    {
        "person_id": "P-1",
        "identifiers": [{"scheme": "cf", "value": "BNCNNA88E54E506D"}],
        "given_name": "Anna",
        "family_name": "Bianchi",
        "sex": "F",
        "birth_date": "1988-05-14",
        "birth_place": {"belfiore": "E506"},
        "citizenship_code": "000",
        "residence": {"municipality": "075035"},
    }
)
PACT = SapPact(pact_id="PA-1", person_id="BNCNNA88E54E506D")
MEASURE = SapMeasure.model_validate(
    {
        "measure_id": "MI-1",
        "policy_id": "1400000002Q",
        "activity_code": "C06",
        "title": "Tirocinio",
        "description": "In un vivaio",
        "promoter_code": "E506C000123",
        "project_code": "01",
        "proposed_on": "2024-03-04",
        "started_on": "2024-03-11",
        "events": [{"code": "01", "on": "2024-03-04"}, {"code": "02", "on": "2024-03-11"}],
    }
)


def test_a_measure_is_written_with_its_person():
    sheet = render(MEASURE, [ANNA, PACT])["lavoratore"]

    [policy] = sheet["politiche_attive_lst"]["politiche_attive"]
    assert sheet["datianagrafici"]["datipersonali"]["codicefiscale"] == "BNCNNA88E54E506D"
    assert sheet["datianagrafici"]["residenza"] == {"codcomune": "E506"}
    assert sheet["datiinvio"]["dataultimoagg"] == "2024-03-11"
    assert policy["ultimo_evento"] == {"evento": "02", "data_evento": "2024-03-11"}


def test_a_person_who_comes_late_or_changes_brings_all_its_measures():
    sheet = render(ANNA, [PACT, MEASURE])["lavoratore"]

    assert [each["identificativo_politica"] for each in sheet["politiche_attive_lst"]["politiche_attive"]] == [
        "1400000002Q"
    ]


def test_a_pacts_own_change_says_nothing():
    assert render(PACT, [ANNA, MEASURE]) == {}


def test_what_a_centre_has_said_is_not_sent_to_one():
    theirs = MEASURE.model_copy(update={"measure_id": "1400000002Q"})

    assert render(theirs, [ANNA, PACT]) == {}
    assert render(ANNA, [PACT, theirs]) == {}


@pytest.mark.parametrize("beside", [[], [PACT], [ANNA], [PACT, ANNA.model_copy(update={"residence": None})]])
def test_a_measure_whose_person_is_not_known_whole_says_so(beside):
    assert render(MEASURE, beside) == {"lacking": "person"}


def test_a_measure_without_a_policy_says_so():
    assert render(MEASURE.model_copy(update={"policy_id": None}), [ANNA, PACT]) == {"lacking": "policy_id"}


def test_no_other_persons_data_stand_on_a_sheet():
    other = ANNA.model_copy(update={"identifiers": (), "family_name": "Verdi"})

    assert "Verdi" not in str(render(MEASURE, [other, PACT, ANNA]))


def test_only_an_internships_description_leaves():
    course = MEASURE.model_copy(update={"activity_code": "C05"})

    assert (
        render(course, [ANNA, PACT])["lavoratore"]["politiche_attive_lst"]["politiche_attive"][0]["descrizione"] is None
    )


def test_the_feed_names_no_note_goal_or_contact():
    shown = SAP_FEED.view("measure").project(
        '{"measure_id":"M","pact_id":"P","type":"internship","activity_code":"C06",'
        '"events":[{"code":"02","on":"2024-03-11","note":"canarino"}],"loan_id":"canarino"}'
    )

    assert b"canarino" not in shown


def test_a_document_leaves_out_what_has_no_value_and_escapes_the_rest():
    text = document("a", {"b": None, "c": ["x<y", "&"], "d": {"e": date(2024, 1, 2)}})

    assert text == "<a><c>x&lt;y</c><c>&amp;</c><d><e>2024-01-02</e></d></a>"
