"""Rows that stand on a sheet of their own and belong to a row of another sheet: put into it, file by file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.closing import Closing
from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed
from patto_connectors.files.register import REGISTER, SHEET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from patto_connectors.contract import Cursor, Outcome, Row, Source

MOST: Final = 200_000
"""Rows of one file: it is held in memory, as its sheets come one after the other."""
AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Nest:
    """Which sheets' rows belong into the rows of another one."""

    parent: str
    """The register that gives the rows."""
    key: str
    """The column by which a child names its parent; in the parent it is the key."""
    children: Mapping[str, str]
    """By register: the field of the parent under which its rows come, as a list in the order of the sheet."""


@dataclass(slots=True)
class _File:
    """What was read of a file so far."""

    pages: list[Batch] = field(default_factory=list)
    rows: int = 0

    def add(self, page: Batch) -> None:
        self.rows += len(page.rows)
        if self.rows > MOST:
            raise Malformed(
                "file.size",
                f"The workbook has more than {MOST} rows.",
                hint="Inviare più file, uno per periodo (send several files): chi produce il file.",
            )
        self.pages.append(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """A source of workbooks whose rows are put together; a child without its parent is set aside alone."""

    source: Source
    nests: Sequence[Nest]

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield each file's rows once its last page is there.

        Raises:
            Trouble: the source's.
        """
        file = _File()
        async with Closing(self.source.read(after)) as pages:
            async for page in pages:
                file.add(page)
                if page.cursor is not None:
                    for made in _together(file.pages, self.nests):
                        yield made
                    file = _File()

    async def tell(self, outcome: Outcome) -> None:
        """Pass an outcome on to the source, where it listens."""
        tell = getattr(self.source, "tell", None)
        if callable(tell):
            await tell(outcome)


def _together(pages: Sequence[Batch], nests: Sequence[Nest]) -> list[Batch]:
    """Give a file's pages anew: parents with their children, in the order in which they stood."""
    placed = [(page.position(index), dict(_fields(row))) for page in pages for index, row in enumerate(page.rows)]
    inner = {child: nest for nest in nests for child in nest.children}
    parents: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in nests:
        for _, row in placed:
            if row.get(REGISTER) == each.parent and each.key in row:
                parents.setdefault((each.parent, row[each.key]), []).append(row)
    rows, troubles = [], [trouble for page in pages for trouble in page.troubles]
    for position, row in placed:
        nest = inner.get(row.get(REGISTER, ""))
        if nest is None:
            rows.append((position, row))
            continue
        found = parents.get((nest.parent, row.get(nest.key, "")))
        if found is None:
            troubles.append((position, "sheet.orphan", json.dumps(row, ensure_ascii=False).encode()))
            continue
        held = {name: value for name, value in row.items() if name not in {REGISTER, SHEET, nest.key}}
        for parent in found:
            parent.setdefault(nest.children[row[REGISTER]], []).append(held)
    return _cut(pages[-1], pages[0].content, rows, troubles)


def _cut(
    last: Batch, content: bytes, rows: Sequence[tuple[str, Row]], troubles: Sequence[tuple[str, str, bytes]]
) -> list[Batch]:
    """Cut rows into pages; bytes and troubles go with the first, the cursor and what is replaced with the last."""
    made = [
        Batch(
            rows=[row for _, row in rows[at : at + AT_ONCE]],
            positions=[position for position, _ in rows[at : at + AT_ONCE]],
            name=last.name,
            media_type=last.media_type,
        )
        for at in range(0, max(len(rows), 1), AT_ONCE)
    ]
    made[0] = replace(made[0], content=content, troubles=tuple(troubles))
    made[-1] = replace(made[-1], cursor=last.cursor, replaces=() if troubles else last.replaces)
    return made


def _fields(row: Row) -> Mapping[str, Any]:
    return json.loads(row) if isinstance(row, bytes) else row
