"""What became of a run's rows, by the name of the page that they came on, in words for whoever sent them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patto_connectors.contract import Outcome, RowOutcome
from patto_hub.balance import CLASSES, Balance
from patto_schemas.catalogue import render
from patto_schemas.issues import Issue, Severity

if TYPE_CHECKING:
    from patto_hub.road.entry import Failure
    from patto_hub.road.record import Recorded

MOST = 10_000
"""Rows that one outcome names; the counts are always whole."""


@dataclass(slots=True)
class Told:
    """What is to be told, by the name that the source gave to its pages."""

    balances: dict[str, Balance] = field(default_factory=dict)
    rows: dict[str, list[RowOutcome]] = field(default_factory=dict)

    def outcome(self, name: str, last: Recorded | None = None) -> Outcome:
        """Give what came under a name, with a page that is not noted yet."""
        balance, rows = Balance(), list(self.rows.get(name, ()))
        balance.add(self.balances.get(name, Balance()))
        if last is not None:
            balance.add(last.balance)
            rows.extend(_row(position, failure) for position, failure in last.failures[: MOST - len(rows)])
        counts = {each: int(getattr(balance, each)) for each in ("read", *CLASSES)}
        return Outcome(name=name, counts=counts, rows=tuple(rows))

    def forget(self, name: str) -> None:
        """Drop what was told."""
        self.balances.pop(name, None)
        self.rows.pop(name, None)

    def add(self, page: Recorded) -> None:
        """Take note of a page; those without a name are told to nobody."""
        if not page.name:
            return
        if len(self.balances) < MOST:
            self.balances.setdefault(page.name, Balance()).add(page.balance)
            rows = self.rows.setdefault(page.name, [])
            rows.extend(_row(position, failure) for position, failure in page.failures[: MOST - len(rows)])


def issues(failure: Failure) -> list[Issue]:
    """Give the issues of a failure back from the JSON that is kept."""
    return [Issue(**{**each, "severity": Severity(each["severity"])}) for each in json.loads(failure.issues)]


def _row(position: str, failure: Failure) -> RowOutcome:
    found = issues(failure)
    return RowOutcome(
        position=position,
        verdict="refused" if failure.refused else "quarantined",
        code=failure.code,
        message=" ".join(render(issue) for issue in found),
        message_en=" ".join(render(issue, "en") for issue in found),
        owner=failure.owner,
    )
