"""Assignments, on their way to whoever takes people in: a workbook for each batch of changes, with its legend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - pydantic reads it at run time
from decimal import Decimal  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from patto_hub import Batch, FeedSpec, Projection, Receipt, Rejected, RejectedItem, View
from patto_plugins.cooperatives.settings import files
from patto_schemas.codes.table import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from patto_hub import Row
    from patto_plugins.cooperatives.settings import CooperativeSettings
    from patto_schemas.model.base import Entity

FEED: Final = "host-assignments"
TYPES: Final = {
    "internship": "tirocinio",
    "on_the_job": "accompagnamento al lavoro",
    "social_service": "servizio sociale",
    "community_work": "progetto utile alla collettività",
}
"""The measures for which somebody is taken in."""
LEGEND: Final = (
    ("assegnato", "la persona è assegnata, o un dato è cambiato: vale la riga più recente"),
    ("ritirato", "la persona ha tolto il consenso: non usare più i suoi dati"),
    ("cancellato", "la riga precedente con lo stesso riferimento non vale più"),
    ("Riferimento", "il numero che la riga ha presso l'hub; vuoto se è cambiato solo un dato della persona"),
    ("Politica", "l'identificativo della politica attiva (11 caratteri), da riportare nel registro"),
    ("Evento", "l'ultimo evento della politica: il codice della SAP e che cosa vuol dire"),
    ("Soggetto", "la partita IVA, o il codice fiscale, di chi accoglie"),
)
COLUMNS: Final = (
    "Variazione",
    "Riferimento",
    "Politica",
    "Codice fiscale",
    "Cognome",
    "Nome",
    "Tipo",
    "Intervento",
    "Soggetto",
    "Inizio",
    "Fine prevista",
    "Fine",
    "Ore previste",
    "Evento",
)
GONE: Final = {"withdraw": "ritirato", "delete": "cancellato", "erase": "cancellato"}


class AssignedIdentifier(Projection):
    """A name that somebody gave; only the tax code is handed on."""

    scheme: str
    value: str


class AssignedPerson(Projection):
    """Whom to expect: nothing of address, household, health or labour."""

    kind: ClassVar[str] = "person"

    person_id: str
    identifiers: tuple[AssignedIdentifier, ...] = ()
    given_name: str
    family_name: str


class AssignedPact(Projection):
    """Whose pact it is, so that the right person stands in the row; nothing of it is handed on."""

    kind: ClassVar[str] = "pact"

    pact_id: str
    person_id: str
    person_scheme: str = "cf"


class AssignedEvent(Projection):
    """Something that happened to a measure, without notes."""

    code: str
    on: date


class AssignedMeasure(Projection):
    """What the person is to do, where and when."""

    kind: ClassVar[str] = "measure"

    measure_id: str
    type: str
    title: str | None = None
    policy_id: str | None = None
    provider_id: str | None = None
    host_id: str | None = None
    started_on: date | None = None
    ended_on: date | None = None
    planned_end_on: date | None = None
    planned_hours: Decimal | None = None
    events: tuple[AssignedEvent, ...] = ()


_WHY: Final = {
    "it": "Accogliere la persona assegnata e tenerne il registro",
    "en": "Take in the person who is assigned and keep the register",
}
_LAW: Final = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016; con il consenso"
    " registrato nel patto",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016; with the consent that the pact"
    " records",
}
ASSIGNMENTS: Final = FeedSpec(
    name=FEED,
    title={"it": "Persone assegnate a chi le accoglie", "en": "People assigned to whoever takes them in"},
    views=(
        View(kind="measure", shape=AssignedMeasure, purpose=_WHY, legal_basis=_LAW),
        View(kind="person", shape=AssignedPerson, purpose=_WHY, legal_basis=_LAW),
        View(kind="pact", shape=AssignedPact, purpose=_WHY, legal_basis=_LAW),
    ),
)


def render(record: Entity, beside: Sequence[Entity]) -> Mapping[str, Any]:
    """Give the rows that a change comes to: one for a measure, those of all measures for the person of the pact."""
    records: list[Any] = [record, *beside]
    person = _signer(records)
    if record.kind == "measure":
        measures = records[:1]
    elif record.kind == "person" and person is not None and person.person_id == records[0].person_id:
        measures = [each for each in records if each.kind == "measure"]
    else:
        measures = []
    rows = [_assigned(each, person) for each in measures if each.type in TYPES and each.measure_id != each.policy_id]
    return {"rows": rows} if rows else {}


def _signer(records: Iterable[Any]) -> Any:  # noqa: ANN401 - a view of a person, or None
    """Give the person who signed the pact, as the first of those says it who say it all."""
    held = list(records)
    named = {(each.person_scheme, each.person_id) for each in held if each.kind == "pact"}
    return next(
        (
            each
            for each in held
            if each.kind == "person" and any((name.scheme, name.value) in named for name in each.identifiers)
        ),
        None,
    )


def _assigned(measure: Any, person: Any) -> dict[str, Any]:  # noqa: ANN401 - views
    row = {
        "Politica": measure.policy_id,
        "Tipo": TYPES[measure.type],
        "Intervento": measure.title,
        "Soggetto": measure.host_id or measure.provider_id,
        "Inizio": measure.started_on,
        "Fine prevista": measure.planned_end_on,
        "Fine": measure.ended_on,
        "Ore previste": measure.planned_hours,
        "Evento": _event(measure.events),
        "@enti": [body for body in (measure.provider_id, measure.host_id) if body],
    }
    if person is not None:
        code = next((name.value for name in person.identifiers if name.scheme == "cf"), None)
        row |= {"Codice fiscale": code, "Cognome": person.family_name, "Nome": person.given_name}
    return row


def _event(events: Sequence[Any]) -> str | None:
    if not events:
        return None
    rows = table("sap_events").rows.get(events[-1].code, ())
    return f"{events[-1].code} {rows[0].label_it}" if rows else str(events[-1].code)


class Files(Protocol):
    """Where workbooks go."""

    async def write(self, batch: Batch) -> Receipt:
        """Write a batch as one file."""
        ...


@dataclass(frozen=True, slots=True)
class AssignmentSink:
    """Hands over whom the cooperative and its hosts are to take in; what concerns others is passed by."""

    files: Files
    bodies: frozenset[str]

    async def write(self, batch: Batch) -> Receipt:
        """Write the batch's assignments as one workbook; the same batch again gives the same file.

        Raises:
            Rejected: a workbook cannot carry some rows; the others are written.
            Trouble: one of the other three.
        """
        placed = list(_rows(batch.rows, self.bodies))
        if not placed:
            return Receipt(accepted=len(batch.rows))
        try:
            receipt = await self.files.write(Batch(rows=[row for _, row in placed], name=batch.name))
        except Rejected as wrong:
            items = {placed[item.index][0]: item for item in wrong.items}
            again = [RejectedItem(index, item.code, item.detail) for index, item in items.items()]
            raise Rejected(wrong.code, wrong.detail, items=again, hint=wrong.hint) from wrong
        return Receipt(accepted=len(batch.rows), reference=receipt.reference, digest=receipt.digest)


def _rows(changes: Sequence[Row], bodies: frozenset[str]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Give each row of the workbook with the place of its change in the batch."""
    for index, change in enumerate(changes):
        if isinstance(change, bytes):
            raise TypeError("changes come as mappings")
        if change["kind"] == "measure" and change["change"] in GONE:
            yield index, {"Variazione": GONE[change["change"]], "Riferimento": change["id"]}
        for row in change.get("data", {}).get("rows", ()):
            if bodies.intersection(row["@enti"]):
                held = {name: value for name, value in row.items() if name != "@enti" and value is not None}
                reference = {"Riferimento": change["id"]} if change["kind"] == "measure" else {}
                yield index, {"Variazione": "assegnato", **reference, **held}


def sink(settings: CooperativeSettings) -> AssignmentSink:
    """Make the sink.

    Raises:
        Refused: there is no folder for deliveries.
    """
    return AssignmentSink(files(settings, COLUMNS, LEGEND), frozenset(settings.bodies))
