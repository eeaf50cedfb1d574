"""Fake employment centres: SAP, labour system and RdC look-up on this machine, told by the invented world."""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from pydantic import Field

from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.soap import load_service, write_reply
from patto_connectors.soap.envelope import write_message
from patto_connectors.testing.fake import FakePartner, Said
from patto_connectors.testing.soap import soap_service
from patto_plugins.employment_centres import rdc
from patto_plugins.employment_centres.fake_centre import Centre
from patto_plugins.employment_centres.fake_rest import ANSWERS, rdc_reply
from patto_plugins.employment_centres.settings import wsdl
from patto_schemas.chronicle import WorldSettings, chronicle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from patto_connectors.soap import Service
    from patto_connectors.testing.fake import Asked
    from patto_connectors.testing.faults import Fault
    from patto_schemas.chronicle import Chronicle, Teller

ALWAYS: Final = datetime(9999, 1, 1, tzinfo=UTC)
SAP: Final = "services/sap"
RDC: Final = "services/rdc"
SIL: Final = "silpapi"
MENU: Final = {
    "sil_failure": "status 200, and `esitoPositivo: false` inside (option: the code)",
    "sil_retyped": "a list is an object",
}
"""Faults in what the labour system's REST service says."""


class FakeSettings(Part):
    """How large the invented world is that the centres tell of."""

    seed: int = 0
    people: int = Field(6, ge=0)
    """People of each Ambito."""
    ambiti: tuple[str, ...] = ("LE/1",)
    """Codes of the Ambiti whose people there are."""

    def world(self) -> Chronicle:
        """Give the invented world."""
        return chronicle(WorldSettings(seed=self.seed, people=self.people, ambiti=self.ambiti))


def _sent(esito: str) -> Callable[[Service, Said, str], Said]:
    """Answer `invioSAP` with another outcome, and a sentence that names the person; other answers stay as they are."""
    told = {"Esito": esito, "MessaggioErrore": "ROSSI MARIO: dati errati", "CodiceSAP": ""}

    def spoil(service: Service, good: Said, _: str) -> Said:
        return (
            Said(write_reply(service, "invioSAP", told), good.media_type) if b"risposta_invioSAP" in good.body else good
        )

    return spoil


def _inside(change: Callable[[bytes], bytes]) -> Callable[[Service, Said, str], Said]:
    """Change the bytes of an answer, in which the inner document stands escaped."""
    return lambda _, good, __: Said(change(good.body), good.media_type)


OWN: Final[Mapping[str, tuple[str, Callable[[Service, Said, str], Said]]]] = {
    "sap_ko": (
        "invioSAP answers KO",
        _sent("KO"),
    ),
    "sap_x001": (
        "invioSAP answers X001",
        _sent("X001"),
    ),
    "sap_broken": (
        "the document inside the answer is cut off",
        _inside(lambda body: re.sub(rb"&lt;/(lavoratore|ListaDID)&gt;", b"", body)),
    ),
    "sap_other_person": (
        "the sheet is that of somebody else",
        _inside(lambda body: re.sub(rb"(&lt;codicefiscale&gt;)[A-Z0-9]{16}", rb"\g<1>VRDLGI80A01H501F", body)),
    ),
    "sap_namespace": (
        "the answer's elements are of another namespace",
        _inside(lambda body: body.replace(b"urn:patto:sap/types", b"urn:altro:sap/types")),
    ),
    "sap_doctype": (
        "the document inside the answer begins with a DOCTYPE",
        _inside(lambda body: re.sub(rb"&lt;(lavoratore|ListaDID)&gt;", rb"&lt;!DOCTYPE a&gt;&lt;\g<1>&gt;", body)),
    ),
}
"""Faults in what the SAP says: what each is, and what it does to a good answer."""


