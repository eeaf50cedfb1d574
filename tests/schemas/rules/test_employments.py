from datetime import timedelta
from random import Random

import pytest

from patto_schemas.codes import table
from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import employment
from patto_schemas.model.employment import Communication
from patto_schemas.rules import check
from patto_schemas.rules.employments import counts


@pytest.fixture
def job():
    inventor = Inventor(Random(1))
    return employment(inventor, inventor.pact())


def found(record, **changes):
    return [(issue.code, issue.where) for issue in check(record.model_copy(update=changes))]


def ceased(job, state):
    return (*job.communications, Communication(code="1600021200123457", type="CES", on=job.started_on, state=state))


@pytest.mark.parametrize("field", ["planned_end_on", "ended_on"])
def test_R1_an_employment_ends_no_earlier_than_it_starts(job, field):
    before = job.started_on - timedelta(1)

    assert found(job, **{field: before}) == [("R1.end", f"/{field}")]
    assert found(job, **{field: job.started_on}) == []


def test_an_employment_that_has_ended_says_when(job):
    assert found(job, status="ended") == [("employment.end", "/ended_on")]
    assert found(job, status="ended", ended_on=job.planned_end_on) == []


@pytest.mark.parametrize(("state", "codes"), [("validated", ["employment.end"]), (None, ["employment.end"])])
def test_a_notice_of_the_end_needs_the_end(job, state, codes):
    assert [code for code, _ in found(job, communications=ceased(job, state))] == codes


@pytest.mark.parametrize("state", ["annulled", "cancelled", "rectified", "inserted"])
def test_a_notice_of_the_end_that_does_not_count_needs_none(job, state):
    assert found(job, communications=ceased(job, state)) == []


def test_only_a_validated_communication_counts():
    said = {
        state: counts(Communication(code="1600021200123457", type="CES", on="2026-01-01", state=state))
        for state in table("co_states")
    }

    assert {state for state, counted in said.items() if counted} == {"validated"}
