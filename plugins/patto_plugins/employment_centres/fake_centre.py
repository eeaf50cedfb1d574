"""What one fake employment centre holds of its people, and how its SAP answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from patto_connectors.soap import inner_document
from patto_hub import Malformed
from patto_plugins.employment_centres import sap_render
from patto_schemas.model import Employment, Measure, Pact, Person
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

    from patto_schemas.chronicle import Chronicle, Told

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
