"""Issues of loans, payments and employments."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

DEALINGS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "R10.amount": Entry(
            "Il prestito supera il massimo del suo regime in quella data ({most}).",
            "The loan is above the ceiling of its regime on that day ({most}).",
            "25000.00",
            "Correggere l'importo, il regime o la data di approvazione.",
            "Mend the amount, the regime or the day of approval.",
        ),
        "R10.months": Entry(
            "La durata supera il massimo del regime per quella finalità ({most} {most:mese|mesi}).",
            "The loan runs longer than its regime allows for that purpose ({most} {most:month|months}).",
            "84",
            "Correggere la durata; per i corsi di formazione indicare la finalità «training».",
            "Mend the duration; for training courses give the purpose “training”.",
        ),
        "R10.services": Entry(
            "I servizi ausiliari sono meno di {least}.",
            "There are fewer than {least} auxiliary services.",
            "business_plan, monitoring",
            "Indicare i servizi di assistenza e monitoraggio dati con il prestito.",
            "Name the services of support and monitoring that go with the loan.",
        ),
        "R10.extension": Entry(
            "L'erogazione supera {most}, ma le sei rate precedenti non risultano tutte pagate puntualmente.",
            "The disbursement goes beyond {most}, but the six instalments before it were not all paid in time.",
            "",
            "Inviare le rate con la data di pagamento, o correggere l'erogazione.",
            "Send the instalments with the days they were paid on, or mend the disbursement.",
        ),
        "amount.zero": Entry(
            "L'importo deve essere maggiore di zero.",
            "The amount must be more than zero.",
            "500.00",
            "Correggere l'importo; il verso di un movimento si scrive in «direction», non con il segno.",
            "Mend the amount; which way a movement goes stands in “direction”, not in the sign.",
        ),
        "order.subject": Entry(
            "L'ordine di pagamento non dice per quale prestito o patto è.",
            "The payment order does not say for which loan or pact it is.",
            "PR-000042",
            "Indicare il prestito di un'erogazione, il patto di un'indennità.",
            "Name the loan of a disbursement, the pact of an indemnity.",
        ),
        "bic.shape": Entry(
            "Il BIC non ha la forma giusta (8 o 11 caratteri).",
            "The BIC has not the right shape (8 or 11 characters).",
            "PTTOIT2BXXX",
            "Controllare il BIC della banca.",
            "Check the bank's BIC.",
        ),
        "co.shape": Entry(
            "Il codice della comunicazione obbligatoria non ha 16 lettere maiuscole o cifre.",
            "The mandatory communication's code is not of 16 capital letters or digits.",
            "1600021200123456",
            "Controllare il codice sulla ricevuta della comunicazione.",
            "Check the code on the communication's receipt.",
        ),
        "employment.end": Entry(
            "Il rapporto risulta cessato, ma manca la data di fine.",
            "The employment has ended, but the day of its end is missing.",
            "2026-09-30",
            "Indicare la data di cessazione.",
            "Give the day on which it ended.",
        ),
    }
)
