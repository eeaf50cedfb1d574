"""The feeds from which a centre's systems are written: exactly the fields that go there, and no others."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads it at run time
from typing import ClassVar, Final

from patto_hub import FeedSpec, Projection, View


class SapIdentifier(Projection):
    """A name that somebody gave: the tax code, the sheet's code."""

    scheme: str
    value: str


class SapBirthPlace(Projection):
    """Where somebody was born, by the cadastral code."""

    belfiore: str | None = None


class SapResidence(Projection):
    """The municipality, without street: it tells which centre is competent."""

    municipality: str | None = None


class SapPerson(Projection):
    """Who a sheet is about (datipersonali)."""

    kind: ClassVar[str] = "person"

    person_id: str
    identifiers: tuple[SapIdentifier, ...] = ()
    given_name: str
    family_name: str
    sex: str
    birth_date: date
    birth_place: SapBirthPlace | None = None
    citizenship_code: str | None = None
    residence: SapResidence | None = None


class SapPact(Projection):
    """Whose pact it is, so that the right person stands on the sheet; nothing of it is sent."""

    kind: ClassVar[str] = "pact"

    pact_id: str
    person_id: str
    person_scheme: str = "cf"


class SapEvent(Projection):
    """Something that happened to a measure, without notes."""

    code: str
    on: date


class SapMeasure(Projection):
    """A policy of section 6."""

    kind: ClassVar[str] = "measure"

    measure_id: str
    policy_id: str | None = None
    activity_code: str
    title: str | None = None
    incentive_code: str | None = None
    description: str | None = None
    employer_cf: str | None = None
    project_code: str | None = None
    promoter_code: str | None = None
    take_in_charge_id: str | None = None
    proposed_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    planned_end_on: date | None = None
    duration: int | None = None
    duration_unit: str | None = None
    events: tuple[SapEvent, ...] = ()


_WHY: Final = {
    "it": "Registrare le misure del patto nella scheda anagrafico-professionale, come prevede la sezione 6",
    "en": "Register the pact's measures in the national SAP, as its section 6 asks",
}
_SAP_LAW: Final = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): artt. 13 e 14 d.lgs. 150/2015",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): arts. 13 and 14 of d.lgs. 150/2015",
}
SAP_FEED: Final = FeedSpec(
    name="sap",
    title={"it": "Politiche attive per la SAP", "en": "Active policies for the SAP"},
    views=(
        View(kind="person", shape=SapPerson, purpose=_WHY, legal_basis=_SAP_LAW),
        View(kind="pact", shape=SapPact, purpose=_WHY, legal_basis=_SAP_LAW),
        View(kind="measure", shape=SapMeasure, purpose=_WHY, legal_basis=_SAP_LAW),
    ),
)


class ServicePact(Projection):
    """Who signs: the labour system's own file holds all the rest."""

    kind: ClassVar[str] = "pact"

    pact_id: str
    person_id: str
    person_scheme: str = "cf"


class ServiceMeasure(Projection):
    """A pact of service (A02): its days and its state."""

    kind: ClassVar[str] = "measure"

    measure_id: str
    policy_id: str | None = None
    activity_code: str
    proposed_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    planned_end_on: date | None = None
    events: tuple[SapEvent, ...] = ()


_SIGN: Final = {
    "it": "Registrare il patto di servizio (A02) nel sistema del lavoro, chiudendo prima quello aperto",
    "en": "Register the pact of service (A02) in the labour system, after closing an open one",
}
_PACT_LAW: Final = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): art. 20 d.lgs. 150/2015",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): art. 20 of d.lgs. 150/2015",
}
SERVICE_FEED: Final = FeedSpec(
    name="service-pacts",
    title={"it": "Patti di servizio (A02)", "en": "Pacts of service (A02)"},
    views=(
        View(kind="pact", shape=ServicePact, purpose=_SIGN, legal_basis=_PACT_LAW),
        View(kind="measure", shape=ServiceMeasure, purpose=_SIGN, legal_basis=_PACT_LAW),
    ),
)
