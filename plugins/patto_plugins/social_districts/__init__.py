"""Social districts (Ambiti territoriali): persons, pacts and measures from an Ambito's REST/JSON service."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from patto_connectors.contract import Connector
from patto_hub import hookimpl
from patto_plugins.social_districts.settings import DistrictSettings, source
from patto_plugins.social_districts.translate import DistrictMeasure, DistrictPact, DistrictPerson

if TYPE_CHECKING:
    from collections.abc import Iterable


@hookimpl
def register_connectors() -> Iterable[Connector[DistrictSettings]]:
    """Name the three streams of an Ambito."""
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
        summary={"it": "Patti individuali con consensi", "en": "Individual pacts with consents"},
    )
    yield Connector(
        name="measures",
        settings=DistrictSettings,
        source=partial(source, "interventi"),
        translate=DistrictMeasure,
        kinds=("measure",),
        summary={"it": "Interventi con eventi SAP", "en": "Measures with their SAP events"},
    )
