"""The dossier of a pact: all that the partners say of it, and the checks that compare their words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from patto_schemas.issues import Owner
    from patto_schemas.model.base import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one partner says now of one thing in the dossier."""

    partner: str
    record: Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All current statements about one pact, ordered by partner, kind and key, so arrival order changes nothing."""

    pact: str
    """The pact's key, as the partner that leads it writes it."""
    today: date
    """The hub's local date; a check asks no clock of its own."""
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Two partners' words that do not agree; it closes by itself when they do."""

    subject: str
    """Which records, as `enrolment:E-12`: kinds and keys, never names or tax codes."""
    sources: tuple[str, ...]
    """The partners that disagree."""
    owner: Owner
    """Who decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule over a dossier: a pure function, run for the pacts that a run has touched."""

    rule: str
    """The rule's code, unique in the hub, as `course.ended_while_enrolled`."""
    find: Callable[[Dossier], Iterable[Finding]]
    summary: Mapping[str, str] = field(default_factory=dict)
    """What a finding of it means, for people, by language: `{"it": "...", "en": "..."}`."""
