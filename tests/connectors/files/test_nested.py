"""Rows of several sheets are put together file by file; what belongs to nobody is set aside alone."""

from __future__ import annotations

import json

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed
from patto_connectors.files import nested
from patto_connectors.files.nested import Nest, Nested

NEST = Nest(parent="Patti", key="id", children={"Impegni": "impegni", "Consensi": "consensi"})


def row(register, **fields):
    return {"@register": register, "@sheet": register.lower(), **fields}


class Pages:
    def __init__(self, *pages):
        self.pages, self.told = pages, []

    async def read(self, after):
        for page in self.pages:
            yield page

    async def tell(self, outcome):
        self.told.append(outcome)


def page(*rows, name="a.xlsx", last=True, **more):
    positions = [f"foglio '{each['@register']}', riga {number}" for number, each in enumerate(rows, 3)]
    return Batch(rows=rows, positions=positions, name=name, cursor={"files": [name]} if last else None, **more)


async def read(*pages):
    return [batch async for batch in Nested(source=Pages(*pages), nests=(NEST,)).read(None)]


async def test_rows_of_other_sheets_come_within_their_parent_whatever_the_order_of_the_sheets():
    (made,) = await read(
        page(row("Impegni", id="1", testo="a"), last=False, content=b"xlsx"),
        page(row("Patti", id="1"), row("Patti", id="2"), row("Impegni", id="1", testo="b"), row("Consensi", id="2")),
    )

    assert [dict(each) for each in made.rows] == [
        row("Patti", id="1", impegni=[{"testo": "a"}, {"testo": "b"}]),
        row("Patti", id="2", consensi=[{}]),
    ]
    assert made.positions[1] == "foglio 'Patti', riga 4"
    assert (made.content, made.cursor) == (b"xlsx", {"files": ["a.xlsx"]})


async def test_a_row_whose_parent_is_not_there_is_set_aside_and_nothing_is_deleted():
    (made,) = await read(page(row("Patti", id="1"), row("Impegni", id="9", testo="a"), replaces=("",)))

    assert len(made.rows) == 1
    ((position, code, content),) = made.troubles
    assert (position, code, json.loads(content)["testo"]) == ("foglio 'Impegni', riga 4", "sheet.orphan", "a")
    assert made.replaces == ()


async def test_what_a_whole_file_replaces_is_said_with_its_last_page(monkeypatch):
    monkeypatch.setattr(nested, "AT_ONCE", 2)
    made = await read(page(*(row("Patti", id=str(number)) for number in range(5)), replaces=("",)))

    assert [len(each.rows) for each in made] == [2, 2, 1]
    assert [each.replaces for each in made] == [(), (), ("",)]
    assert [each.cursor is None for each in made] == [True, True, False]


async def test_files_are_kept_apart():
    made = await read(page(row("Patti", id="1")), page(row("Impegni", id="1", testo="a"), name="b.xlsx"))

    assert [len(each.rows) for each in made] == [1, 0]
    assert made[1].troubles[0][1] == "sheet.orphan"


async def test_a_file_that_does_not_fit_memory_is_refused(monkeypatch):
    monkeypatch.setattr(nested, "MOST", 3)

    with pytest.raises(Malformed) as wrong:
        await read(page(*(row("Patti", id=str(number)) for number in range(4))))

    assert wrong.value.code == "file.size"


async def test_outcomes_are_passed_on():
    source = Pages()

    await Nested(source=source, nests=()).tell("outcome")

    assert source.told == ["outcome"]
