"""Erasure: what the ledger keeps of a dossier is blanked, and what it was called is recognised if it comes again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, TypeAlias

from patto_hub.ledger import audiences, leaves, persons, snags
from patto_hub.ledger.raw import listed, many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

SECRET: Final = "erasure"  # noqa: S105 - what the key is called
"""The key under which names are digested (`ledger/secrets.py`)."""
SIZE: Final = 16
SHORTEST: Final = 6
"""Characters of a name that is looked for in texts; a shorter one would be found in everybody's."""
PERSON: Final = "person"
PACT: Final = "pact"
GONE: Final = "erased:"
"""What the key of an erased record begins with; the partner's own may have been a tax code."""
Trace: TypeAlias = tuple[str, ...]
"""Words, case folded, that all stand in a text about somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """A record that is to be erased."""

    head_id: int
    partner_id: int
    kind: str
    key: str
    version_id: int
    run_id: int
    job: str


def doomed(connection: Connection, pacts: Collection[int]) -> list[Doomed]:
    """Give all records of these dossiers, deleted ones too, and those of persons whom no other dossier is about."""
    own = [head for (head,) in listed(connection, _OWN, pacts)]
    about = {place.head_id for place in audiences.persons(connection, pacts)}
    named = audiences.pacts_of(connection, persons.names_of(connection, about))
    shared = {head for head, pact in named if pact not in pacts}
    found = listed(connection, _DOOMED, [*own, *sorted(about - shared)])
    return [Doomed(**dict(zip(Doomed.__slots__, row, strict=True))) for row in found]


def names(connection: Connection, pacts: Collection[int], heads: Collection[int]) -> set[tuple[str, str]]:
    """Give what the persons of these dossiers are called, but for names that another dossier knows too."""
    said = listed(connection, _MEMBERS, pacts) + listed(connection, _IDENTIFIERS, heads)
    elsewhere = listed(connection, _ELSEWHERE, said, json.dumps(list(pacts)))
    return {(scheme, value) for scheme, value in said} - {(scheme, value) for scheme, value in elsewhere}


def traces(connection: Connection, called: Collection[tuple[str, str]], heads: Collection[int]) -> list[Trace]:
    """Give what betrays that a text is about these persons: a name of theirs, or given and family name together."""
    words = [(value.casefold(),) for _, value in called if len(value) >= SHORTEST]
    people = [(given, family) for given, family in listed(connection, _CALLED, heads) if given and family]
    return [*words, *((given.casefold(), family.casefold()) for given, family in people)]


def blank(connection: Connection, heads: Sequence[Doomed], pacts: Collection[int], now: int) -> None:
    """Take the content of records, what they were called, and what they say of others."""
    numbers = [each.head_id for each in heads]
    listed(connection, "UPDATE record_version SET payload = NULL, extra = NULL, warnings = NULL" + _OF_HEADS, numbers)
    listed(connection, "UPDATE refusal SET reason = NULL" + _OF_HEADS, numbers)  # a reader's words may name somebody
    listed(connection, _BURY, numbers)
    leaves.forget(connection, numbers)
    for table in ("identifier", "member", "party"):
        listed(connection, f"DELETE FROM {table}" + _OF_HEADS, numbers)
    snags.end_items(connection, numbers, now)
    found = listed(connection, "SELECT id FROM finding WHERE pact_id IN (SELECT value FROM json_each(?))", pacts)
    snags.end(connection, "finding", [number for (number,) in found], "fixed", now)
    listed(connection, "DELETE FROM finding WHERE pact_id IN (SELECT value FROM json_each(?))", pacts)


def streams(connection: Connection, heads: Collection[int]) -> set[str]:
    """Give every stream that has told a version of these records; a partner may tell one record by several."""
    return {job for (job,) in listed(connection, _STREAMS, heads)}


def blank_bytes(connection: Connection, jobs: Collection[str]) -> int:
    """Take the bytes as they came of these streams, as far as they are read; gives how many pages and bodies."""
    named = json.dumps(sorted(jobs))
    return sum(raw(connection).execute(statement, (named,)).rowcount for statement in (_INBOX, _PUSHED, _UPLOADS))


def close_aside(
    connection: Connection, heads: Sequence[Doomed], betraying: Sequence[Trace], now: int
) -> tuple[int, set[str]]:
    """Empty the rows that were set aside, and drop the records that wait, of these records or with these traces.

    Gives how many, and the streams that they came by: their pages as they came say the same.
    """
    keys = {(each.partner_id, each.kind, each.key) for each in heads}
    rows = raw(connection).execute(_ASIDE).fetchall()
    gone = [
        (number, job)
        for *who, number, job, row in rows
        if tuple(who) in keys or _betrays(bytes(row).decode(errors="replace"), betraying)
    ]
    many(connection, _WAIVE, [(now, number) for number, _ in gone])
    snags.follow_rows(connection, [number for number, _ in gone], now)
    waiting = raw(connection).execute("SELECT partner_id, kind, key, id, job, record FROM parked").fetchall()
    dropped = [
        (number, job) for *who, number, job, record in waiting if tuple(who) in keys or _betrays(record, betraying)
    ]
    snags.end(connection, "waiting", [number for number, _ in dropped], snags.WITHDRAWN, now)
    many(connection, "DELETE FROM parked WHERE id = ?", [(number,) for number, _ in dropped])
    return len(gone) + len(dropped), {job for _, job in (*gone, *dropped)}


def _betrays(text: str, betraying: Sequence[Trace]) -> bool:
    folded = text.casefold()
    return any(all(word in folded for word in words) for words in betraying)


def remember(connection: Connection, digests: Iterable[str], erasure: int) -> None:
    """Recognise these from now on; `erasure` is the audit's entry."""
    many(connection, _REMEMBER, [(digest, erasure) for digest in digests])


