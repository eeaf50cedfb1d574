from __future__ import annotations

import json

import pytest

from patto_plugins.cooperatives.profiles import PROFILES, body_of, month_of, replaced

ROW = {"@register": "Presenze", "Mese": "marzo 2026", "Soggetto ospitante": "P. IVA 01234567897"}


@pytest.mark.parametrize(
    "written",
    ["marzo 2026", "MARZO-2026", " Marzo  2026", "03/2026", "3-2026", "2026-03", "2026-03-01", "2026-03-01T00:00:00"],
)
def test_a_month_is_read_however_it_is_written(written):
    assert month_of(written) == "2026-03"


@pytest.mark.parametrize("written", ["", "marzo", "marz 2026", "13/2026", "2026", "03/26"])
def test_what_is_no_month_is_refused(written):
    with pytest.raises(ValueError, match="month"):
        month_of(written)


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("01234567897", ("piva", "01234567897")),
        ("1234567897", ("piva", "01234567897")),  # the cell was a number
        ("Masseria Rossi, P. IVA 01234567897", ("piva", "01234567897")),
        ("rssmra80a01h501u", ("cf", "RSSMRA80A01H501U")),
    ],
)
def test_a_host_is_found_beside_its_name(written, body):
    assert body_of(written) == body


@pytest.mark.parametrize("written", ["", "Masseria Rossi", "012345678901234"])
def test_a_host_without_its_number_is_refused(written):
    with pytest.raises(ValueError, match="VAT number"):
        body_of(written)


def test_a_workbook_is_the_whole_of_its_months_and_hosts_days_and_closings():
    other = ROW | {"@register": "Riepilogo", "Mese": "aprile 2026"}

    assert list(replaced("a.xlsx", [ROW, json.dumps(other).encode(), ROW])) == [
        "2026-03/01234567897/",
        "chiusure/2026-03/01234567897/",
        "2026-04/01234567897/",
        "chiusure/2026-04/01234567897/",
    ]


def test_a_csv_file_is_the_whole_of_its_own_sheet():
    assert list(replaced("presenze.CSV", [ROW])) == ["2026-03/01234567897/"]
    assert list(replaced("riepilogo.csv", [ROW | {"@register": "Riepilogo"}])) == ["chiusure/2026-03/01234567897/"]


def test_a_list_of_trainees_and_a_row_that_cannot_be_read_are_the_whole_of_nothing():
    assert list(replaced("a.xlsx", [{"@register": "Tirocinanti", "Soggetto ospitante": "01234567897"}])) == []
    assert list(replaced("a.xlsx", [ROW | {"Mese": "boh"}])) == []


def test_service_registers_are_the_whole_of_a_month():
    row = {"@register": "Interventi", "Mese": "03/2026"}

    assert next(iter(replaced("a.xlsx", [row]))) == "2026-03/servizi/"


def test_sheets_are_found_however_they_are_written():
    assert all(each.wants(f"  {each.name.upper()} 2026 ") for profile in PROFILES for each in profile.registers)
