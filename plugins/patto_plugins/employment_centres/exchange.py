"""The SAP's service: ask about people, follow its notifications, hand measures over."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.asking import Answered, Ask
from patto_connectors.soap import (
    OutcomeWords,
    Taken,
    meaning,
    open_soap,
    read_request,
    rejected_item,
    service_of,
    soap_door,
)
from patto_hub import Batch, Malformed, Receipt, Rejected, RejectedItem
from patto_plugins.employment_centres.sap import SAP_CODE, did_rows, person_of, positions, sheet_rows
from patto_plugins.employment_centres.sap_render import LACKING, document
from patto_plugins.employment_centres.settings import wsdl

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from patto_connectors.soap import SoapClient
    from patto_hub import Cursor, Door, Given, Pushed, Row, Subject
    from patto_plugins.employment_centres.settings import Sap

READS: Final = frozenset({"verificaEsistenzaSAP", "richiestaSAP", "richiestaSAP_N00_A02"})
SENDS: Final = frozenset({"invioSAP"})
"""A repeat does no harm either: the centre knows the policy by its identifier."""
WORDS: Final = OutcomeWords(refused=frozenset({"KO", "X001"}))
"""X001 is in the WSDL, what it means in no document that was found: taken for a refusal, so that somebody looks."""
PUSHED: Final = "pushed"
"""The member of the cursor that says up to which number notifications have been followed."""


@asynccontextmanager
async def asking(settings: Sap) -> AsyncIterator[Ask]:
    """Open a session in which the SAP is asked about people: the sheet, then N00 and A02."""
    async with open_soap(settings.soap(), wsdl("sap"), harmless=READS) as client:

        async def ask(subject: Subject) -> Answered:
            sheet = await _sheet(client, subject)
            return await _with_did(client, subject, sheet) if settings.did else sheet

        yield ask


async def _sheet(client: SoapClient, subject: Subject) -> Answered:
    """Ask whether there is a sheet, and for it; a tax code travels in bodies only."""
    found = await client.call("verificaEsistenzaSAP", CodiceFiscale=subject.person.value)
    code = (found["CodiceSAP"] or "").strip()
    if not code:
        return Answered()
    return await _read(
        await client.call("richiestaSAP", CodiceSAP=code), "SAP", lambda text: sheet_rows(text, subject, code)
    )


async def _with_did(client: SoapClient, subject: Subject, sheet: Answered) -> Answered:
    """Add N00 and A02 where the sheet has not shown them."""
    known: Iterable[Any] = [row for row in sheet.rows if not isinstance(row, bytes) and row["is"] == "policy"]
    answer = await client.call("richiestaSAP_N00_A02", CodiceFiscale=subject.person.value)
    did = await _read(answer, "DID", lambda text: did_rows(text, subject, known))
    return Answered(
        rows=[*sheet.rows, *did.rows],
        positions=[*sheet.positions, *(f"ListaDID, {place}" for place in did.positions)],
        content=b"\n".join(filter(None, (sheet.content, did.content))),
        troubles=[*sheet.troubles, *did.troubles],
    )


async def _read(answer: Mapping[str, Any], name: str, rows_of: Callable[[str], list[dict[str, Any]]]) -> Answered:
    """Read the document that an answer holds as a string; one that cannot be read is set aside, the other goes on."""
    text = answer[name] or ""
    if not text.strip():
        return Answered()
    try:
        rows = await asyncio.to_thread(rows_of, text)
    except Malformed as wrong:
        place = f"{name}, {wrong.position}" if wrong.position else name
        return Answered(troubles=[(place, wrong.code, wrong.content)], content=text.encode("utf-8", "replace"))
    return Answered(rows=rows, positions=positions(rows), content=text.encode())


@dataclass(frozen=True, slots=True)
class NotificationSource:
    """Follows `notificaSAP`: each names a sheet that has changed, which is then asked for."""

    settings: Sap
    given: Given

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield what each notified sheet says, if its person is one about whom we may ask.

        Raises:
            Trouble: of the partner; the notification is followed again by the next run.
        """
        number = int((after or {}).get(PUSHED, 0))
        async with open_soap(self.settings.soap(), wsdl("sap"), harmless=READS) as client:
            async for body in self.given.pushed(number):
                found = await self._follow(client, body)
                yield Batch(
                    rows=found.rows,
                    positions=found.positions,
                    content=found.content,
                    media_type=body.media_type,
                    name=body.name,
                    troubles=found.troubles,
                    cursor={PUSHED: body.number},
                )

    async def _follow(self, client: SoapClient, body: Pushed) -> Answered:
        """Give the sheet's rows; nothing is kept of a person who is in no open pact that the centre may know."""
        try:
            request = await asyncio.to_thread(read_request, client.service, body.content)
            code = (request.arguments["CodiceSAP"] or "").strip()
            if not SAP_CODE.fullmatch(code):  # answered with KO when it came
                return Answered()
            text = (await client.call("richiestaSAP", CodiceSAP=code))["SAP"] or ""
            named = await asyncio.to_thread(person_of, text) if text.strip() else None
            subject = None if named is None else await self.given.subjects.find(*named)
            rows = [] if subject is None else await asyncio.to_thread(sheet_rows, text, subject, code)
        except Malformed as wrong:  # of a sheet that cannot be read nobody knows whose it is: only its code is kept
            return Answered(
                troubles=[(wrong.position or "notificaSAP", wrong.code, body.content)], content=body.content
            )
        return Answered(rows=rows, positions=positions(rows), content=text.encode() if rows else body.content)


