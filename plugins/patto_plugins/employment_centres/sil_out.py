"""Register the pact of service (A02) in the labour system, in the order of rule R11: the open one is closed first.

Names and ways as in Piemonte's silpapi (`patto-di-servizio`): checks before anything is entered, a look for an open
A02, its closing, the checks before saving, saving. Nothing there names our pact: a repeat is known by person and day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.http.client import open_client
from patto_hub import Receipt, Refused, Rejected, RejectedItem
from patto_plugins.employment_centres.sil import LabourSystem, day, listed, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_hub import Batch, Row
    from patto_plugins.employment_centres.settings import Sil
    from patto_schemas.model.base import Entity

PACTS: Final = "patto-di-servizio/ricerca"
BEFORE: Final = "patto-di-servizio/controllipreinserimento"
OPEN_A02: Final = "patto-di-servizio/controlla-a02-attivitaADI"
CLOSE: Final = "patto-di-servizio/chiudi-a02-aperta"
CHECKS: Final = ("patto-di-servizio/controlli-pre-salvataggio", "patto-di-servizio/controlla-salva-patto")
SAVE: Final = "patto-di-servizio/salva-patto"
TO_CLOSE: Final = ("idPoliticaA02DaChiudere", "dataPoliticaA02DaChiudere")


def render(record: Entity, beside: Sequence[Entity]) -> Mapping[str, Any]:
    """Give the pact of service that has started, as an Ambito tells it; nothing for any other change."""
    measure: Any = record
    if record.kind != "measure" or measure.activity_code != "A02" or measure.measure_id == measure.policy_id:
        return {}
    if not measure.events or measure.events[-1].code != "02":
        return {}
    signers: list[Any] = [each for each in beside if each.kind == "pact"]
    if not signers or signers[0].person_scheme != "cf":
        return {"lacking": "person"}
    end = measure.ended_on or measure.planned_end_on
    return {
        "codFisc": signers[0].person_id,
        "patto": {
            "dataPropostaPds": _instant(measure.proposed_on),
            "dataFirmaPds": _instant(measure.started_on),
            "dataFine": _instant(end),
        },
    }


def _instant(on: object) -> str | None:
    return None if on is None else f"{on}T00:00:00.000+0000"


@dataclass(frozen=True, slots=True)
class SilSink:
    """Enters pacts of service, one after the other."""

    settings: Sil

    async def write(self, batch: Batch) -> Receipt:
        """Enter what the batch's changes come to.

        Raises:
            Rejected: the labour system refused some, or they cannot be entered as they are.
            Trouble: one of the other three: the whole batch comes again, and finds what it has entered already.
        """
        refused: list[RejectedItem] = []
        async with open_client(self.settings.http) as client:
            sil = LabourSystem(self.settings, client)
            for index, row in enumerate(batch.rows):
                item = await _enter(sil, index, row)
                refused += [] if item is None else [item]
        if refused:
            words = f"{len(refused)} of {len(batch.rows)} changes were not taken by the labour system"
            raise Rejected("sil.rejected", words, items=refused, hint="the refused changes say which code each has")
        return Receipt(accepted=len(batch.rows))


async def _enter(sil: LabourSystem, index: int, row: Row) -> RejectedItem | None:
    data: Mapping[str, Any] = {} if isinstance(row, bytes) else row.get("data", {})
    if "lacking" in data:
        return RejectedItem(index, "sap.person_missing", "the signer's tax code is missing")
    if not data:
        return None
    try:
        found = await numbers(sil, data["codFisc"])
        if len(found) != 1:
            return RejectedItem(index, "sil.person_unsure", f"the labour system has {len(found)} files of the person")
        if not await _is_there(sil, data):
            await _save(sil, found[0], data["patto"])
    except Refused as no:
        if no.code != "rest.failure":
            raise
        return RejectedItem(index, "sil.refused", no.detail)
    return None


async def _is_there(sil: LabourSystem, data: Mapping[str, Any]) -> bool:
    """Say whether the person has an active pact of that day already."""
    query = {"page": "0", "recForPage": str(sil.settings.people)}
    value, _ = await sil.post(PACTS, {"codFisc": data["codFisc"], "isPattoAttivo": "S"}, query)
    proposed = day(data["patto"]["dataPropostaPds"])
    return any(day(each.get("dataPropostaPds")) == proposed for each in listed(value, "list"))


async def _save(sil: LabourSystem, number: int, pact: Mapping[str, Any]) -> None:
    form = {"idSilLavAnagrafica": number, "patto": dict(pact), "dataFirmaPatto": pact["dataFirmaPds"]}
    before, _ = await sil.post(f"{BEFORE}/{number}", {})
    await sil.post(OPEN_A02, form)
    to_close = {name: before[name] for name in TO_CLOSE if before.get(name)}
    if to_close:
        await sil.post(CLOSE, {**form, **to_close}, harmless=False)
    for check in CHECKS:
        await sil.post(check, form)
    await sil.post(SAVE, form, harmless=False)
