from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from patto_plugins.cooperatives.translate import key_of, translate
from patto_schemas.model.wire import extras

DAY = {
    "@register": "Presenze",
    "@sheet": "Presenze marzo",
    "Mese": "marzo 2026",
    "Soggetto ospitante": "01234567897",
    "Data": "2026-03-02",
    "N. progetto": "IS-7",
}
MONTH = {
    "@register": "Riepilogo",
    "@sheet": "Riepilogo",
    "Mese": "03/2026",
    "Soggetto ospitante": "01234567897",
    "N. progetto": "IS-7",
    "Ore svolte": "72.5",
    "Stato": "Chiuso",
}
TRAINEE = {
    "@register": "Tirocinanti",
    "@sheet": "Tirocinanti",
    "Soggetto ospitante": "01234567897",
    "N. progetto": "IS-7",
    "Codice fiscale": "rssmra80a01h501u",
    "Politica": "140F358F85S",
    "Stato": "Attivo",
}


def test_both_halves_of_a_day_are_one_record():
    day = translate(
        DAY
        | {"Mattina entrata": "8.30", "Mattina uscita": "12:30:00"}
        | {"Pomeriggio entrata": "14:00", "Pomeriggio uscita": "15:15", "Firma tutor": "X", "Firma tirocinante": "sì"}
    )

    assert day.key == "2026-03/01234567897/IS-7/2026-03-02"
    assert (day.attendance, day.starts_at, day.ends_at, day.hours) == ("present", "08:30", "15:15", Decimal("5.25"))
    assert (day.signed_by_tutor, day.signed_by_trainee) == (True, True)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("P", "present"),
        ("a", "justified_absence"),
        ("AG", "justified_absence"),
        (" AI ", "unjustified_absence"),
        ("M", "illness"),
        ("Malattia", "illness"),
    ],
)
def test_each_code_of_presence_is_known(code, kind):
    assert translate(DAY | {"Presenza": code}).attendance == kind


def test_hours_alone_say_that_somebody_was_there():
    day = translate(DAY | {"Ore": "4"})

    assert (day.attendance, day.hours, day.signed_by_tutor) == ("present", Decimal(4), False)


def test_peoples_names_are_not_kept_and_a_column_that_was_not_agreed_is():
    day = translate(DAY | {"Ore": "4", "Cognome e Nome": "Rossi Maria", "Mensa": "sì"})

    assert extras(day) == {"/Mensa": "sì"}
    assert "Rossi" not in repr(day)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"Presenza": "boh"}, ValidationError),
        ({"Data": "31/02/2026", "Ore": "4"}, ValidationError),
        ({"Ore": "quattro", "Presenza": "P"}, ValidationError),
        ({"Ore": "4", "Firma tutor": "Bianchi"}, ValidationError),
        ({"Dalle": "otto", "Alle": "tredici", "Ore": "4"}, ValidationError),
        ({}, KeyError),
        ({"Ore": "0"}, KeyError),
        ({"Ore": "4", "Data": "2026-04-02"}, ValueError),
        ({"Ore": "4", "Mese": "boh"}, ValueError),
        ({"Ore": "4", "Soggetto ospitante": "Masseria"}, ValueError),
        ({"Mattina entrata": "08:30"}, ValueError),
        ({"Mattina entrata": "12:30", "Mattina uscita": "08:30"}, ValueError),
        (
            {"Mattina entrata": "8:00", "Mattina uscita": "13:00"}
            | {"Pomeriggio entrata": "12:00", "Pomeriggio uscita": "15:00"},
            ValueError,
        ),
    ],
)
def test_what_cannot_be_read_sets_its_row_aside(more, error):
    with pytest.raises(error):
        translate(DAY | more)


def test_a_row_without_its_project_names_the_column():
    with pytest.raises(KeyError, match=r"N\. progetto"):
        translate({name: value for name, value in DAY.items() if name != "N. progetto"} | {"Ore": "4"})


def test_a_closing_has_its_month_and_what_is_due():
    month = translate(MONTH | {"Indennità": "400", "Ore ingiustificate": "4", "Chiuso il": "2026-04-03"})

    assert (month.key, month.month) == ("chiusure/2026-03/01234567897/IS-7", "2026-03")
    assert (month.status, month.attended_hours, month.amount_due) == ("closed", Decimal("72.5"), Decimal(400))
    assert (month.unjustified_hours, month.closed_on) == (Decimal(4), date(2026, 4, 3))


@pytest.mark.parametrize("more", [{"Stato": "boh"}, {"Ore svolte": "tante"}, {"Indennità": "1.000"}])
def test_a_closing_that_cannot_be_read_is_set_aside(more):
    with pytest.raises(ValidationError):
        translate(MONTH | more)


def test_a_trainee_is_enrolled_with_the_host():
    found = translate(
        TRAINEE
        | {"Fine": "2026-03-06", "Motivo uscita": "5", "Stato": "ritirato"}
        | {"Aggiornato il": "6/3/2026 9:15", "Tirocinante": "Rossi Mario"}
    )

    assert (found.key, found.person_id, found.type) == ("IS-7", "RSSMRA80A01H501U", "internship")
    assert (found.host_scheme, found.host_id, found.status) == ("piva", "01234567897", "withdrawn")
    assert (found.exit.on, found.exit.reason) == (date(2026, 3, 6), "05")
    assert found.modified_at == datetime(2026, 3, 6, 8, 15, tzinfo=UTC)
    assert extras(found) == {}


@pytest.mark.parametrize("more", [{"Stato": "boh"}, {"Politica": "P-1"}, {"Aggiornato il": "ieri"}])
def test_a_trainee_who_cannot_be_read_is_set_aside(more):
    with pytest.raises(ValidationError):
        translate(TRAINEE | more)


def test_a_service_has_no_host():
    row = {"Cod. intervento": "SV-3", "Data": "2026-03-03", "Mese": "marzo 2026", "Dalle": "15:00", "Alle": "16:30"}
    session = translate({"@register": "Interventi", "@sheet": "i", **row, "Firma operatore": "x"})
    user = {name: value for name, value in TRAINEE.items() if name not in {"N. progetto", "Soggetto ospitante"}}
    served = translate(user | {"@register": "Utenti", "Cod. intervento": "SV-3"})

    assert (session.key, session.enrolment_id) == ("2026-03/servizi/SV-3/2026-03-03", "SV-3")
    assert (session.hours, session.signed_by_tutor, session.signed_by_trainee) == (Decimal("1.5"), True, False)
    assert (served.key, served.type, served.host_id) == ("SV-3", "service", None)


def test_a_row_that_cannot_be_read_still_says_which_record_it_would_be():
    user = {"@register": "Utenti", "Cod. intervento": "SV-3"}

    assert key_of(DAY | {"Presenza": "boh"}) == ("attendance_day", translate(DAY | {"Ore": "4"}).key)
    assert key_of(MONTH | {"Stato": "boh"}) == ("attendance_month", translate(MONTH).key)
    assert key_of(TRAINEE | {"Stato": "boh"}) == ("enrolment", "IS-7")
    assert key_of(user) == ("enrolment", "SV-3")
    assert key_of(DAY | {"Data": "31/02/2026"}) is None
