"""Twelve real workbooks of one register that grows, through the whole road: each adds its new rows, and only those.

The social service of Giovinazzo sent one workbook a day, always whole; what a hub should know after each is counted
here from the cells, without any code of the product.
"""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date

import pytest
from pydantic import BaseModel
from python_calamine import CalamineWorkbook

from patto_connectors.contract import Connector
from patto_connectors.files import IDENTITY, REGISTER, DropFolderSource, Reading, Register, by_name
from patto_connectors.ports import World
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners
from patto_hub.ledger.store import opened
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_schemas.model import Organisation
from patto_schemas.model.base import Identifier

pytestmark = pytest.mark.shared

TABLES = {"Donazioni-Aiuti": 4, "Servizi sociali (entrata)": 17, "Servizi sociali (uscita)": 14, "Donazioni-CC": 5}
"""The sheets, and how many of their columns are data: counted on the screen."""
COLUMNS = {
    "Donazioni-Aiuti": ("Data", "Donatori", "Donazioni", "Aiuti erogati"),
    "Servizi sociali (entrata)": ("Data", "Contr. ec.", "B. spesa", "Chiam. in.", "Rich. in caric."),
    "Servizi sociali (uscita)": ("Data", "Contr. ec.", "B. spesa", "Segnalaz.", "Chiam. uscit."),
    "Donazioni-CC": ("Data", "Donazioni in arrivo", "N. donatori", "Impiego somme", "Descrizione impiego"),
}
REGISTERS = tuple(
    Register(name=name, sheet=name, columns=columns, key=("Data",), fixed=("Data",), identity="Data")
    for name, columns in COLUMNS.items()
)
READING = Reading(registers=REGISTERS, scope=by_name(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.", "giovinazzo/"))


def translate(row):
    """A record of no dossier for each row: only whose it is and that it is the same matters here."""
    key = f"giovinazzo/{row[REGISTER]}/{row[IDENTITY]}"
    note = " ".join(f"{name}={value}" for name, value in sorted(row.items()) if not name.startswith("@"))
    return Organisation(
        organisation_id=key,
        type="host",
        legal_name=" ".join(note.split())[:500],
        identifiers=(Identifier(scheme="local:giovinazzo", value=key),),
    )


class Nothing(BaseModel):
    """Settings of a source that needs none."""


def by_hand(path):
    """Count the rows of a workbook that have a day and something beside it, cut at each table's width."""
    found = Counter()
    for name, width in TABLES.items():
        rows = CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python(skip_empty_area=False)[2:]
        for row in rows:
            cells = tuple(" ".join(str(cell).split()) for cell in row[:width])
            if isinstance(row[0], date) and any(cell not in {"", "-"} for cell in cells[1:]):
                found[name, tuple("" if cell == "-" else cell for cell in cells)] += 1
    return found


@pytest.fixture
async def road(tmp_path):
    upgrade(tmp_path / "ledger.db")
    folder = tmp_path / "in"
    folder.mkdir()
    async with opened(tmp_path / "ledger.db") as ledger:
        number = await ledger.write(partners.register, name="giovinazzo", plugin="test", organisation=None)
        connector = Connector(
            name="registers",
            settings=Nothing,
            source=lambda _: DropFolderSource(folder=folder, settle_seconds=0, reading=READING),
            translate=translate,
        )
        job = Job(
            name="giovinazzo/registers",
            partner="giovinazzo",
            partner_id=number,
            plugin="test",
            connector=connector,
            settings=Nothing(),
            schedule=Schedule(),
        )

        async def take(path):
            shutil.copy2(path, folder / path.name)
            outcome = await runner.run(job, ledger=ledger, world=World(), owner="test", reason="cli")
            rows = await ledger.read(
                lambda each: each.exec_driver_sql("SELECT key FROM head WHERE tombstone = 0").all()
            )
            return outcome, {key for (key,) in rows}

        yield take


async def test_trap_10_each_newer_workbook_adds_its_new_rows_and_takes_away_what_it_no_longer_has(shared, road):
    paths = sorted((shared / "real" / "spreadsheets").glob("giovinazzo-solidale-*.xlsx"))
    known, before, added = set(), Counter(), []
    for path in paths:
        counted = by_hand(path)

        outcome, current = await road(path)

        assert (outcome.state, outcome.balance.closes, outcome.balance.quarantined) == ("done", True, 0), path.name
        assert len(current) == counted.total(), path.name
        assert outcome.balance.new + outcome.balance.changed == (counted - before).total(), path.name
        assert len(known - current) + outcome.balance.changed == (before - counted).total(), path.name
        assert outcome.balance.unchanged == outcome.balance.read - outcome.balance.new - outcome.balance.changed
        added.append(outcome.balance.new)
        known, before = current, counted

    assert len(paths) == 12
    assert sum(added) == len(current) + 1  # one row of 3 April was written anew on the 14th
    assert len(current) == 219


async def test_the_same_workbook_under_another_name_changes_nothing(shared, road, tmp_path):
    (path,) = (shared / "real" / "spreadsheets").glob("giovinazzo-solidale-2020-04-22.xlsx")
    _, known = await road(path)
    other = shutil.copy2(path, tmp_path / "giovinazzo 2020-04-23.xlsx")

    outcome, current = await road(other)

    assert current == known
    assert (outcome.state, outcome.balance.read) == ("done", 0)
