import csv

import pytest

from patto_schemas.codes import table
from patto_schemas.codes.territory import ambiti


@pytest.mark.shared
def test_trap_12_the_257_municipalities_are_those_of_the_istat_list(shared):
    with (shared / "real/vocab/istat/istat_elenco_comuni_raw.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {
            (row["codice_istat"], row["denominazione"], row["codice_catastale"], row["sigla_provincia"])
            for row in csv.DictReader(file)
            if row["regione"] == "Puglia"
        }

    ours = {
        (row.code, row.label_it, row.more["belfiore"], row.more["province"])
        for row in table("municipalities").current()
    }
    assert ours == listed
    assert len(ours) == 257


@pytest.mark.shared
def test_education_levels_match_the_vocabulary(shared):
    with (shared / "real/vocab/ontopia/education-level.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row["codice_1_livello"] for row in csv.DictReader(file)} - {""}

    assert set(table("education_levels")) == listed


@pytest.mark.shared
def test_legal_forms_match_the_vocabulary(shared):
    with (shared / "real/vocab/ontopia/legal-status.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row[f"codice_{level}_livello"] for row in csv.DictReader(file) for level in "123"} - {""}

    assert set(table("legal_forms")) == listed


def test_provinces_are_six_and_count_their_municipalities():
    counts = dict.fromkeys(table("provinces"), 0)
    for row in table("municipalities").current():
        counts[row.more["province"]] += 1

    assert counts == {"LE": 96, "FG": 61, "BA": 41, "TA": 29, "BR": 20, "BT": 10}
    assert {row.code: row.more["istat"] for row in table("provinces").current()} == {
        "FG": "071",
        "BA": "072",
        "TA": "073",
        "BR": "074",
        "LE": "075",
        "BT": "110",
    }


def test_cadastral_codes_lead_to_one_municipality_each():
    codes = {row.more["belfiore"]: row.code for row in table("municipalities").current()}

    assert len(codes) == 257
    assert codes["D643"] == "071024"


def test_there_are_45_districts_led_by_municipalities_of_their_province():
    codes = {ambito.code for ambito in ambiti()}

    assert len(codes) == 45
    municipalities = table("municipalities")
    for ambito in ambiti():
        lead = municipalities.find(ambito.lead_municipality)
        assert lead is not None
        assert lead.more["province"] == ambito.code[:2]


def test_only_memberships_that_were_read_are_confirmed():
    confirmed = {
        ambito.name: sum(member.confirmed for member in ambito.members) for ambito in ambiti() if ambito.members
    }

    assert confirmed == {"Alto Tavoliere": 8, "Massafra": 4, "Manduria": 5}


def test_no_municipality_is_in_two_districts():
    members = [member.municipality for ambito in ambiti() for member in ambito.members]

    assert len(members) == len(set(members))
