"""Requests to enrol, on their way to the catalogue: what the Ambiti ask for, and what they take back.

The catalogue answers in its own listing of enrolments, where `id_richiesta` and `ente_richiesta` name the request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date  # noqa: TC003 - pydantic reads it at run time
from decimal import Decimal  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.rest.settings import RestSinkSettings
from patto_connectors.rest.sink import RestSink
from patto_hub import Batch, FeedSpec, Projection, Receipt, Rejected, RejectedItem, View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_connectors.http.settings import HttpSettings

FEED: Final = "enrolment-requests"
ASKED: Final = {"requested": "RICHIESTA", "cancelled": "ANNULLATA"}
"""The states of a request that the catalogue is told of; any other is its own word, or somebody else's business."""
TYPES: Final = {"course": "CORSO", "internship": "TIROCINIO", "service": "SERVIZIO"}


class RequestView(Projection):
    """Whom an Ambito wants to enrol, in what, for which measure; the tax code is all that is said of the person."""

    enrolment_id: str
    person_id: str
    person_scheme: str = "cf"
    policy_id: str
    type: str
    edition_id: str | None = None
    course_code: str | None = None
    status: str
    requested_on: date | None = None
    planned_hours: Decimal | None = None
    request_id: str | None = None


REQUESTS: Final = FeedSpec(
    name=FEED,
    title={"it": "Richieste di iscrizione", "en": "Requests to enrol"},
    views=(
        View(
            kind="enrolment",
            shape=RequestView,
            purpose={
                "it": "Iscrivere la persona al corso che l'Ambito chiede per la sua misura",
                "en": "Enrol the person in the course that the Ambito asks for its measure",
            },
            legal_basis={
                "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016",
                "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016",
            },
        ),
    ),
)


def render(record: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as the feed's view shows it
    """Give a request by the catalogue's names; empty for an enrolment that asks for nothing."""
    if record.status not in ASKED or record.request_id is not None:
        return {}
    row = {
        "id_richiesta": record.enrolment_id,
        "codice_fiscale": record.person_id,
        "codice_tipo": record.person_scheme,
        "id_politica": record.policy_id,
        "tipo": TYPES.get(record.type, record.type),
        "id_edizione": record.edition_id,
        "codice_corso": record.course_code,
        "stato": ASKED[record.status],
        "data_richiesta": None if record.requested_on is None else record.requested_on.isoformat(),
        "ore_previste": None if record.planned_hours is None else str(record.planned_hours),
    }
    return {name: value for name, value in row.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RequestSink:
    """Hands requests over; what is none is passed by, and what is gone or no longer to be known is taken back."""

    rest: RestSink

    async def write(self, batch: Batch) -> Receipt:
        """Hand over the requests of a batch; each carries its own key, so a repeat is harmless.

        Raises:
            Rejected: the catalogue refused some of them.
            Trouble: one of the other three.
        """
        sent = [(index, row) for index, each in enumerate(batch.rows) if (row := _request(dict(each)))]  # type: ignore[arg-type]  # a sink's rows are fields
        if not sent:
            return Receipt(accepted=len(batch.rows))
        try:
            receipt = await self.rest.write(Batch(rows=[row for _, row in sent], name=batch.name))
        except Rejected as wrong:
            items = [RejectedItem(sent[item.index][0], item.code, item.detail) for item in wrong.items]
            raise Rejected(wrong.code, wrong.detail, items=items, hint=wrong.hint) from wrong
        return replace(receipt, accepted=len(batch.rows))


def _request(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is sent of a change: the request, a word that it is taken back, or nothing."""
    names = {"id": row["id"], "versione": row["version"], "ente_richiesta": f"local:{row['source']}"}
    if row["change"] != "upsert":
        return names | {"stato": "ANNULLATA"}
    return names | row["data"] if row["data"] else {}


def sink(path: str, http: HttpSettings) -> RequestSink:
    """Make the sink: one POST for each batch, one result for each request."""
    settings = RestSinkSettings(
        http=http,
        path=path,
        items="richieste",
        results="esiti",
        status="esito",
        good=frozenset({"ACCOLTA", "GIA_NOTA"}),
        code="codice",
        reference="protocollo",
    )
    return RequestSink(RestSink(settings))
