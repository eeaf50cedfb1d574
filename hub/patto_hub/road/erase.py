"""Erase: take what is kept of a dossier, tell whoever holds it to delete it, and let nothing of it come back.

One transaction, after which the database's log is emptied. The numbers of records and changes stay, so that every
reader's cursor stays good; what they were about is gone. A partner that goes on sending it is refused row by row until
the erasure is lifted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from patto_hub.failpoints import hit
from patto_hub.ledger import audiences, audit, erasure, partners, persons, records
from patto_hub.road.check import dumps
from patto_hub.road.entry import Failure
from patto_hub.road.route import settle
from patto_schemas.catalogue import owner_of
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from patto_hub.ledger.store import Connection
    from patto_hub.road.entry import Entry, Page, Said

ERASED: Final = Issue("record.erased", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What an erasure came to."""

    number: int
    """The audit's entry, by which it is lifted."""
    records: int
    told: int
    """Organisations that are told to delete their copy."""
    aside: int
    """Rows set aside and records that waited, emptied."""
    pages: int
    """Pages and bodies of the streams concerned whose bytes are gone."""


def erase(  # noqa: PLR0913 - whose, what, why, by whom, when
    connection: Connection, *, pacts: Collection[int], secret: bytes, reason: str, actor: str, now: int
) -> Erasure:
    """Erase the dossiers of these pacts (heads), with the persons whom no other dossier is about.

    Raises:
        LookupError: there is nothing (any more) to be erased.
    """
    heads = erasure.doomed(connection, pacts)
    if not heads:
        raise LookupError("nothing to erase")
    numbers = [each.head_id for each in heads]
    called = erasure.names(connection, pacts, numbers)
    betraying = erasure.traces(connection, called, numbers)
    told = _tell(connection, heads, now)
    hit("erase.told")
    shared = {place.head_id for place in audiences.persons(connection, pacts)}.difference(numbers)
    digests = {erasure.digest_of(secret, "key", each.partner_id, each.kind, each.key) for each in heads}
    digests |= {erasure.digest_of(secret, "name", *name) for name in called | _local(connection, heads)}
    aside, streams = erasure.close_aside(connection, heads, betraying, now)
    hit("erase.aside_emptied")
    streams |= {each.job for each in heads} | erasure.streams(connection, numbers)
    pages = erasure.blank_bytes(connection, streams)
    hit("erase.bytes_gone")
    erasure.blank(connection, heads, pacts, now)
    hit("erase.blanked")
    settle(connection, shared, records.numbers(connection).change + 1, run_id=heads[0].run_id, now=now)
    subject = ",".join(f"head:{pact}" for pact in sorted(pacts))
    detail = {"reason": reason, "records": len(heads), "aside": aside, "pages": pages, "told": len(told)}
    number = audit.append(connection, actor, "pact.erase", subject, detail, now)
    erasure.remember(connection, digests, number)
    hit("erase.remembered")
    return Erasure(number=number, records=len(heads), told=len(told), aside=aside, pages=pages)


def without_erased(connection: Connection, page: Page, partner_id: int) -> Page:
    """Refuse those rows of a page that say again what was erased; the page's bytes are then not kept either."""
    secret = erasure.key(connection)
    if secret is None:
        return page
    asked = {
        index: [
            *(_digests(secret, partner_id, entry) for entry in entries),
            *(_digests_of_bad(secret, partner_id, failure) for failure in failures),
        ]
        for index, (entries, failures) in page.said.items()
    }
    every = (digest for rows in asked.values() for digests in rows for digest in digests)
    known = erasure.recognised(connection, every)
    bad = {index for index, rows in asked.items() if any(not known.isdisjoint(digests) for digests in rows)}
    if not bad:
        return page
    said = {index: _refused(said) if index in bad else said for index, said in page.said.items()}
    return replace(page, said=said, content=None)


def _refused(said: Said) -> Said:
    entries, failures = said
    code, owner = ERASED.code, owner_of(ERASED).value
    refusal = Failure(dumps((ERASED,)), code, owner, refused=True)
    return (), tuple(refusal for _ in (*entries, *failures))


def _digests(secret: bytes, partner_id: int, entry: Entry) -> set[str]:
    names = {*entry.persons, *(entry.names if entry.kind == erasure.PERSON else ())}
    own = {erasure.digest_of(secret, "key", partner_id, entry.kind, entry.key)}
    return own | {erasure.digest_of(secret, "name", *name) for name in names}


def _digests_of_bad(secret: bytes, partner_id: int, failure: Failure) -> set[str]:
    if failure.kind is None or failure.key is None:
        return set()
    return {erasure.digest_of(secret, "key", partner_id, failure.kind, failure.key)}


def _local(connection: Connection, heads: Iterable[erasure.Doomed]) -> set[tuple[str, str]]:
    """Give what partners call the persons by keys of their own."""
    called = {number: name for name, number in partners.numbers(connection).items()}
    return {(f"local:{called[each.partner_id]}", each.key) for each in heads if each.kind == erasure.PERSON}


def _tell(connection: Connection, heads: Iterable[erasure.Doomed], now: int) -> set[int]:
    """Tell those who hold the records to erase them."""
    by_number = {each.head_id: each for each in heads}
    held = persons.held_by(connection, by_number)
    seq = records.numbers(connection).change + 1
    changes, addresses = [], []
    for number, holders in sorted(held.items()):
        head = by_number[number]
        if holders:
            changes.append((seq, number, head.version_id, head.kind, "erase", head.run_id, now))
            addresses += [(organisation, seq) for organisation in sorted(holders)]
            seq += 1
    audiences.add_changes(connection, changes, addresses)
    return {organisation for organisation, _ in addresses}
