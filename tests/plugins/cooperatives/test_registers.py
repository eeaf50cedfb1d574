"""Registers in three forms say what the cooperative knows, and only that."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_connectors.files import put
from patto_plugins.cooperatives.fake import FakeSettings, cooperatives, hosts_of, tellers
from patto_plugins.cooperatives.fake_workbook import csv_bytes, ods_bytes, register, xlsx_bytes
from patto_plugins.cooperatives.translate import translate
from patto_schemas.chronicle import Rates
from patto_schemas.model import AttendanceDay
from patto_schemas.model.wire import extras

HOST = "01234567897"


def plain(record, host):
    """A record of the invented world with the key that its register gives it, as far as registers tell."""
    more = {"revision": None, "modified_at": None}
    if record.kind == "attendance_day":
        more["attendance_id"] = f"{record.day:%Y-%m}/{host}/{record.enrolment_id}/{record.day}"
    elif record.kind == "attendance_month":
        more["attendance_month_id"] = f"chiusure/{record.month}/{host}/{record.enrolment_id}"
    return record.model_copy(update=more).model_dump(mode="json")


@pytest.mark.parametrize("form", ["xlsx", "ods", "csv"])
async def test_all_that_is_true_comes_back_from_each_form(  # noqa: PLR0917 - what is compared
    form, filled, stage, code, read, records
):
    book = filled(form)
    book.drop()

    batches = await read(book.folder)

    found = records(batches)
    hosts = hosts_of(stage, code)
    true = [each for each in stage.chronicle.truth(code) if each.kind != "organisation"]
    wanted = [plain(each, hosts[each.enrolment_id]) for each in true]
    assert Counter(each.kind for each in true).keys() == {"attendance_day", "attendance_month", "enrolment"}
    assert sorted(wanted, key=str) == sorted(
        (each.model_copy(update={"modified_at": None}).model_dump(mode="json") for each in found.values()), key=str
    )
    assert [trouble for batch in batches for trouble in batch.troubles] == []
    assert {name for each in found.values() for name in extras(each)} == set()


async def test_a_register_says_of_which_keys_it_is_the_whole(filled, read):
    book = filled()
    names = book.drop()

    batches = await read(book.folder)

    spoken = Counter(prefix for batch in batches for prefix in batch.replaces)
    assert len([batch for batch in batches if batch.cursor]) == len(names)
    assert set(spoken.values()) == {1}
    assert all(
        translate(row).key.startswith(batch.replaces)
        for batch in batches
        for row in batch.rows
        if row["@register"] != "Tirocinanti"
    )


async def test_trap_10_no_word_of_a_legend_and_no_day_entered_beforehand_is_read(told, tmp_path, read):
    days = [told(_day("IS-7", 2)), told(_day("IS-9", 2))]
    sheets = register("2026-03", HOST, days=days, to_come=[(date(2026, 3, 3), "IS-7"), (date(2026, 3, 4), "IS-9")])
    put(tmp_path / "r.xlsx", xlsx_bytes(sheets))
    put(tmp_path / "r.ods", ods_bytes(sheets))
    put(tmp_path / "presenze.csv", csv_bytes(sheets["Presenze"]))

    batches = await read(tmp_path)

    assert [[row["N. progetto"] for row in batch.rows] for batch in batches] == [["IS-7", "IS-9"]] * 3
    assert {value for batch in batches for row in batch.rows for value in row.values()} & {
        "LEGENDA",
        "malattia",
    } == set()


async def test_a_line_of_totals_below_the_days_is_no_day(told, tmp_path, read):
    sheets = register("2026-03", HOST, days=[told(_day("IS-7", 2))])
    sheets["Presenze"].rows[6:9] = [["Totale ore", None, None, None, None, None, Decimal(4)], ["Timbro e firma"], []]
    put(tmp_path / "r.xlsx", xlsx_bytes(sheets))

    (page,) = await read(tmp_path)

    assert [row["Data"] for row in page.rows] == ["2026-03-02"]
    assert not page.troubles


async def test_trap_8_days_are_read_whether_they_are_days_or_words(told, tmp_path, read, records):
    days = [told(_day("IS-7", number)) for number in (2, 3, 4)]
    put(tmp_path / "r.xlsx", xlsx_bytes(register("2026-03", HOST, days=days)))

    found = records(await read(tmp_path))

    assert {type(row) for row in (each.rows[5][0] for each in [_grid(days)])} == {date}
    assert isinstance(_grid(days).rows[6][0], str)
    assert sorted(each.day.day for each in found.values()) == [2, 3, 4]


def _grid(days):
    return register("2026-03", HOST, days=days)["Presenze"]


def _day(project, number, hours=4):
    return AttendanceDay(
        attendance_id="x",
        enrolment_id=project,
        day=date(2026, 3, number),
        attendance="present",
        hours=Decimal(hours),
        starts_at="09:00",
        ends_at="13:00",
    )


@pytest.mark.parametrize(
    ("mistake", "aside"),
    [
        ("impossible_date", ["IS-7"]),
        ("missing_field", [None]),
        ("unknown_word", ["IS-7"]),
        ("doubled_row", []),
        ("decimal_comma", []),
    ],
)
async def test_each_mistake_sets_its_own_row_aside(mistake, aside, told, tmp_path, read):
    days = [told(_day("IS-7", 3), mistake), told(_day("IS-9", 3))]
    put(tmp_path / "r.xlsx", xlsx_bytes(register("2026-03", HOST, days=days)))

    (page,) = await read(tmp_path)
    refused, good = [], []
    for row in page.rows:
        try:
            good.append(translate(row).key)
        except (ValueError, KeyError):
            refused.append(row.get("N. progetto"))

    assert refused == aside
    assert len(good) == 2 - len(aside) + (mistake == "doubled_row")
    assert good[-1].endswith("IS-9/2026-03-03")


async def test_operators_mistakes_and_delays_end_in_good_rows(tmp_path, read, records):
    stage = FakeSettings(people=30, rates=Rates(mistakes=0.3, late=0.3)).stage(tmp_path)
    code = tellers(stage)[0].code
    made = cooperatives(stage, {code: tmp_path / "r"}, {})
    made.work(None, stage.now())

    found = records(await read(tmp_path / "r"))

    hosts = hosts_of(stage, code)
    last = {(each.record.kind, each.record.key): each.record for each in stage.due(code)}
    wanted = {str(plain(each, hosts[each.enrolment_id])) for each in last.values() if each.kind != "organisation"}
    assert len(wanted) > 500
    assert wanted == {
        str(each.model_copy(update={"modified_at": None}).model_dump(mode="json")) for each in found.values()
    }


async def test_F36_a_new_column_stays_in_the_row(told, tmp_path, read):
    sheets = register("2026-03", HOST, days=[told(_day("IS-7", 2))])
    grid = sheets["Presenze"]
    for at, value in ((3, None), (4, "Mensa"), (5, "sì"), (6, None), (7, None), (8, None)):
        grid.rows[at].insert(11, value)
    put(tmp_path / "r.xlsx", xlsx_bytes(sheets))

    (page,) = await read(tmp_path)

    assert not page.troubles
    assert [value for row in page.rows for value in extras(translate(row)).values()] == ["sì"]


async def test_F37_without_a_required_column_the_file_is_set_aside_and_says_what_it_lacks(told, tmp_path, read):
    sheets = register("2026-03", HOST, days=[told(_day("IS-7", 2))])
    sheets["Presenze"].rows[4][1] = "Numero"
    put(tmp_path / "r.xlsx", xlsx_bytes(sheets))

    (page,) = await read(tmp_path)

    assert (page.rows, page.replaces) == ((), ())
    ((position, code, _),) = page.troubles
    assert (code, position) == ("sheet.column_missing", "colonna 'N. progetto'")


async def test_without_its_month_a_register_is_set_aside(told, tmp_path, read):
    sheets = register("2026-03", HOST, days=[told(_day("IS-7", 2))])
    sheets["Presenze"].rows[1] = []
    put(tmp_path / "r.xlsx", xlsx_bytes(sheets))

    (page,) = await read(tmp_path)

    assert [code for _, code, _ in page.troubles] == ["sheet.column_missing"]


async def test_an_agreed_column_that_is_gone_is_told_once_and_nothing_is_taken_away(told, tmp_path, read):
    sheets = register("2026-03", HOST, days=[told(_day("IS-7", 2)), told(_day("IS-7", 3))])
    for at in (3, 4, 5, 6):
        del sheets["Presenze"].rows[at][8]
    sheets["Presenze"].merged.clear()
    put(tmp_path / "r.xlsx", xlsx_bytes(sheets))

    (page,) = await read(tmp_path)

    assert [(code, "Attività" in place) for place, code, _ in page.troubles] == [("sheet.column_missing", True)]
    assert len(page.rows) == 2


async def test_what_a_cooperative_calls_otherwise_or_does_not_have_its_settings_say(tmp_path, read):
    with xlsxwriter.Workbook(tmp_path / "r.xlsx") as workbook:
        sheet = workbook.add_worksheet("Foglio firme")
        for at, row in enumerate(
            (
                ("Periodo: marzo 2026",),
                ("Azienda", "01234567897"),
                (),
                ("Giorno", "PFI", "Ore", "Codice"),
                ("02/03/2026", "IS-7", "4,5", "P"),
            )
        ):
            sheet.write_row(at, 0, row)
        for name, columns in (
            ("Riepilogo", ["PFI", "Ore svolte", "Stato"]),
            ("Tirocinanti", ["PFI", "Codice fiscale", "Politica", "Stato"]),
        ):
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, ["Periodo:", "marzo 2026"])
            sheet.write_row(1, 0, ["Azienda:", "01234567897"])
            sheet.write_row(3, 0, columns)
    times = {f"{half} {way}" for half in ("Mattina", "Pomeriggio") for way in ("entrata", "uscita")}
    rest = {"Stato dal", "Richiesto il", "Inizio", "Fine", "Motivo uscita", "Aggiornato il", "Ore previste"}
    sums = {"Ore giustificate", "Ore ingiustificate", "Indennità", "Chiuso il"}

    (page,) = await read(
        tmp_path,
        sheets={"Presenze": "foglio firme*"},
        aliases={"Data": ("Giorno",), "N. progetto": ("PFI",), "Presenza": ("Codice",), "Mese": ("Periodo",)}
        | {"Soggetto ospitante": ("Azienda",)},
        without=times | rest | sums | {"Attività", "Firma tirocinante", "Firma tutor"},
    )

    assert not page.troubles
    (day,) = [translate(row) for row in page.rows]
    assert (day.key, day.hours) == ("2026-03/01234567897/IS-7/2026-03-02", Decimal("4.5"))


async def test_a_run_goes_on_from_every_file_and_a_second_one_brings_nothing(filled, read):
    book = filled()
    book.changed = set(sorted(book.changed)[:4])
    book.drop()
    whole = await read(book.folder)

    assert await read(book.folder, after=whole[-1].cursor) == []
    for before, after in pairwise(whole):
        rest = await read(book.folder, after=before.cursor)
        assert rest[0].name == after.name


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.integers(6, 11),
    hours=st.integers(1, 8),
    kind=st.sampled_from(["present", "justified_absence", "unjustified_absence", "illness"]),
    signed=st.booleans(),
    number=st.integers(1, 31),
    activity=st.sampled_from([None, "Tirocinio", "Orto; serra", "=1+1", "«Cucina»"]),
    form=st.sampled_from(["xlsx", "ods", "csv"]),
)
async def test_any_day_comes_back_as_it_was_written(  # noqa: PLR0917 - what a day has
    tmp_path_factory, told, read, start, hours, kind, signed, number, activity, form
):
    folder = tmp_path_factory.mktemp("r")
    there = kind == "present"
    day = AttendanceDay(
        attendance_id=f"2026-03/{HOST}/IS-7/2026-03-{number:02}",
        enrolment_id="IS-7",
        day=date(2026, 3, number),
        attendance=kind,
        hours=Decimal(hours if there else 0),
        starts_at=f"{start:02}:15" if there else None,
        ends_at=f"{start + hours:02}:15" if there else None,
        activity=activity,
        signed_by_trainee=signed,
        signed_by_tutor=not signed,
    )
    sheets = register("2026-03", HOST, days=[told(day)])
    if form == "csv":
        put(folder / "presenze.csv", csv_bytes(sheets["Presenze"], "utf-8"))
    else:
        put(folder / f"r.{form}", xlsx_bytes(sheets) if form == "xlsx" else ods_bytes(sheets))

    ((row,),) = [batch.rows for batch in await read(folder)]

    assert translate(row).model_dump() == day.model_dump()
