"""What a tried file would change of what the hub holds of its sender: which records, and of each which fields.

The fields' names are shown; their values, old and new, only where the sender asks for them, and that look is noted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from patto_hub.ledger import records
from patto_hub.preview import compared
from patto_hub.road.trial import SHOWN
from patto_hub.web.portal import standing
from patto_hub.web.portal.labels import label, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_hub.ledger.records import Head
    from patto_hub.ledger.store import Connection
    from patto_hub.preview import RecordChange
    from patto_hub.road.resolve import Candidate
    from patto_hub.web.portal.visits import PartnerVisit
    from patto_hub.web.words import Words

FRESH: Final = 20
"""New records that are shown: of them only where they stand."""
FIELDS: Final = 40
"""Fields of one record that are shown."""
LONGEST: Final = 120
"""Characters of a value that are shown."""
NOTHING: Final = "–"  # noqa: RUF001 - a dash, as elsewhere on these pages
_QUIET: Final = ("/modified_at", "/revision")
"""Fields that change with every other one."""


@dataclass(slots=True)
class Comparison:
    """Notes what would become current; a record that the file says twice is noted as it says it last."""

    partner_id: int
    changed: dict[tuple[str, str], RecordChange] = field(default_factory=dict)
    fresh: dict[tuple[str, str], str] = field(default_factory=dict)
    """Where the first new records stand."""

    def look(self, connection: Connection, current: Sequence[tuple[Head, Candidate]]) -> None:
        """Compare what a page would make current with what the ledger holds, as far as it is shown."""
        wanted: list[Candidate] = []
        for head, each in current:
            named = (each.entry.kind, each.entry.key)
            if named in self.changed or (head.version > 1 and len(self.changed) + len(wanted) < SHOWN):
                wanted.append(each)
            elif head.version <= 1:
                self._note_fresh(named, each.position)
        for change in compared(connection, self.partner_id, wanted):
            if change.new:  # the file itself has named it before
                self._note_fresh((change.kind, change.key), change.position)
            else:
                self.changed[change.kind, change.key] = change

    def _note_fresh(self, named: tuple[str, str], position: str) -> None:
        if named in self.fresh or len(self.fresh) < FRESH:
            self.fresh[named] = position

    def kept(self) -> list[dict[str, Any]]:
        """Give it as it is kept beside the file: what would change, then what is new."""
        changed = [
            {
                "position": each.position,
                "kind": each.kind,
                "new": False,
                "fields": [[one.pointer, _short(one.before), _short(one.after)] for one in each.fields[:FIELDS]],
                "more": max(0, len(each.fields) - FIELDS),
            }
            for each in self.changed.values()
        ]
        fresh = [
            {"position": position, "kind": kind, "new": True, "fields": [], "more": 0}
            for (kind, _), position in self.fresh.items()
        ]
        return changed + fresh


def left_out(connection: Connection, heads: Sequence[int]) -> list[tuple[str, str]]:
    """Give kind and key of records that a cumulative file no longer names."""
    return [(head.kind, head.key) for head in records.by_number(connection, heads)]


def shown(verdict: Mapping[str, Any], visit: PartnerVisit, *, values: bool) -> list[dict[str, Any]]:
    """Say which records a file would make or change, and of the changed ones which fields."""
    return [
        {
            "position": each["position"],
            "kind": standing.kind(each["kind"], visit.words),
            "new": each["new"],
            "fields": [_field(each["kind"], one, visit.words, values=values) for one in _telling(each["fields"])],
            "more": each["more"],
        }
        for each in verdict["changes"]
    ]


def missing(verdict: Mapping[str, Any], visit: PartnerVisit) -> list[tuple[str, list[str]]]:
    """Give the records that a cumulative file no longer names, by their kinds."""
    keys: dict[str, list[str]] = {}
    for kind, key in verdict["left"]:
        keys.setdefault(standing.kind(kind, visit.words), []).append(key)
    return sorted(keys.items())


def _telling(fields: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Leave out what changes with every other field, unless nothing else does."""
    return [each for each in fields if each[0] not in _QUIET] or fields


def _field(kind: str, change: Sequence[Any], words: Words, *, values: bool) -> dict[str, str]:
    pointer, before, after = change
    path = path_of(pointer)
    told = {"label": label(kind, path, words.language), "name": path}
    return {**told, "before": said(before, words), "after": said(after, words)} if values else told


def _short(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Keep no more of a value than is shown, and enough to see that it is cut."""
    return value[: LONGEST + 1] if isinstance(value, str) else value


def said(value: Any, words: Words) -> str:  # noqa: ANN401 - a JSON value
    """Write a value as people do; an empty one as a dash."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return words("portal.changes.yes" if value else "portal.changes.no")
    if isinstance(value, int | float):
        return words.number(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}" if text[4:5] == "-" else _cut(text)
    except ValueError:
        return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
