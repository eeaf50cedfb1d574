"""Check: rules over one record, and whether this partner may speak for it at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeAlias

from patto_hub.road.entry import Failure
from patto_schemas.catalogue import owner_of
from patto_schemas.issues import Issue, Severity
from patto_schemas.model.base import Entity

if TYPE_CHECKING:
    from patto_schemas.model.base import Name

Rules: TypeAlias = Callable[[Entity], Iterable[Issue]]
"""Checks of one record; a module's function, so that a worker process can have it too."""


def within(record: Entity, scope: frozenset[Name] | None) -> bool:
    """Say whether a partner limited to `scope` may send this record.

    What a record says of organisations is compared scheme by scheme: a partner that speaks for one Ambito may name any
    training provider, but no other Ambito.
    """
    if scope is None:
        return True
    schemes = {name.scheme for name in scope}
    named = {name for name in record.organisations() if name.scheme in schemes}
    return not named or not named.isdisjoint(scope)


def errors(issues: Sequence[Issue]) -> list[Issue]:
    """Give those issues that set a record aside."""
    return [issue for issue in issues if issue.severity is Severity.ERROR]


def failure(issues: Sequence[Issue], *, kind: str | None = None, key: str | None = None) -> Failure:
    """Make what goes into quarantine with a row."""
    return Failure(dumps(issues), issues[0].code, owner_of(issues[0]).value, kind, key)


def dumps(issues: Sequence[Issue]) -> str:
    """Give issues as a JSON list."""
    return json.dumps([asdict(issue) for issue in issues], ensure_ascii=False)