@dataclass(frozen=True, slots=True)
class FakeCentres:
    """The fake centres' services: order faults from `partner.faults`, or over HTTP (`/_faults`)."""

    partner: FakePartner
    centres: Mapping[str, Centre]
    """By the teller's code, which is where its services are: `/<code>/services/sap`, `/<code>/silpapi/...`."""

    def show_all(self, until: datetime = ALWAYS) -> None:
        """Let each centre tell everything that it tells until an instant."""
        for code, centre in self.centres.items():
            for told in centre.world.told(code, until=until):
                centre.show(told)

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Serve until the end of the block; gives the address.

        Raises:
            OSError: the port is taken.
        """
        async with self.partner.running(port) as url:
            yield url

    def settings(self, url: str, code: str) -> dict[str, Any]:
        """Give the settings by which a hub reads a centre and writes to it."""
        http = {"base_url": f"{url}/{code}"}
        return {
            "sap": {"http": http, "path": SAP},
            "sil": {"http": {"base_url": f"{url}/{code}/{SIL}"}},
            "rdc": {"http": http, "path": RDC},
        }


def tellers(world: Chronicle) -> tuple[Teller, ...]:
    """Give the centres of a world."""
    return tuple(each for each in world.tellers() if each.kind == "centre")


def service(world: Chronicle, *, seed: int = 0, remember: bool = False) -> FakeCentres:
    """Make the services of a world's centres; `remember` keeps the requests for a test to look at."""
    partner = FakePartner(seed=seed, remember=remember)
    centres = {each.code: Centre(each.code, world) for each in tellers(world)}
    for code, centre in centres.items():
        table = {
            "verificaEsistenzaSAP": centre.exists,
            "richiestaSAP": centre.sheet,
            "richiestaSAP_N00_A02": centre.did,
            "invioSAP": centre.take,
            "annullaSAP": centre.annul,
        }
        soap_service(partner, f"/{code}/{SAP}", load_service(wsdl("sap")), table, OWN)
        beneficiaries = {rdc.OPERATION: lambda asked, centre=centre: rdc_reply(centre, asked)}
        soap_service(partner, f"/{code}/{RDC}", load_service(wsdl("rdc")), beneficiaries)
        for path, answer in ANSWERS.items():
            partner.answering(f"/{code}/{SIL}/{path}", _rest(centre, answer), MENU)
    return FakeCentres(partner, centres)


def _rest(
    centre: Centre, answer: Callable[[Centre, Asked], Mapping[str, Any]]
) -> Callable[[Asked, Sequence[Fault]], Said]:
    """Answer as the labour system does: with status 200, whatever there is to say."""

    def answer_of(asked: Asked, faults: Sequence[Fault]) -> Said:
        said = {"esitoPositivo": True, "apiMessages": [], **answer(centre, asked)}
        for fault in faults:
            if fault.name == "sil_failure":
                message = {"code": fault.option or "E01", "message": "ROSSI MARIO non trovato", "error": True}
                said = {"esitoPositivo": False, "apiMessages": [message]}
            elif fault.name == "sil_retyped":
                said = {name: {"x": 1} if isinstance(value, list | dict) else value for name, value in said.items()}
        return Said(json.dumps(said, ensure_ascii=False).encode(), "application/json")

    return answer_of


async def notify(centre: Centre, door: Mapping[str, Any], partner: str) -> None:
    """Tell the hub, at its door, which sheets have changed; what cannot be told now is told the next time."""
    waiting, centre.changed = dict.fromkeys(filter(None, centre.changed)), []
    headers = {"Content-Type": "text/xml; charset=utf-8", "Authorization": f"Bearer {door['keys'][partner]}"}
    operation = load_service(wsdl("sap")).operation("notificaSAP")
    async with aiohttp.ClientSession(connector=_dial(), timeout=aiohttp.ClientTimeout(total=30)) as session:
        for code in waiting:
            body = write_message(operation.request, {"CodiceSAP": code, "MotivoNotifica": "02"})
            try:
                async with session.post(
                    f"{door['address']}/streams/notifications", data=body, headers=headers
                ) as reply:
                    told = reply.status < 400  # noqa: PLR2004 - RFC 9110
            except aiohttp.ClientError:
                told = False
            if not told:
                centre.changed.append(code)


def _dial() -> aiohttp.BaseConnector | None:
    dial = WORLD.get().dial
    return None if dial is None else dial()
