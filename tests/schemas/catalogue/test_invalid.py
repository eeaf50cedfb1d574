import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from patto_schemas import CourseOffering, Pact, Person
from patto_schemas.catalogue import CATALOGUE, issues_of, render
from patto_schemas.catalogue.invalid import CODES, EXPECTED, FAMILIES, SHAPES, pointer
from patto_schemas.model import types

GOOD = {"pact_id": "1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}


def issues(model, document):
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(json.dumps(document))
    return issues_of(caught.value)


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"ambito": None}, "field.type", "/ambito"),
        ({"surprise": 1}, "field.unknown", "/surprise"),
        ({"status": "boh"}, "field.choice", "/status"),
        ({"signed_on": "31/12/2020"}, "field.date", "/signed_on"),
        ({"signed_on": "2021-02-29"}, "field.date", "/signed_on"),
        ({"signed_on": 5}, "field.type", "/signed_on"),
        ({"modified_at": "2020-01-01T00:00:00"}, "field.instant", "/modified_at"),
        ({"revision": "1"}, "field.whole_number", "/revision"),
        ({"note": "x" * 4001}, "field.too_long", "/note"),
        ({"note": "\u0001"}, "text.character", "/note"),
        ({"pact_number": ""}, "field.too_short", "/pact_number"),
        ({"pact_id": " x"}, "key.shape", "/pact_id"),
        ({"municipality": "D643"}, "field.shape", "/municipality"),
        ({"goals": {}}, "field.type", "/goals"),
        ({"goals": ["x"]}, "field.type", "/goals/0"),
        ({"goals": [{"goal_id": "1", "text": 1}]}, "field.type", "/goals/0/text"),
        ({"indemnity": {"monthly_amount": "1.234,00", "months": 1}}, "field.amount", "/indemnity/monthly_amount"),
        ({"commitments": [{"commitment_id": "1", "text": "", "kept": "sì"}]}, "field.yes_no", "/commitments/0/kept"),
    ],
)
def test_each_mistake_has_its_code_and_place(change, code, where):
    assert [(issue.code, issue.where) for issue in issues(Pact, GOOD | change)] == [(code, where)]


def test_a_missing_field_is_named():
    document = {name: value for name, value in GOOD.items() if name != "ambito"}
    assert [(issue.code, issue.where) for issue in issues(Pact, document)] == [("field.missing", "/ambito")]


def test_what_is_no_json_is_said_so():
    with pytest.raises(ValidationError) as caught:
        Pact.model_validate_json(b'{"pact_id": ')

    assert [issue.code for issue in issues_of(caught.value, "/riga 3")] == ["json.invalid"]
    assert issues_of(caught.value, "/riga 3")[0].where == "/riga 3"


def test_too_few_items_are_counted():
    document = {"offering_id": "1", "provider": {"provider_id": "1", "name": "x"}, "title": []}

    assert [(issue.code, dict(issue.values)) for issue in issues(CourseOffering, document)] == [
        ("field.too_few", {"least": "1"})
    ]


def test_every_code_that_is_given_is_in_the_catalogue():
    given_codes = {
        *CODES.values(),
        *FAMILIES.values(),
        *(code for code, _ in SHAPES.values()),
        "field.type",
        "field.wrong",
    }

    assert given_codes <= set(CATALOGUE)
    assert EXPECTED


SECRET = "RSSMRA80A01H501U-canary"


@given(st.sampled_from([*Person.model_fields]))
def test_what_was_sent_never_shows(field):
    found = issues(Person, {field: SECRET, "citizenship": SECRET, "revision": SECRET})

    assert found
    for issue in found:
        assert SECRET not in repr(issue)
        assert SECRET not in render(issue)
        assert SECRET not in render(issue, "en")


def test_a_pointer_escapes_and_is_bounded():
    assert pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"
    assert len(pointer(("x" * 500,))) == 81


def test_trap_11_a_cadastral_code_in_the_place_of_an_istat_code_is_told_with_a_right_one():
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(types.Istat).validate_json('"E506"')

    (issue,) = issues_of(caught.value, "/municipality")
    assert (issue.where, issue.values["example"]) == ("/municipality", "071024")
    assert "E506" not in f"{issue}"
