"""Park: a record that waits is kept as JSON with all that is needed to go on with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from patto_hub.road.entry import Entry
from patto_hub.road.resolve import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub.ledger.parked import Parked
    from patto_hub.road.entry import Pair


def flat(candidate: Candidate) -> str:
    """Write a record that has to wait."""
    entry = candidate.entry
    return json.dumps(
        [[*entry[:2], entry.digest.hex(), *entry[3:]], candidate.row_digest, candidate.row_records], ensure_ascii=False
    )


def unpark(waiting: Parked) -> Candidate:
    """Read a record that has waited."""
    fields, row_digest, row_records = json.loads(waiting.record)
    kind, key, digest, short, order, valid_from, payload, extra, warnings, *lists = fields
    names, needs, organisations, allows, persons = lists
    entry = Entry(
        kind,
        key,
        bytes.fromhex(digest),
        short,
        order,
        valid_from,
        payload,
        extra,
        warnings,
        _pairs(names),
        tuple((wanted, (scheme, value)) for wanted, (scheme, value) in needs),
        _pairs(organisations),
        tuple(((scheme, value), given) for (scheme, value), given in allows),
        _pairs(persons),
    )
    return Candidate(
        entry,
        waiting.position,
        waiting.inbox_id,
        waiting.run_id,
        waiting.since,
        row_digest,
        row_records,
        parked_id=waiting.id,
        late=True,
    )


def _pairs(names: Iterable[Iterable[str]]) -> tuple[Pair, ...]:
    return tuple((scheme, value) for scheme, value in names)
