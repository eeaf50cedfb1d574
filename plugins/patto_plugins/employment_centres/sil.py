"""The labour system's REST service: active policies with all their events, and communications, by tax code.

Names and ways as in Piemonte's silpapi: search the worker, open the file (fascicolo) by the system's own number, read
its policies; and the orchestrator's history of communications. Every answer says in its body whether it is one.
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.asking import Answered, Ask
from patto_connectors.http.client import Answer, Call, HttpClient, open_client
from patto_connectors.http.content import json_text
from patto_connectors.json import at_path, parse_strict
from patto_connectors.rest.answer import broken, refuse_failure
from patto_hub import Malformed
from patto_plugins.employment_centres import sap, unilav

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patto_hub import Subject
    from patto_plugins.employment_centres.settings import Sil
    from patto_schemas.model import Measure

SEARCH: Final = "lavoratore/ricerca-lavoratore"
FILE: Final = "fascicolo/get-dettaglio"
HISTORY: Final = "orchestratore/get-storico-comunicazioni"
POLICIES: Final = "fascicolo.politicheAttiveLavoratore.politicheAttive"
COMMUNICATIONS: Final = "storicoComunicazioni.lista"


@dataclass(frozen=True, slots=True)
class LabourSystem:
    """The service, in one session."""

    settings: Sil
    client: HttpClient

    async def post(
        self, path: str, body: Mapping[str, Any], query: Mapping[str, str] | None = None, *, harmless: bool = True
    ) -> tuple[Any, bytes]:
        """POST a question and give the answer, as a value and as it came; a tax code travels in the body only.

        Args:
            path: below the service's address.
            body: what is asked, or entered.
            query: of the address.
            harmless: whether it may be repeated after the answer was lost.

        Raises:
            Trouble: one of the four errors; `rest.failure` for an answer that says no.
        """
        content = {"callInfo": {"idAppChiamante": self.settings.caller}, **body}
        call = Call(
            method="POST",
            path=path,
            query=query or {},
            headers={"Content-Type": "application/json"},
            body=json.dumps(content).encode(),
            harmless=harmless,
        )
        return await self.client.fetch(call, self._understand)

    def _understand(self, answer: Answer) -> tuple[Any, bytes]:
        content = json_text(answer)
        try:
            value = parse_strict(content)
        except ValueError as error:
            raise broken(answer, content, error) from None
        refuse_failure(value, self.settings.failure(), answer.host)
        return value, content


@asynccontextmanager
async def asking_policies(settings: Sil) -> AsyncIterator[Ask]:
    """Open a session in which the service is asked for people's policies."""
    async with open_client(settings.http) as client:
        sil = LabourSystem(settings, client)

        async def ask(subject: Subject) -> Answered:
            rows: list[dict[str, Any]] = []
            kept = []
            for number in await numbers(sil, subject.person.value):
                value, content = await sil.post(f"{FILE}/{number}", {})
                rows += policy_rows(value, subject)
                kept.append(content)
            places = [f"politica {place}" for place in range(1, len(rows) + 1)]
            return Answered(rows=rows, positions=places, content=b"\n".join(kept))

        yield ask


@asynccontextmanager
async def asking_communications(settings: Sil) -> AsyncIterator[Ask]:
    """Open a session in which the service is asked for people's communications."""
    async with open_client(settings.http) as client:
        sil = LabourSystem(settings, client)

        async def ask(subject: Subject) -> Answered:
            value, content = await sil.post(HISTORY, {"codiceFiscaleLavoratore": subject.person.value})
            rows = unilav.rows_of(listed(value, COMMUNICATIONS), subject)
            places = [f"rapporto {place}" for place in range(1, len(rows) + 1)]
            return Answered(rows=rows, positions=places, content=content)

        yield ask