def notifications_door(settings: Sap) -> Door:
    """Make the door through which the SAP calls `notificaSAP`; the run that follows asks for the sheet."""
    return soap_door(
        service_of(settings.soap(), wsdl("sap")), {"notificaSAP": Taken(rows=lambda _: (), reply=_notified)}
    )


def _notified(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    if SAP_CODE.fullmatch((arguments["CodiceSAP"] or "").strip()):
        return {"Esito": "OK", "MessaggioErrore": ""}
    return {"Esito": "KO", "MessaggioErrore": "CodiceSAP: 2 lettere, 8 cifre e una cifra o lettera, come AA00000000H"}


@dataclass(frozen=True, slots=True)
class SapSink:
    """Hands sheets over, one `invioSAP` each."""

    settings: Sap

    async def write(self, batch: Batch) -> Receipt:
        """Send what the batch's changes come to.

        Raises:
            Rejected: the SAP refused some, or they cannot be sent as they are.
            Trouble: one of the other three: the whole batch is sent again; policies are known by their identifiers.
        """
        refused: list[RejectedItem] = []
        async with open_soap(self.settings.soap(), wsdl("sap"), harmless=SENDS) as client:
            for index, row in enumerate(batch.rows):
                item = await self._send(client, index, row)
                refused += [] if item is None else [item]
        if refused:
            words = f"{len(refused)} of {len(batch.rows)} changes were not taken by the SAP"
            raise Rejected("sap.rejected", words, items=refused, hint="the refused changes say which code each has")
        return Receipt(accepted=len(batch.rows))

    async def _send(self, client: SoapClient, index: int, row: Row) -> RejectedItem | None:
        if isinstance(row, bytes):
            raise TypeError("changes come as mappings")
        if row["change"] != "upsert" and row["kind"] == "measure":
            return RejectedItem(index, "sap.no_withdrawal", "the SAP has no way to take one policy back")
        data: Mapping[str, Any] = row.get("data", {})
        if LACKING in data:
            return RejectedItem(index, f"sap.{data[LACKING]}_missing", f"{data[LACKING]} is missing")
        if "lavoratore" not in data:
            return None
        sheet = await asyncio.to_thread(document, "lavoratore", self._addressed(data["lavoratore"]))
        answer = await client.call("invioSAP", SAP=sheet)
        return rejected_item(index, answer, WORDS) if meaning(answer, WORDS) == "refused" else None

    def _addressed(self, sheet: Mapping[str, Any]) -> Mapping[str, Any]:
        """Complete the head of a sheet with what only the settings say."""
        head = {**sheet["datiinvio"], "tipovariazione": self.settings.variation}
        if self.settings.titular is not None:
            head["codiceentetit"] = self.settings.titular
        return {**sheet, "datiinvio": head}
