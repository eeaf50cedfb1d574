"""Beneficiaries of RdC."""

from __future__ import annotations

import pytest

from patto_connectors.contract import Subject
from patto_plugins.employment_centres import rdc
from patto_schemas.model.base import Name

ANNA = Subject(person=Name("cf", "BNCNNA88E54E506D"), pact=Name("local:le", "PA-1"), position="1")


def beneficiary(**more):
    return {
        **dict.fromkeys(("cod_sap", "cod_sesso")),
        "cod_fiscale": "BNCNNA88E54E506D",
        "cod_fiscale_richiedente": "BNCNNA88E54E506D",
        "cod_protocollo_inps": "INPS-1",
        "des_cognome": "BIANCHI",
        "des_nome": "ANNA",
        "dtt_nascita": "1988-05-14",
        "dtt_domanda": "2023-01-21",
        "des_indirizzo_residenza": "via segreta 1",
        **more,
    }


def rows(*listed):
    return rdc.rows_of({"beneficiari": {"beneficiario": list(listed)}}, ANNA)


def test_a_protocol_names_the_person_who_applied():
    [row] = rows(beneficiary(cod_sap="AA00000001H"))

    person = rdc.translate(row)
    assert [tuple(each.name) for each in person.identifiers] == [
        ("cf", "BNCNNA88E54E506D"),
        ("inps_protocol", "INPS-1"),
        ("sap", "AA00000001H"),
    ]
    assert person.sex == "F"


def test_a_protocol_of_somebody_elses_application_names_nobody():
    assert rows(beneficiary(cod_fiscale_richiedente="VRDLGI80A01H501F")) == []


def test_of_the_rest_of_the_household_nothing_is_kept():
    found = rows(beneficiary(), beneficiary(cod_fiscale="VRDLGI80A01H501F", des_cognome="VERDI"))

    assert len(found) == 1
    assert "VERDI" not in str(found)
    assert "segreta" not in str(found)


def test_of_several_applications_the_newest_counts():
    [row] = rows(beneficiary(), beneficiary(cod_protocollo_inps="INPS-2", dtt_domanda="2024-01-21"))

    assert row["cod_protocollo_inps"] == "INPS-2"


def test_nobody_found_is_no_trouble():
    assert rows() == []
    assert rdc.rows_of({"beneficiari": None}, ANNA) == []


async def test_every_second_person_of_the_fake_centre_is_found(town, records):
    batches, trouble = await town.read("rdc")

    assert trouble is None
    assert len(records(batches, "rdc")) == 3


@pytest.mark.parametrize("words", [["ALTRO"], []])
async def test_an_outcome_that_was_not_agreed_is_no_answer(town, words):
    _, trouble = await town.read("rdc", rdc={"passed": words})

    assert trouble.code == "soap.outcome"
