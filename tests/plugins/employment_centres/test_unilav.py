"""Communications of employers, chained into relationships."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from patto_connectors.contract import Subject
from patto_plugins.employment_centres import unilav
from patto_schemas.chronicle import Rates
from patto_schemas.model.base import Name
from patto_schemas.rules import check

ANNA = Subject(person=Name("cf", "BNCNNA88E54E506D"), pact=Name("local:ambito_le_1", "PA-000042"), position="1")
FIRM, OTHER = "42856560737", "88925930716"


def sent(number, **more):
    return {
        "codiceComunicazione": f"160012400000{number:04}",
        "dataRicezioneModulo": f"2024-03-{number:02}T09:00:00.000+0000",
        "dataRiferimento": "2024-03-11T00:00:00.000+0000",
        "codiceFiscaleDatore": FIRM,
        "codiceFiscaleLavoratore": ANNA.person.value,
        "cognomeLavoratore": "BIANCHI",
        "tipologiaContrattualeRapporto": "C.01.00",
        "dataInizioRapporto": "2024-03-11T00:00:00.000+0000",
        **more,
    }


HIRE = sent(1, dataFineRapporto="2024-09-11T00:00:00.000+0000", oreSettimanaliMedieRapporto="20,5")
EXTENSION = sent(2, dataFineProrogaRapporto="2024-12-11T00:00:00.000+0000")
END = sent(3, dataCessazioneRapporto="2024-10-01T00:00:00.000+0000", codiceCausaCessazioneRapporto="DI")


def jobs(*listed):
    return [unilav.translate(row) for row in unilav.rows_of(listed, ANNA)]


def test_an_internship_is_one_record_whatever_number_of_communications_tell_of_it():
    [job] = jobs(END, HIRE, EXTENSION)

    assert (job.employment_id, job.type, job.status) == ("1600124000000001", "internship", "ended")
    assert (job.planned_end_on, job.ended_on, job.end_cause) == (date(2024, 12, 11), date(2024, 10, 1), "DI")
    assert job.weekly_hours == Decimal("20.5")
    assert [each.type for each in job.communications] == ["ASS", "PRO", "CES"]
    assert check(job) == []


def test_trap_16_a_communication_that_is_sent_again_is_no_second_one():
    assert jobs(HIRE, HIRE, END, END) == jobs(HIRE, END)


def test_a_rectification_replaces_what_it_names():
    right = sent(4, codiceComunicazionePrecedente="1600124000000001", dataInizioRapporto="2024-03-18T00:00:00.000+0000")

    [job] = jobs(HIRE, right)

    assert job.started_on == date(2024, 3, 18)
    assert [(each.code[-1], each.state, each.replaces) for each in job.communications] == [
        ("1", "rectified", None),
        ("4", "validated", "1600124000000001"),
    ]


def test_what_follows_a_rectified_first_day_finds_its_relationship():
    right = sent(2, codiceComunicazionePrecedente="1600124000000001", dataInizioRapporto="2024-03-18T00:00:00.000+0000")
    end = {**END, "dataInizioRapporto": "2024-03-18T00:00:00.000+0000"}

    assert [job.status for job in jobs(HIRE, right, end)] == ["ended"]


def test_an_annulled_hire_takes_the_relationship_back():
    annulment = sent(4, codiceComunicazionePrecedente="1600124000000001", tipoComunicazione="04")

    [job] = jobs(HIRE, annulment)

    assert (job.status, job.ended_on) == ("annulled", None)
    assert [(each.type, each.state) for each in job.communications] == [("ASS", "annulled")]


def test_an_annulled_end_reverts_to_what_was_before():
    annulment = sent(4, codiceComunicazionePrecedente="1600124000000003", tipoComunicazione="04")

    [job] = jobs(HIRE, END, annulment)

    assert (job.status, job.ended_on, job.planned_end_on) == ("active", None, date(2024, 9, 11))


def test_a_transformation_without_end_has_no_last_day():
    change = sent(2, codiceTrasformazioneRapporto="DI", tipologiaContrattualeRapporto="A.01.00")

    [job] = jobs({**HIRE, "tipologiaContrattualeRapporto": "A.02.00"}, change)

    assert (job.type, job.contract_code, job.planned_end_on) == ("job", "A.01.00", None)


def test_a_new_employer_takes_the_relationship_over():
    [job] = jobs(HIRE, sent(2, comunicazioneVardatori=True, codiceFiscaleDatore=OTHER))

    assert (job.employer_id, job.communications[-1].type) == (OTHER, "VAR")


def test_two_employers_are_two_relationships():
    assert [job.employer_id for job in jobs(HIRE, sent(2, codiceFiscaleDatore=OTHER))] == [FIRM, OTHER]


def test_an_urgent_hire_is_a_hire():
    [job] = jobs({**HIRE, "comunicazioneUniurg": True})

    assert (job.communications[0].type, job.status) == ("URG", "active")


def test_somebody_elses_communications_are_left_out():
    assert jobs({**HIRE, "codiceFiscaleLavoratore": "VRDLGI80A01H501F"}) == []


def test_no_name_is_taken_along():
    assert "BIANCHI" not in str(unilav.rows_of([HIRE], ANNA))


def test_a_communication_without_its_code_is_set_aside_alone():
    lacking = {name: value for name, value in sent(2).items() if name != "codiceComunicazione"}

    [good, bad] = unilav.rows_of([HIRE, lacking], ANNA)

    with pytest.raises(KeyError, match="codiceComunicazione"):
        unilav.translate(bad)
    assert unilav.translate(good).status == "active"


async def test_what_the_invented_world_holds_comes_through(make_town, records):
    town = make_town(people=30, rates=Rates(mistakes=0, missing=0, late=0, rectified=1))

    batches, trouble = await town.read("communications")

    told = {each.communications[0].code: each for each in records(batches, "communications")}
    true = [job for worker in town.centre.workers.values() for job in worker.jobs.values()]
    shown = {"type", "contract_code", "employer_id", "started_on", "planned_end_on", "ended_on", "end_cause"}
    shown |= {"weekly_hours", "status", "person_id", "pact_id", "pact_scheme"}
    assert trouble is None
    assert len(told) == len(true) > 5
    for job in true:
        found = told[job.communications[0].code]
        assert found.model_dump(include=shown) == job.model_dump(include=shown)
        assert [(each.code, each.type, each.state) for each in found.communications] == [
            (each.code, each.type, each.state) for each in job.communications
        ]
