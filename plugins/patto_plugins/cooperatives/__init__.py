"""Third-sector cooperatives: registers of internships and services as workbooks, by SFTP or in a folder, and back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patto_hub import Connector, hookimpl
from patto_plugins.cooperatives.assignments import ASSIGNMENTS, render, sink
from patto_plugins.cooperatives.checks import CHECKS
from patto_plugins.cooperatives.profiles import INTERNSHIPS, SERVICE_REGISTERS
from patto_plugins.cooperatives.settings import CooperativeSettings, handed, registers
from patto_plugins.cooperatives.translate import key_of, translate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub import Check, FeedSpec


@hookimpl
def register_connectors() -> Iterable[Connector[Any]]:
    """Name the streams: two kinds of registers, fetched or handed in, and the assignments that are handed over."""
    yield Connector(
        name="registers",
        settings=CooperativeSettings,
        source=partial(registers, INTERNSHIPS),
        translate=translate,
        key_of=key_of,
        kinds=("attendance_day", "attendance_month", "enrolment"),
        summary={"it": "Registri di tirocinio", "en": "Registers of internships"},
    )
    yield Connector(
        name="handed_registers",
        settings=CooperativeSettings,
        door=handed,
        translate=translate,
        key_of=key_of,
        kinds=("attendance_day", "attendance_month", "enrolment"),
        summary={"it": "Registri di tirocinio inviati dal portale", "en": "Registers of internships, handed in"},
    )
    yield Connector(
        name="services",
        settings=CooperativeSettings,
        source=partial(registers, SERVICE_REGISTERS),
        translate=translate,
        key_of=key_of,
        kinds=("attendance_day", "enrolment"),
        summary={"it": "Registri dei servizi", "en": "Registers of services"},
    )
    yield Connector(
        name="assignments",
        settings=CooperativeSettings,
        sink=sink,
        render=render,
        beside=("measure", "person", "pact"),
        summary={"it": "Persone assegnate, come foglio di calcolo", "en": "People assigned, as a workbook"},
    )


@hookimpl
def register_feeds() -> Iterable[FeedSpec]:
    """Name the feed of assignments."""
    return (ASSIGNMENTS,)


@hookimpl
def register_checks() -> Iterable[Check]:
    """Name the rules that compare registers with pacts, plans and closings."""
    return CHECKS
