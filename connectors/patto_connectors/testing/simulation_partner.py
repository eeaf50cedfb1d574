"""A partner for simulated worlds: a register that changes while it is read, behind a REST service that has bad days."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

Name = tuple[str, str]
"""(kind, key) of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lies:
    """Shares of answers (0 to 1) in which the partner misbehaves; each comes on its own."""

    unavailable: float = 0.0
    """503."""
    busy: float = 0.0
    """429 with Retry-After from -5 seconds to a minute."""
    page_of_html: float = 0.0
    """200 with a page of HTML instead of JSON."""
    half: float = 0.0
    """JSON that ends in the middle, with the length of the half."""
    repeated_cursor: float = 0.0
    """The next cursor is one that was given before."""
    duplicates: float = 0.0
    """Rows come twice in a page."""
    shuffled: float = 0.0
    """Rows of a page are in no order."""
    older: float = 0.0
    """An older version of a row comes along with the page."""
    unknown_field: float = 0.0
    """Rows carry a field that nobody agreed on."""
    slow: float = 0.0
    """The answer takes a quarter of a minute."""


HONEST = Lies()


@dataclass(slots=True)
class Version:
    """One version of a row; `valid` says whether it keeps to the agreed format."""

    fields: dict[str, Any]
    modified_at: datetime
    valid: bool = True


@dataclass(slots=True)
class Register:
    """What the partner knows, with every version that it ever had."""

    now: Callable[[], datetime]
    versions: defaultdict[Name, list[Version]] = field(default_factory=lambda: defaultdict(list))
    gone: set[Name] = field(default_factory=set)
    """Rows that were removed: no listing shows them."""

    def put(self, kind: str, key: str, fields: Mapping[str, Any], *, late: float = 0.0, valid: bool = True) -> Version:
        """Keep a new version of a row.

        Args:
            kind: which listing it stands in.
            key: its key.
            fields: its fields besides `revision` and `modified_at`.
            late: seconds that passed between its time stamp and the moment that others can see it: now.
            valid: whether the hub should be able to take it.
        """
        self.gone.discard((kind, key))
        known = self.versions[kind, key]
        at = self.now().replace(microsecond=0) - timedelta(seconds=round(late))
        if known:
            at = max(at, known[-1].modified_at)
        row = {**fields, "revision": len(known) + 1, "modified_at": at.isoformat()}
        known.append(Version(row, at, valid))
        return known[-1]

    def remove(self, kind: str, key: str) -> None:
        """Take a row out of the listings."""
        self.gone.add((kind, key))

    def listing(self, kind: str, since: datetime | None = None) -> list[tuple[str, Version]]:
        """Give the rows of a kind as they are now, oldest change first."""
        rows = [
            (key, versions[-1])
            for (each, key), versions in self.versions.items()
            if each == kind and (kind, key) not in self.gone and (since is None or versions[-1].modified_at >= since)
        ]
        return sorted(rows, key=lambda row: (row[1].modified_at, row[0]))

    def passed_by(self, kind: str, since: datetime) -> Iterator[Name]:
        """Give the rows that a reader who asks for changes since an instant will not get again."""
        for (each, key), versions in self.versions.items():
            if each == kind and versions[-1].modified_at < since:
                yield kind, key

    def valid(self, kind: str) -> dict[str, dict[str, Any]]:
        """Give the rows of a kind whose current version keeps to the format, by key."""
        return {key: version.fields for key, version in self.listing(kind) if version.valid}


class Service:
    """The REST service of a register: `GET /{kind}?modified_since=&limit=` with `cursor=` or `offset=`.

    Args:
        register: what it lists.
        chance: decides about lies.
        sleep: the world's.
    """

    def __init__(self, register: Register, chance: random.Random, sleep: Callable[[float], Any]) -> None:
        self.register = register
        self.chance = chance
        self.sleep = sleep
        self.lies = HONEST
        self.requests = 0
        self.told: dict[str, int] = defaultdict(int)
        """How often each lie was told, by name."""
        self._cursors: list[str] = []

    def app(self) -> web.Application:
        """Give the service as an application."""
        app = web.Application()
        app.router.add_get("/{kind}", self.page)
        return app

    async def page(self, request: web.Request) -> web.Response:
        """Answer one page, or a lie."""
        self.requests += 1
        if self._lie("slow"):
            await self.sleep(15.0)
        if self._lie("unavailable"):
            return web.Response(status=503)
        if self._lie("busy"):
            return web.Response(status=429, headers={"Retry-After": str(self.chance.choice((-5, 0, 1, 7, 60)))})
        if self._lie("page_of_html"):
            return web.Response(text="<html><h1>Servizio in manutenzione</h1></html>", content_type="text/html")
        body = json.dumps(self._answer(request.match_info["kind"], request.query)).encode()
        if self._lie("half"):
            body = body[: self.chance.randrange(1, len(body))]
        return web.Response(body=body, content_type="application/json")

    def _answer(self, kind: str, query: Mapping[str, str]) -> dict[str, Any]:
        since = _instant(query.get("modified_since"))
        limit = int(query.get("limit", "50"))
        rows = self.register.listing(kind, since)
        if "offset" in query:
            start = int(query["offset"])
            return {"items": self._spoil(kind, [row.fields for _, row in rows[start : start + limit]])}
        cursor = query.get("cursor", "")
        after = [(key, row) for key, row in rows if _place(key, row) > cursor]
        page, more = after[:limit], len(after) > limit
        following = _place(*page[-1]) if more else None
        if following is not None and self._cursors and self._lie("repeated_cursor"):
            following = self.chance.choice(self._cursors)
        if following is not None:
            self._cursors = [*self._cursors[-20:], following]
        return {"items": self._spoil(kind, [row.fields for _, row in page]), "next_cursor": following}

    def _spoil(self, kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if rows and self._lie("duplicates"):
            rows = rows + self.chance.choices(rows, k=2)
        if rows and self._lie("older"):
            key = self.chance.choice([key for key, _ in self.register.listing(kind)])
            old = [version.fields for version in self.register.versions[kind, key] if version.valid]
            rows = rows + ([self.chance.choice(old)] if old else [])
        if self._lie("unknown_field"):
            rows = [{**row, "campo_nuovo": "x"} for row in rows]
        if self._lie("shuffled"):
            rows = self.chance.sample(rows, len(rows))
        return rows

    def _lie(self, name: str) -> bool:
        told = self.chance.random() < float(getattr(self.lies, name))
        if told:
            self.told[name] += 1
        return told


def _place(key: str, row: Version) -> str:
    return f"{row.modified_at.isoformat()} {key}"


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
