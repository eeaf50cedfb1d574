"""Bytes as they came, once per content."""

from __future__ import annotations

import zlib

from patto_hub.ledger import inbox
from patto_hub.ledger.runs import Run

RUN = Run(id=1, job="fg1/pacts", partner_id=1, attempt=1, fence=1, owner="test", started_at=0, reason="cli")


def keep(ledger, content, now=1):
    return ledger.write_now(
        inbox.keep,
        RUN,
        digest=content[:16].ljust(16),
        content=zlib.compress(content),
        size=len(content),
        name="page 1",
        media_type="application/json",
        now=now,
    )


def test_what_was_kept_is_given_back(ledger):
    number = keep(ledger, b"[1, 2]")

    assert ledger.read_now(inbox.content, number) == b"[1, 2]"


def test_the_same_bytes_are_kept_once(ledger):
    assert keep(ledger, b"[1, 2]") == keep(ledger, b"[1, 2]")


def test_bytes_that_retention_removed_are_kept_again(ledger):
    number = keep(ledger, b"[1, 2]")
    ledger.write_now(lambda each: each.exec_driver_sql("UPDATE inbox SET content = NULL"))

    assert ledger.read_now(inbox.content, number) is None
    assert keep(ledger, b"[1, 2]", now=9) == number
    assert ledger.read_now(inbox.content, number) == b"[1, 2]"


def test_no_page_of_that_number(ledger):
    assert ledger.read_now(inbox.content, 99) is None
