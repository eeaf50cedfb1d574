"""Fake employment centres: SAP, labour system and RdC look-up on this machine, told by the invented world."""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from lxml import etree
from pydantic import Field

from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.soap import inner_document, load_service, write_reply
from patto_connectors.soap.envelope import write_message
from patto_connectors.testing.fake import FakePartner, Said
from patto_connectors.testing.soap import soap_service
from patto_hub import Malformed
from patto_plugins.employment_centres import rdc, sap_render
from patto_plugins.employment_centres.fake_rest import ANSWERS, rdc_reply
from patto_plugins.employment_centres.settings import wsdl
from patto_schemas.chronicle import WorldSettings, chronicle
from patto_schemas.model import Employment, Measure, Pact, Person
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from lxml.etree import _Element as Element

    from patto_connectors.soap import Service
    from patto_connectors.testing.fake import Asked
    from patto_connectors.testing.faults import Fault
    from patto_schemas.chronicle import Chronicle, Teller, Told

ALWAYS: Final = datetime(9999, 1, 1, tzinfo=UTC)
SAP: Final = "services/sap"
RDC: Final = "services/rdc"
SIL: Final = "silpapi"
MENU: Final = {
    "sil_failure": "status 200, and `esitoPositivo: false` inside (option: the code)",
    "sil_retyped": "a list is an object",
}
"""Faults in what the labour system's REST service says."""
NEEDED: Final = (
    "datianagrafici/datipersonali/codicefiscale",
    "datianagrafici/datipersonali/cognome",
    "datianagrafici/datipersonali/nome",
    "datianagrafici/datipersonali/sesso",
    "datianagrafici/datipersonali/datanascita",
    "datianagrafici/datipersonali/codcomune",
    "datianagrafici/datipersonali/codcittadinanza",
    "datianagrafici/residenza/codcomune",
    "datiinvio/tipovariazione",
    "datiinvio/codiceentetit",
)
NEEDED_OF_POLICY: Final = (
    "tipo_attivita",
    "data_proposta",
    "titolo_progetto",
    "codice_ente_promotore",
    "identificativo_politica",
    "ultimo_evento/evento",
    "ultimo_evento/data_evento",
)


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


@dataclass(slots=True)
class Worker:
    """What a centre knows of one person."""

    cf: str
    number: int
    person: Person | None = None
    measures: dict[str, Measure] = field(default_factory=dict)
    received: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Policies that were handed in, by their identifiers; shown until the centre has a word of its own on them."""
    jobs: dict[str, Employment] = field(default_factory=dict)
    service_pacts: list[dict[str, Any]] = field(default_factory=list)
    """Pacts of service in the labour system, open and closed (`chiuso`)."""
    mistakes: dict[str, str] = field(default_factory=dict)
    """What is wrong now in the telling of a record, by the record's key."""

    @property
    def sap(self) -> str:
        """The sheet's code; empty where there is none yet."""
        return "" if self.person is None else self.person.person_id

    def policies(self) -> list[dict[str, Any]]:
        """Give section 6, by the SAP's names, with what an operator got wrong."""
        own = [_wrong(sap_render.policy(each), self.mistakes.get(key, "")) for key, each in self.measures.items()]
        doubled = [
            policy for policy, key in zip(own, self.measures, strict=True) if self.mistakes.get(key) == "doubled_row"
        ]
        return [*own, *doubled, *(each for key, each in self.received.items() if key not in self.measures)]


