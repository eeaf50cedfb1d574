"""Pages of a fake partner's listing: stores that change, cursors that hold, and content faults on top."""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from patto_connectors.json import at_path, slices

if TYPE_CHECKING:
    from random import Random

    from patto_connectors.testing.faults import Fault

Query = Mapping[str, str]
PageOf = Callable[[Query], "bytes | Page"]
"""Answers a query with a page: ready bytes, or its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page in parts, so that faults can be worked into it."""

    rows: Sequence[bytes]
    next: str | None = None
    envelope: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the answer."""
    items_name: str = "items"
    next_name: str = "next_cursor"
    cursor_name: str = "cursor"
    """The parameter that asks for the page after."""

    def render(self) -> bytes:
        """Give the page as JSON."""
        head = json.dumps({**self.envelope, self.next_name: self.next}, ensure_ascii=False)[:-1]
        return head.encode() + f", {json.dumps(self.items_name)}:[".encode() + b",".join(self.rows) + b"]}"


@dataclass(slots=True)
class Store:
    """What a fake partner holds: rows in the order of their last change, to be read page by page."""

    rows: list[tuple[str, str, bytes]] = field(default_factory=list)
    """(changed, key, row); `changed` in one style only (`2026-01-01T00:00:00Z`), so that text order is time order."""
    changed: dict[str, str] = field(default_factory=dict)

    def put(self, key: str, changed: str, row: bytes) -> None:
        """Add a row, or move it to where its change puts it."""
        self.drop(key)
        insort(self.rows, (changed, key, row))
        self.changed[key] = changed

    def fill(self, rows: Iterable[tuple[str, str, bytes]]) -> None:
        """Add many (changed, key, row) at once, with keys that are not there yet."""
        self.rows.extend(rows)
        self.rows.sort()
        self.changed.update((key, changed) for changed, key, _ in self.rows)

    def row(self, key: str) -> bytes:
        """Give the current row of a key.

        Raises:
            KeyError: there is none.
        """
        return self.rows[bisect_left(self.rows, (self.changed[key], key))][2]

    def drop(self, key: str) -> None:
        """Take a row away without a trace, as partners do."""
        before = self.changed.pop(key, None)
        if before is not None:
            del self.rows[bisect_left(self.rows, (before, key))]

    def page(self, query: Query, *, size: int = 500) -> Page:
        """Answer `modified_since`, `cursor` and `limit`; cursors hold while rows move."""
        limit = max(1, min(int(query.get("limit", size)), 10_000))
        start = bisect_left(self.rows, (query.get("modified_since", ""),))
        if query.get("cursor"):
            changed, key = base64.urlsafe_b64decode(query["cursor"]).decode().split("|", 1)
            start = max(start, bisect_left(self.rows, (changed, key + "\0")))
        found = self.rows[start : start + limit]
        more = start + limit < len(self.rows)
        cursor = base64.urlsafe_b64encode("|".join(found[-1][:2]).encode()).decode() if more else None
        return Page(rows=[row for _, _, row in found], next=cursor)


def ready_pages(rows: Sequence[bytes], size: int) -> PageOf:
    """Render all pages beforehand: for benchmarks, where the fake partner must cost next to nothing."""
    count = max(1, -(-len(rows) // size))
    pages = [
        Page(
            rows=rows[number * size : (number + 1) * size],
            next=str(number + 1) if number + 1 < count else None,
        ).render()
        for number in range(count)
    ]
    return lambda query: pages[int(query.get("cursor", "0"))]


def spoil(found: bytes | Page, query: Query, faults: Sequence[Fault], chance: Random, shape: Page) -> bytes:
    """Give a page as bytes, with content faults worked in.

    Args:
        found: the page.
        query: what was asked.
        faults: content faults only.
        chance: decides what faults leave open.
        shape: the names of the listing's members, for pages that come as bytes.
    """
    if not faults:
        return found if isinstance(found, bytes) else found.render()
    page = found if isinstance(found, Page) else _taken_apart(found, shape)
    for fault in faults:
        if fault.name == "failure_flag":
            message = {"codice": fault.option or "E500", "descrizione": "errore interno di ROSSI MARIO"}
            return json.dumps({"esitoPositivo": False, "apiMessages": [message]}).encode()
        page = _SPOILERS[fault.name](page, query, fault, chance)
    return page.render()


def _taken_apart(content: bytes, shape: Page) -> Page:
    envelope, rows = slices(content, shape.items_name)
    return replace(shape, rows=rows, next=at_path(envelope, shape.next_name))


def _each(page: Page, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Page:
    rows = [json.dumps(change(json.loads(row)), ensure_ascii=False).encode() for row in page.rows]
    return replace(page, rows=rows)


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {member: value for member, value in row.items() if member != name}


_SPOILERS: dict[str, Callable[[Page, Query, Fault, Random], Page]] = {
    "repeated_cursor": lambda page, query, _, __: replace(page, next=query.get(page.cursor_name) or "same"),
    "cycle": lambda page, query, _, __: replace(page, next="B" if query.get(page.cursor_name) == "A" else "A"),
    "ever_new_cursor": lambda page, _, __, chance: replace(page, next=chance.randbytes(8).hex()),
    "empty_more": lambda page, _, __, chance: replace(page, rows=[], next=chance.randbytes(8).hex()),
    "duplicates": lambda page, *_: replace(page, rows=[row for row in page.rows for _ in range(2)]),
    "shuffled": lambda page, _, __, chance: replace(page, rows=chance.sample(list(page.rows), len(page.rows))),
    "new_field": lambda page, _, fault, __: _each(page, lambda row: {**row, fault.option or "campoNuovo": "x"}),
    "missing_field": lambda page, _, fault, __: _each(page, lambda row: _without(row, fault.option)),
    "retyped": lambda page, _, fault, __: _each(page, lambda row: {**row, fault.option: {"valore": 1}}),
    "not_json": lambda page, *_: replace(page, rows=[*page.rows, b'{"n":NaN}']),
}
