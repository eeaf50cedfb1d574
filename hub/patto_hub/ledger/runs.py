"""Runs and their leases: one writer per job, and a number (fence) by which a late one is recognised."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that holds its job's lease."""

    id: int
    job: str
    partner_id: int
    attempt: int
    fence: int
    owner: str
    started_at: int


class Fenced(Exception):  # noqa: N818 - the design's word
    """Another run has taken over this job: nothing of this one may be written any more."""
