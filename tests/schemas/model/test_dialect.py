import json
from random import Random

import pytest
from pydantic import ValidationError

from patto_schemas.catalogue import issues_of, owner_of, render
from patto_schemas.invent import Inventor
from patto_schemas.issues import Owner
from patto_schemas.model import Pact, Person
from patto_schemas.model.dialect import dialect, read_table, said
from patto_schemas.model.wire import canonical_json, extras

TABLE = {
    "Pact": {
        "pact_id": "idPatto",
        "goals": "obiettivi",
        "indemnity": "indennita",
        "status": {"name": "stato", "words": {"attivo": "active", "in_corso": "active", "concluso": "completed"}},
    },
    "Goal": {"text": "descrizione", "horizon": {"name": "horizon", "words": {"breve": "short", "medio": "medium"}}},
    "Identifier": {"scheme": "schema"},
}
WirePact = dialect(Pact, TABLE)
ROW = {
    "idPatto": "P1",
    "person_id": "X",
    "ambito": "LE/1",
    "scheme": "ReD_3",
    "stato": "attivo",
    "obiettivi": [{"goal_id": "O1", "descrizione": "studiare", "horizon": "breve"}],
}


@pytest.fixture
def inventor():
    return Inventor(Random(4))


def _read(**changes):
    return WirePact.model_validate_json(json.dumps({**ROW, **changes}))


def test_names_and_words_are_read_at_every_depth():
    pact = _read()

    assert (pact.pact_id, pact.status) == ("P1", "active")
    assert (pact.goals[0].text, pact.goals[0].horizon) == ("studiare", "short")


def test_canonical_form_knows_nothing_of_the_dialect():
    assert b"obiettivi" not in canonical_json(_read())
    assert Pact.model_validate_json(canonical_json(_read())).goals[0].text == "studiare"


def test_unknown_word_is_refused_with_the_partners_field():
    with pytest.raises(ValidationError) as caught:
        _read(stato="boh")

    assert caught.value.errors()[0]["loc"] == ("stato",)


def test_unknown_word_is_refused_with_the_words_that_the_partner_uses():
    with pytest.raises(ValidationError) as caught:
        _read(obiettivi=[{"goal_id": "O1", "descrizione": "studiare", "horizon": "eterno"}])

    (error,) = caught.value.errors()
    assert error["ctx"] == {"expected": "'breve', 'medio' or 'long'"}


def test_F37_word_that_the_table_lacks_is_for_its_keeper_and_is_not_repeated():
    with pytest.raises(ValidationError) as caught:
        _read(stato="RSSMRA80A01H501U")

    (issue,) = issues_of(caught.value)
    assert (issue.code, issue.where, owner_of(issue)) == ("field.word", "/stato", Owner.ENGINEER)
    assert "RSSMRA80A01H501U" not in render(issue) + render(issue, "en")


def test_field_without_a_table_of_words_stays_the_partners_to_mend():
    with pytest.raises(ValidationError) as caught:
        _read(scheme="boh")

    (issue,) = issues_of(caught.value)
    assert (issue.code, owner_of(issue)) == ("field.choice", Owner.PARTNER)


@pytest.mark.parametrize("value", [7, None, ["attivo"], {"attivo": 1}])
def test_word_of_another_type_is_refused(value):
    with pytest.raises(ValidationError):
        _read(stato=value)


def test_fields_beyond_are_kept_as_extras():
    goal = {**ROW["obiettivi"][0], "priorita": 2}

    assert extras(_read(obiettivi=[goal], colore="blu")) == {"/colore": "blu", "/goals/0/priorita": 2}


def test_constraints_stay():
    wire = dialect(Person, TABLE)
    person = said(Inventor(Random(1)).person(), TABLE)

    with pytest.raises(ValidationError, match="at least 1 item"):
        wire.model_validate_json(json.dumps({**person, "identifiers": []}))


def test_what_is_said_is_read_back_the_same(inventor):
    for _ in range(20):
        pact = inventor.pact()

        row = json.dumps(said(pact, TABLE)).encode()

        assert canonical_json(WirePact.model_validate_json(row)) == canonical_json(pact)


def test_of_two_words_for_one_thing_the_first_is_said():
    assert said(Pact.model_validate(_read().model_dump()), TABLE)["stato"] == "attivo"


def test_field_that_the_class_does_not_have_is_told():
    with pytest.raises(TypeError, match="Pact has no field colour"):
        dialect(Pact, {"Pact": {"colour": "colore"}})


def test_table_is_read_from_toml(tmp_path):
    file = tmp_path / "names.toml"
    file.write_text('[Pact]\npact_id = "id"\nstatus = { name = "stato", words = { vivo = "active" } }\n', "utf-8")

    wire = dialect(Pact, read_table(file))

    row = {"id": "P1", "person_id": "X", "ambito": "LE/1", "scheme": "ReD_3", "stato": "vivo"}
    assert wire.model_validate(row).status == "active"
