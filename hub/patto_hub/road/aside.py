"""Set aside: rows that could not be taken go to quarantine with their bytes, in the transaction of their page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.balance import Balance
from patto_hub.ledger import quarantine, runs
from patto_hub.road.check import dumps
from patto_schemas.catalogue import owner_of
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from patto_connectors.errors import Malformed
    from patto_hub.ledger.runs import Run
    from patto_hub.ledger.store import Connection
    from patto_hub.road.entry import Page


def rows(connection: Connection, run: Run, page: Page, inbox_id: int | None, now: int) -> tuple[Balance, bool]:
    """Set a page's bad rows aside; gives what they count for, and whether one is too broken to tell whom it names."""
    balance = Balance()
    entries: list[tuple[object, ...]] = []
    nameless = False
    for index, (_, failures) in page.said.items():
        for failure in failures:
            if failure.refused:
                balance.refused += 1
                continue
            balance.quarantined += 1
            nameless = nameless or failure.key is None
            entries.append(
                (
                    run.job,
                    run.id,
                    run.partner_id,
                    inbox_id,
                    page.batch.position(index),
                    failure.kind,
                    failure.key,
                    page.raw[index],
                    page.digests[index],
                    failure.issues,
                    failure.code,
                    failure.owner,
                    now,
                    now,
                )
            )
    for (position, code, content), digest in zip(page.batch.troubles, page.trouble_digests, strict=True):
        balance.quarantined += 1
        nameless = True
        entries.append(_part(run, inbox_id, Issue(code, position), content, digest, now))
    quarantine.add(connection, entries)
    return balance, nameless


def whole(connection: Connection, run: Run, error: Malformed, digest: int, now: int) -> Balance:
    """Set aside what was not the agreed format at all, in a transaction of its own; it counts as one record.

    Raises:
        Fenced: another run has taken over.
    """
    runs.guard(connection, run)
    issue = Issue("page.malformed", error.position, values={"code": error.code})
    quarantine.add(connection, [_part(run, None, issue, error.content, digest, now)])
    balance = Balance(read=1, quarantined=1)
    runs.add(connection, run, balance)
    return balance


def _part(run: Run, inbox_id: int | None, issue: Issue, content: bytes, digest: int, now: int) -> tuple[object, ...]:  # noqa: PLR0913, PLR0917 - what is known of it
    issues, code, owner = dumps([issue]), issue.code, owner_of(issue).value
    return (
        run.job,
        run.id,
        run.partner_id,
        inbox_id,
        issue.where,
        None,
        None,
        content,
        digest,
        issues,
        code,
        owner,
        now,
        now,
    )