@dataclass(slots=True)
class Centre:
    """One fake centre: what it holds of its people."""

    code: str
    world: Chronicle
    workers: dict[str, Worker] = field(default_factory=dict)
    """By tax code."""
    by_sap: dict[str, Worker] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    """Codes of sheets that have changed since the SAP was last notified."""
    sent: list[str] = field(default_factory=list)
    """Sheets that were handed in and taken, as they came."""
    pacts: Mapping[Name, str] = field(init=False)

    def __post_init__(self) -> None:
        """Look up whose pacts there are: the centre's own records name a pact, its sheets a person."""
        self.pacts = {
            Name(self.world.teller(ambito).scheme, record.pact_id): record.person_id
            for ambito in self.world.teller(self.code).ambiti
            if ambito in self.world.settings.ambiti
            for record in self.world.truth(ambito)
            if isinstance(record, Pact)
        }

    def show(self, told: Told) -> None:
        """Take in what the centre tells now."""
        record = told.record
        if isinstance(record, Person):
            worker = self._worker(record.identifiers[0].value)
            worker.person = record
            self.by_sap[record.person_id] = worker
        elif isinstance(record, Measure):
            worker = self._worker(self.pacts[record.pact])
            worker.measures[record.key] = record
            self.changed.append(worker.sap)
        elif isinstance(record, Employment):
            worker = self._worker(record.person_id)
            worker.jobs[record.key] = record
        else:
            return
        worker.mistakes[record.key] = told.mistake

    def _worker(self, cf: str) -> Worker:
        return self.workers.setdefault(cf, Worker(cf, 1000 + len(self.workers)))

    # The SAP's operations, by their arguments.

    def exists(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """`verificaEsistenzaSAP`: the code of the sheet, empty where there is none."""
        worker = self.workers.get(asked["CodiceFiscale"])
        return {"CodiceSAP": "" if worker is None else worker.sap}

    def sheet(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """`richiestaSAP`: the sheet, as a string."""
        worker = self.by_sap.get(asked["CodiceSAP"])
        return {"SAP": "" if worker is None or worker.person is None else _sheet(worker, worker.person)}

    def did(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """`richiestaSAP_N00_A02`: the newest A02 in a list, as a string."""
        worker = self.workers.get(asked["CodiceFiscale"])
        found = [] if worker is None else [each for each in worker.policies() if each["tipo_attivita"] == "A02"]
        if worker is None or not found:
            return {"DID": ""}
        members = {"codicefiscale": worker.cf, "indiceprofiling": "0.644371661", "A02": found[-1]}
        return {"DID": sap_render.document("ListaDID", members)}

    def take(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """`invioSAP`: keep a sheet's policies, if it holds what it must."""
        try:
            root = inner_document(asked["SAP"])
            lacking = _lacking(root)
        except Malformed as wrong:
            return {"Esito": "KO", "MessaggioErrore": f"XML: {wrong.code}", "CodiceSAP": ""}
        if lacking:
            return {"Esito": "KO", "MessaggioErrore": f"mancano: {', '.join(lacking)}", "CodiceSAP": ""}
        worker = self._worker(root.findtext("datianagrafici/datipersonali/codicefiscale") or "")
        for each in root.iterfind("politiche_attive_lst/politiche_attive"):
            policy = _members(each)
            worker.received[policy["identificativo_politica"]] = policy
        self.sent.append(asked["SAP"])
        return {"Esito": "OK", "MessaggioErrore": "", "CodiceSAP": worker.sap}

    def annul(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """`annullaSAP`: forget a sheet."""
        worker = self.by_sap.pop(asked["CodiceSAP"], None)
        if worker is None:
            return {"Esito": "KO", "MessaggioErrore": "non esiste"}
        worker.person = None
        return {"Esito": "OK", "MessaggioErrore": ""}


def _lacking(root: Element) -> list[str]:
    """Give what a sheet that was handed in must hold and does not."""
    policies = root.findall("politiche_attive_lst/politiche_attive")
    found = [path for path in NEEDED if not root.findtext(path)]
    found += [path for each in policies for path in NEEDED_OF_POLICY if not each.findtext(path)]
    return found if policies else [*found, "politiche_attive"]


def _members(element: Element) -> dict[str, Any]:
    return {etree.QName(each).localname: _members(each) if len(each) else each.text for each in element}


def _sheet(worker: Worker, person: Person) -> str:
    sheet = sap_render.sheet(person, list(worker.measures.values()))
    personal = sheet["datianagrafici"]["datipersonali"]
    if worker.mistakes.get(person.key) == "unknown_word":
        personal["sesso"] = "?"
    head = {**sheet["datiinvio"], "tipovariazione": "02"}
    state = {"statoinanagrafe": {"codstatooccupazionale": "IN", "anzianita": person.job_search_months}}
    return sap_render.document(
        "lavoratore",
        {
            "datiinvio": head,
            "datianagrafici": sheet["datianagrafici"],
            "datiamministrativi": state,
            "politiche_attive_lst": {"politiche_attive": worker.policies()},
        },
    )


def _wrong(policy: dict[str, Any], mistake: str) -> dict[str, Any]:
    """Work an operator's mistake into a policy."""
    if mistake == "impossible_date":
        return {**policy, "data_proposta": "2024-02-31"}
    if mistake == "missing_field":
        return {**policy, "tipo_attivita": None}
    if mistake == "unknown_word":
        return {**policy, "tipologia_durata": "X", "durata": 1}
    if mistake == "swapped_dates":
        return {**policy, "data": policy["data_fine"], "data_fine": policy["data"]}
    return policy


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
