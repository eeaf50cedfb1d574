"""What the fake centres' labour system and RdC look-up answer: names and shapes of silpapi and getRdc."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from patto_plugins.employment_centres import sil, sil_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_connectors.testing.fake import Asked
    from patto_plugins.employment_centres.fake_centre import Centre, Worker
    from patto_schemas.model import Employment, Measure
    from patto_schemas.model.employment import Communication

HIRE: Final = ("ASS", "URG")


def _search(centre: Centre, asked: Asked) -> dict[str, Any]:
    """Answer `ricerca-lavoratore`."""
    worker = centre.workers.get(json.loads(asked.body)["codFisc"])
    found = [] if worker is None else [{"idSilLavAnagrafica": worker.number, "codFiscale": worker.cf}]
    return {"list": found, "totalResult": len(found)}


def _file(centre: Centre, asked: Asked) -> dict[str, Any]:
    """Answer `fascicolo/get-dettaglio/{id}`."""
    number = int(asked.path.rpartition("/")[2])
    worker = next(each for each in centre.workers.values() if each.number == number)
    policies = [_policy(each) for each in worker.measures.values()]
    return {
        "fascicolo": {
            "idSilLavAnagrafica": number,
            "identificativoSap": worker.sap,
            "politicheAttiveLavoratore": {"politicheAttive": policies},
        }
    }


def _policy(measure: Measure) -> dict[str, Any]:
    """Write a policy with all its events."""
    end = measure.ended_on or measure.planned_end_on
    events = [
        {"evento": {"codice": each.code, "descr": "evento"}, "dataEvento": f"{each.on}T00:00:00.000+0000"}
        for each in measure.events
    ]
    return {
        "attivita": {"codice": measure.activity_code},
        "titoloProgetto": {"codice": measure.project_code},
        "denominazione": measure.title,
        "dataProposta": _instant(measure.proposed_on),
        "dataInizio": _instant(measure.started_on),
        "dataFine": _instant(end),
        "ultimoEvento": events[-1] if events else None,
        "eventiPolitica": events,
        "lavSapSez6": {
            "codEntePromotore": measure.promoter_code,
            "durata": measure.duration,
            "codTipologiaDurata": measure.duration_unit,
            "dsPoliticaAttiva": measure.description or measure.employer_cf,
            "identificativoPolitica": measure.policy_id,
            "identificativoPresaincarico": measure.take_in_charge_id,
        },
    }


def _history(centre: Centre, asked: Asked) -> dict[str, Any]:
    """Answer `get-storico-comunicazioni`."""
    worker = centre.workers.get(json.loads(asked.body)["codiceFiscaleLavoratore"])
    jobs = [] if worker is None else list(worker.jobs.values())
    return {"storicoComunicazioni": {"lista": [each for job in jobs for each in _communications(job)]}}


def _communications(job: Employment) -> list[dict[str, Any]]:
    """Write the communications of a relationship, and an annulment after each that was taken back."""
    found = []
    for number, each in enumerate(job.communications):
        found.append(_communication(job, each, number))
        if each.state == "annulled":
            code = f"{each.code[:-1]}Z"
            annulment = {"codiceComunicazione": code, "codiceComunicazionePrecedente": each.code}
            found.append({**_communication(job, each, number), **annulment, "tipoComunicazione": "04"})
    return found


def _communication(job: Employment, sent: Communication, number: int) -> dict[str, Any]:
    kinds = {each.type for each in job.communications}
    hires = sent.type in HIRE
    told: dict[str, Any] = {
        "codiceComunicazione": sent.code,
        "codiceComunicazionePrecedente": sent.replaces,
        "tipoComunicazione": "03" if sent.replaces else "01",
        "dataRicezioneModulo": f"{job.started_on}T08:{number:02}:00.000+0000",
        "dataRiferimento": _instant(sent.on),
        "tipoModulo": "UNILAV",
        "codiceFiscaleLavoratore": job.person_id,
        "cognomeLavoratore": "ROSSI",
        "codiceFiscaleDatore": job.employer_id,
        "dataInizioRapporto": _instant(job.started_on),
        "tipologiaContrattualeRapporto": "A.02.00" if hires and "TRS" in kinds else job.contract_code,
        "comunicazioneUnilav": sent.type not in {"URG", "VAR"},
        "comunicazioneUniurg": sent.type == "URG",
        "comunicazioneVardatori": sent.type == "VAR",
        "comunicazioneCessazione": sent.type == "CES",
    }
    if hires:
        hours = None if job.weekly_hours is None else str(job.weekly_hours).replace(".", ",")
        told |= {"dataFineRapporto": _instant(job.planned_end_on), "oreSettimanaliMedieRapporto": hours}
    elif sent.type == "PRO":
        told |= {"dataFineProrogaRapporto": _instant(sent.on)}
    elif sent.type == "TRS":
        told |= {"codiceTrasformazioneRapporto": "DI", "dataTrasformazioneRapporto": _instant(sent.on)}
    elif sent.type == "CES":
        told |= {"dataCessazioneRapporto": _instant(job.ended_on), "codiceCausaCessazioneRapporto": job.end_cause}
    return told


def _instant(day: object) -> str | None:
    return None if day is None else f"{day}T00:00:00.000+0000"


def _by_number(centre: Centre, number: int) -> Worker:
    return next(each for each in centre.workers.values() if each.number == number)


def _open(worker: Worker) -> list[dict[str, Any]]:
    return [each for each in worker.service_pacts if not each["chiuso"]]


def _pacts(centre: Centre, asked: Asked) -> dict[str, Any]:
    """Answer `patto-di-servizio/ricerca`."""
    worker = centre.workers.get(json.loads(asked.body)["codFisc"])
    found = [] if worker is None else _open(worker)
    return {"list": [{name: each[name] for name in each if name.startswith("data")} for each in found]}


def _before(centre: Centre, asked: Asked) -> dict[str, Any]:
    """Answer `controllipreinserimento/{id}`: which open A02 is to be closed first."""
    worker = _by_number(centre, int(asked.path.rpartition("/")[2]))
    for number, each in enumerate(worker.service_pacts, 1):
        if not each["chiuso"]:
            return {"idPoliticaA02DaChiudere": number, "dataPoliticaA02DaChiudere": each["dataPropostaPds"]}
    return {}


def _close(centre: Centre, asked: Asked) -> dict[str, Any]:
    """Answer `chiudi-a02-aperta`."""
    form = json.loads(asked.body)
    worker = _by_number(centre, form["idSilLavAnagrafica"])
    worker.service_pacts[form["idPoliticaA02DaChiudere"] - 1]["chiuso"] = True
    return {}


def _save(centre: Centre, asked: Asked) -> dict[str, Any]:
    """Answer `salva-patto`; two open ones are refused (rule R11)."""
    form = json.loads(asked.body)
    worker = _by_number(centre, form["idSilLavAnagrafica"])
    if _open(worker):
        return {"esitoPositivo": False, "apiMessages": [{"code": "A02_APERTA", "message": "patto aperto"}]}
    worker.service_pacts.append({**form["patto"], "chiuso": False})
    return {}


ANSWERS: Final[Mapping[str, Callable[[Centre, Asked], Mapping[str, Any]]]] = MappingProxyType(
    {
        sil.SEARCH: _search,
        f"{sil.FILE}/{{number}}": _file,
        sil.HISTORY: _history,
        sil_out.PACTS: _pacts,
        f"{sil_out.BEFORE}/{{number}}": _before,
        sil_out.OPEN_A02: lambda *_: {},
        sil_out.CLOSE: _close,
        **dict.fromkeys(sil_out.CHECKS, lambda *_: {}),
        sil_out.SAVE: _save,
    }
)
"""By the path below `silpapi`."""


def rdc_reply(centre: Centre, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer `ricevi_RDC_by_codiceFiscale`: every second person has applied, with somebody else in the household."""
    worker = centre.workers.get(asked["codFiscale"])
    known = worker is not None and worker.person is not None and worker.number % 2 == 0
    found = [_beneficiary(worker, "A"), _other(worker)] if worker is not None and known else []
    return {"beneficiari": {"beneficiario": found}, "esito": {"codEsito": "OK"}}


def _beneficiary(worker: Worker, role: str) -> dict[str, Any]:
    person = worker.person
    if person is None:
        raise ValueError("nobody is known")
    return {
        "cod_cap_residenza": "73100",
        "cod_comune_residenza": "E506",
        "des_comune_residenza": "LECCE",
        "cod_sap": worker.sap,
        "cod_stato": "ACC",
        "cod_fiscale": worker.cf,
        "cod_fiscale_richiedente": worker.cf,
        "cod_protocollo_inps": f"INPS-RDC-2024-{worker.number:06}",
        "cod_ruolo_beneficiario": role,
        "des_cognome": person.family_name,
        "des_indirizzo_residenza": "via Roma 1",
        "des_nome": person.given_name,
        "dtt_domanda": "2024-01-10",
        "dtt_nascita": person.birth_date.isoformat(),
        "dtt_rendicontazione": "2024-02-01",
    }


def _other(worker: Worker) -> dict[str, Any]:
    """Give a member of the household, of whom the hub must keep nothing."""
    member = {"cod_fiscale": "VRDLGI80A01H501F", "des_cognome": "VERDI", "des_nome": "LUIGI", "cod_sap": "AA00000001A"}
    return {**_beneficiary(worker, "C"), **member}
