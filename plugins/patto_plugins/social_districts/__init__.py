"""Social districts (Ambiti territoriali): persons, pacts and measures by REST/JSON, or as a workbook."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patto_connectors.contract import Connector
from patto_hub import hookimpl
from patto_plugins.social_districts.checks import CHECKS
from patto_plugins.social_districts.settings import DistrictSettings, WorkbookSettings, source, workbooks
from patto_plugins.social_districts.translate import DistrictMeasure, DistrictPact, DistrictPerson, DistrictRequest
from patto_plugins.social_districts.workbook import key_of, translate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub import Check


@hookimpl
def register_connectors() -> Iterable[Connector[Any]]:
    """Name the streams of an Ambito: four listings of its service, or its workbook."""
    yield Connector(
        name="persons",
        settings=DistrictSettings,
        source=partial(source, "persone"),
        translate=DistrictPerson,
        kinds=("person",),
        summary={"it": "Persone prese in carico", "en": "Persons in charge"},
    )
    yield Connector(
        name="pacts",
        settings=DistrictSettings,
        source=partial(source, "patti"),
        translate=DistrictPact,
        kinds=("pact",),
        summary={
            "it": "Patti con impegni, sospensioni, sanzioni e consensi",
            "en": "Pacts with commitments, suspensions, sanctions and consents",
        },
    )
    yield Connector(
        name="measures",
        settings=DistrictSettings,
        source=partial(source, "interventi"),
        translate=DistrictMeasure,
        kinds=("measure",),
        summary={"it": "Interventi con eventi SAP", "en": "Measures with their SAP events"},
    )
    yield Connector(
        name="requests",
        settings=DistrictSettings,
        source=partial(source, "richieste"),
        translate=DistrictRequest,
        kinds=("enrolment",),
        summary={"it": "Richieste di iscrizione", "en": "Requests to enrol"},
    )
    yield Connector(
        name="workbook",
        settings=WorkbookSettings,
        source=workbooks,
        translate=translate,
        key_of=key_of,
        kinds=("person", "pact", "measure", "enrolment"),
        summary={"it": "Foglio di calcolo dell'Ambito", "en": "The Ambito's workbook"},
    )


@hookimpl
def register_checks() -> Iterable[Check]:
    """Name the rule that a resting pact sets to others."""
    return CHECKS
