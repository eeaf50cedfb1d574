from datetime import date
from random import Random

import pytest

from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import employment
from patto_schemas.issues import Severity
from patto_schemas.model.people import Address
from patto_schemas.rules import check


@pytest.fixture
def inventor():
    return Inventor(Random(1))


def found(record, **changes):
    return [(issue.code, issue.where, issue.severity) for issue in check(record.model_copy(update=changes))]


def test_an_unknown_code_of_a_whole_list_is_an_error(inventor):
    assert found(inventor.person(), education="XYZ") == [("code.unknown", "/education", Severity.ERROR)]


def test_an_unknown_code_of_a_list_that_is_not_whole_is_a_warning(inventor):
    measure = inventor.measure(inventor.pact())

    assert ("code.unlisted", "/activity_code", Severity.WARNING) in found(measure, activity_code="Z99")
    assert ("code.unlisted", "/ambito", Severity.WARNING) in found(inventor.pact(), ambito="FG/99")


def test_a_code_is_judged_on_the_day_that_counts(inventor):
    record = inventor.monitoring_record(inventor.pact())

    assert found(record, indicator_code="CO12", period_from=date(2016, 1, 1)) == []
    assert found(record, indicator_code="CO12", period_from=date(2020, 1, 1)) == [
        ("code.expired", "/indicator_code", Severity.ERROR)
    ]
    assert found(record, indicator_code="OWN-1", indicator_type="DPR") == []


def test_a_municipality_of_puglia_must_exist_and_others_pass(inventor):
    person = inventor.person()

    assert found(person, residence=Address(municipality="071999")) == [
        ("code.unknown", "/residence/municipality", Severity.ERROR)
    ]
    assert found(person, domicile=Address(municipality="058091")) == []
    assert found(inventor.organisation(), seat=Address(municipality="110999"), legal_form="9.9.99") == [
        ("code.unknown", "/legal_form", Severity.ERROR),
        ("code.unknown", "/seat/municipality", Severity.ERROR),
    ]


def test_a_contract_type_that_nobody_listed_is_a_warning(inventor):
    job = employment(inventor, inventor.pact())

    assert found(job) == []
    assert found(job, contract_code="Z.09.00") == [("code.unlisted", "/contract_code", Severity.WARNING)]
