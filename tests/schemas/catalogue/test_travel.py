import pytest

from patto_schemas.catalogue import CATALOGUE
from patto_schemas.catalogue.records import RECORDS
from patto_schemas.catalogue.travel import TRAVEL


@pytest.mark.parametrize(
    "code", ["translate.failed", "scope.foreign", "need.unknown", "page.malformed", "R9", "xml.xsd"]
)
def test_the_hubs_own_issues_are_in_the_catalogue(code):
    assert code in CATALOGUE


def test_no_code_is_said_twice():
    assert not RECORDS.keys() & TRAVEL.keys()
