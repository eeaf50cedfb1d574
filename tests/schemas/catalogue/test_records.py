import pytest

from patto_schemas.catalogue import CATALOGUE, OWNERS, explain, owner_of, render
from patto_schemas.catalogue.records import RECORDS
from patto_schemas.identity import tax_code
from patto_schemas.issues import Issue, Owner


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_speaks_both_languages_and_says_what_to_do(code):
    entry = CATALOGUE[code]

    for sentence in (entry.it, entry.en, entry.fix_it, entry.fix_en):
        assert sentence.endswith(".")
    assert entry.it != entry.en
    assert entry.fix_it != entry.fix_en


def test_a_rendered_issue_says_what_where_how_and_who():
    issue = Issue("R1.start", "/started_on", values={"earliest": "2020-01-01"})

    assert render(issue) == (
        "La data di inizio viene prima della proposta (2020-01-01). Dove: /started_on. "
        "Correggere una delle due date. Chi può rimediare: chi ha inviato i dati."
    )
    assert render(issue, "en") == (
        "The start is before the proposal (2020-01-01). Where: /started_on. "
        "Mend one of the two dates. Who can fix it: whoever sent the data."
    )


def test_an_example_of_the_field_goes_before_the_entrys_own():
    assert "Esempio: 071024." in render(Issue("field.shape", "/municipality", values={"example": "071024"}))
    assert "Esempio: RSSMRA80A01H501U." in render(Issue("tax_code.shape", "/person_id"))


def test_a_value_that_is_missing_leaves_a_gap_not_a_crash():
    assert explain(Issue("R1.start", "")) == "La data di inizio viene prima della proposta (…)."


def test_an_unknown_code_is_shown_as_it_is_and_goes_to_the_engineer():
    assert render(Issue("plugin.own", "/x")) == "plugin.own (/x)"
    assert explain(Issue("plugin.own", "/x")) == "plugin.own"
    assert owner_of(Issue("plugin.own", "/x")) is Owner.ENGINEER


def test_owners_have_names_in_both_languages():
    assert all(set(names) == set(Owner) for names in OWNERS.values())
    assert owner_of(Issue("code.unlisted", "")) is Owner.REGION


def test_the_example_of_a_tax_code_is_right():
    assert tax_code.problem(RECORDS["tax_code.shape"].example) is None