def lift(connection: Connection, erasure: int) -> int:
    """Recognise no longer what an erasure was about; gives how many names and keys that were."""
    return raw(connection).execute("DELETE FROM erased WHERE erasure = ?", (erasure,)).rowcount


def standing(connection: Connection) -> list[tuple[int, int, int, str]]:
    """Give the erasures in force: the audit's entry, when, how many names and keys, and who ordered it."""
    rows = raw(connection).execute(
        "SELECT e.erasure, a.at, count(*), a.actor FROM erased e JOIN audit a ON a.n = e.erasure"
        " GROUP BY e.erasure ORDER BY e.erasure"
    )
    return [(number, at, count, actor) for number, at, count, actor in rows]


def of_pact(connection: Connection, secret: bytes, named: str) -> int | None:
    """Give the erasure in force (the audit's entry) of the pact that a partner called so; None if there is none."""
    numbers = [number for (number,) in raw(connection).execute("SELECT id FROM partner")]
    digests = (digest_of(secret, "key", number, PACT, named) for number in numbers)
    return max((erasure for (erasure,) in listed(connection, _OF_DIGESTS, digests)), default=None)


def key(connection: Connection) -> bytes | None:
    """Give the key of the digests; None where nothing is erased, so that nobody has to look for anything."""
    if scalar(connection, "SELECT 1 FROM erased LIMIT 1") is None:
        return None
    return bytes(scalar(connection, "SELECT value FROM secret WHERE name = ?", SECRET))


def recognised(connection: Connection, digests: Iterable[str]) -> set[str]:
    """Give those digests that are of something erased."""
    return {digest for (digest,) in listed(connection, _RECOGNISED, digests)}


def digest_of(secret: bytes, *words: str | int) -> str:
    """Give the digest, in hexadecimal, of a name (scheme, value) or of a record's key (partner's number, kind, key)."""
    text = "\0".join(map(str, words)).casefold()
    return blake2b(text.encode(), digest_size=SIZE, key=secret).hexdigest()


_OF_HEADS: Final = " WHERE head_id IN (SELECT value FROM json_each(?))"
_OWN: Final = (
    "SELECT h.id FROM json_each(?1) j CROSS JOIN head h ON h.pact_id = j.value AND h.pact_id <> h.id"
    " UNION SELECT h.id FROM json_each(?1) j CROSS JOIN head h ON h.id = j.value"
)
_DOOMED: Final = (
    "SELECT h.id, h.partner_id, h.kind, h.key, h.version_id, h.run_id, r.job FROM json_each(?) j"
    f" CROSS JOIN head h ON h.id = j.value JOIN run r ON r.id = h.run_id WHERE h.key NOT LIKE '{GONE}%' ORDER BY h.id"
)
_MEMBERS: Final = "SELECT scheme, value FROM member WHERE pact_id IN (SELECT value FROM json_each(?))"
_IDENTIFIERS: Final = (
    f"SELECT scheme, value FROM identifier WHERE kind = '{PERSON}' AND head_id IN (SELECT value FROM json_each(?))"
)
_ELSEWHERE: Final = (
    "SELECT m.scheme, m.value FROM json_each(?1) j CROSS JOIN member m ON m.scheme = json_extract(j.value, '$[0]')"
    " AND m.value = json_extract(j.value, '$[1]') WHERE m.pact_id NOT IN (SELECT value FROM json_each(?2))"
)
_CALLED: Final = (
    "SELECT DISTINCT json_extract(payload, '$.given_name'), json_extract(payload, '$.family_name')"
    " FROM record_version WHERE payload IS NOT NULL AND head_id IN (SELECT value FROM json_each(?))"
)
_BURY: Final = (
    "UPDATE head SET tombstone = 1, row_digest = NULL, row_records = NULL, digest = 0,"
    f" key = '{GONE}' || id WHERE id IN (SELECT value FROM json_each(?))"
)
_INBOX: Final = "UPDATE inbox SET content = NULL WHERE content IS NOT NULL AND job IN (SELECT value FROM json_each(?))"
_PUSHED: Final = (
    "UPDATE pushed SET content = NULL WHERE content IS NOT NULL AND told_at IS NOT NULL"
    " AND job IN (SELECT value FROM json_each(?))"
)
_UPLOADS: Final = "DELETE FROM portal_upload WHERE job IN (SELECT value FROM json_each(?))"
_STREAMS: Final = (
    "SELECT DISTINCT r.job FROM json_each(?) j CROSS JOIN record_version v ON v.head_id = j.value"
    " JOIN run r ON r.id = v.run_id"
)
_ASIDE: Final = "SELECT partner_id, kind, key, id, job, row FROM quarantine WHERE row <> x'' OR key IS NOT NULL"
_WAIVE: Final = (
    "UPDATE quarantine SET row = x'', key = NULL, state = CASE state WHEN 'open' THEN 'waived' ELSE state END,"
    " closed_at = coalesce(closed_at, ?), closed_by = coalesce(closed_by, 'erasure') WHERE id = ?"
)
_REMEMBER: Final = (
    "INSERT INTO erased (digest, erasure) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET erasure = excluded.erasure"
)
_OF_DIGESTS: Final = "SELECT e.erasure FROM json_each(?) j CROSS JOIN erased e ON e.digest = j.value"
_RECOGNISED: Final = "SELECT e.digest FROM json_each(?) j CROSS JOIN erased e ON e.digest = j.value"
