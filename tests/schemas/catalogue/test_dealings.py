import pytest

from patto_schemas.catalogue import CATALOGUE, render
from patto_schemas.catalogue.dealings import DEALINGS
from patto_schemas.catalogue.records import RECORDS
from patto_schemas.catalogue.travel import TRAVEL
from patto_schemas.catalogue.troubles import TROUBLES
from patto_schemas.identity import numbers
from patto_schemas.issues import Issue


def test_every_code_is_in_the_catalogue():
    assert all(CATALOGUE[code] is entry for code, entry in DEALINGS.items())


@pytest.mark.parametrize(
    ("code", "check"), [("bic.shape", numbers.bic_problem), ("co.shape", numbers.communication_problem)]
)
def test_the_examples_are_right(code, check):
    assert check(DEALINGS[code].example) is None


def test_the_ceiling_that_was_passed_is_said_in_both_languages():
    issue = Issue("R10.amount", "/amount", values={"most": "35000.00", "example": "35000.00"})

    assert "35000.00" in render(issue, "it")
    assert "Example: 35000.00." in render(issue, "en")


def test_no_code_is_said_twice():
    others = (RECORDS, TRAVEL, TROUBLES)

    assert not [code for part in others for code in part if code in DEALINGS]