async def numbers(sil: LabourSystem, tax_code: str) -> list[int]:
    """Search a person; gives the system's own numbers of its files, none where it is not known there.

    Raises:
        Malformed: `sil.person`, the answer is about somebody else.
    """
    query = {"page": "0", "recForPage": str(sil.settings.people)}
    value, _ = await sil.post(SEARCH, {"codFisc": tax_code}, query)
    found = listed(value, "list")
    if any(str(each.get("codFiscale", "")).upper() != tax_code for each in found):
        raise Malformed("sil.person", "The answer is about somebody else.")
    return [each["idSilLavAnagrafica"] for each in found if isinstance(each.get("idSilLavAnagrafica"), int)]


def listed(value: Any, path: str) -> list[Mapping[str, Any]]:  # noqa: ANN401 - a JSON value
    """Give the objects of a list; an empty one where it, or what holds it, is null.

    Raises:
        Malformed: `rest.no_items`, it is not there at all, or something else is.
    """
    holder, _, name = path.rpartition(".")
    within = at_path(value, holder) if holder else value
    found = [] if within is None else within.get(name, ...) if isinstance(within, dict) else ...
    found = [] if found is None else found
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Malformed("rest.no_items", f"the answer has no list at {path}", position=f"$.{path}")
    return found


def policy_rows(value: Any, subject: Subject) -> list[dict[str, Any]]:  # noqa: ANN401 - a JSON value
    """Give a row for each policy of a file that stands for a measure."""
    rows = [_row(each, subject) for each in listed(value, POLICIES)]
    return [row for row in rows if not sap.BENEFIT.fullmatch(row.get("tipo_attivita", ""))]


def _row(policy: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    """Lay a policy of the file (`PoliticaAttiva` with its `LavSapSez6`) over the SAP's own names."""
    texts = {
        "tipo_attivita": at_path(policy, "attivita.codice"),
        "titolo_denominazione": at_path(policy, "denominazione"),
        "data_proposta": day(policy.get("dataProposta")),
        "data": day(policy.get("dataInizio")),
        "data_fine": day(policy.get("dataFine")),
        "durata": at_path(policy, "lavSapSez6.durata"),
        "tipologia_durata": at_path(policy, "lavSapSez6.codTipologiaDurata"),
        "descrizione": at_path(policy, "lavSapSez6.dsPoliticaAttiva"),
        "titolo_progetto": at_path(policy, "titoloProgetto.codice"),
        "codice_ente_promotore": at_path(policy, "lavSapSez6.codEntePromotore"),
        "identificativo_politica": at_path(policy, "lavSapSez6.identificativoPolitica"),
        "identificativo_presa_in_carico": at_path(policy, "lavSapSez6.identificativoPresaincarico"),
    }
    last = _event(policy.get("ultimoEvento"))
    told = policy.get("eventiPolitica")
    events = [_event(each) for each in told] if isinstance(told, list) else []
    return {
        "pact": list(subject.pact),
        "sap": "",
        **{name: str(text) for name, text in texts.items() if text is not None and text != ""},
        "ultimo_evento": last,
        "events": [each for each in events if each],
    }


def _event(found: Any) -> dict[str, str]:  # noqa: ANN401 - a JSON value
    code, on = at_path(found, "evento.codice"), at_path(found, "dataEvento")
    return {"evento": str(code), "data_evento": day(on) or ""} if code else {}


def day(written: object) -> str | None:
    """Give the day of a date-time as it is written, in whatever zone: the system keeps days at midnight."""
    return str(written)[:10] if written else None


def translate(row: Mapping[str, Any]) -> Measure:
    """Translate a policy of a file: as the SAP's own, with every event where the file tells them.

    Raises:
        KeyError, ValueError, pydantic.ValidationError: as `sap.translate`.
    """
    told, last = sap.measure(row), row["ultimo_evento"]
    events = [{"code": each["evento"], "on": each["data_evento"]} for each in row["events"]]
    if not events or not told.events:
        return told
    events.sort(key=lambda each: (each["on"], each["code"] == last.get("evento"), each["code"]))
    return type(told).model_validate({**told.model_dump(), "events": events})
