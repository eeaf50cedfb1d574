"""Issues of bank statements (camt.053, camt.054) and of payment orders: what is wrong, and who can act."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

_BANK_IT: Final = "Chiedere alla banca di inviare di nuovo l'estratto conto corretto."
_BANK_EN: Final = "Ask the bank to send the right statement again."
_ORDER_IT: Final = "Correggere la disposizione nel sistema di origine: partirà al prossimo invio."
_ORDER_EN: Final = "Mend the order in the source system: it leaves with the next file."


def _bank(it: str, en: str, example: str = "") -> Entry:
    return Entry(it, en, example, _BANK_IT, _BANK_EN)


def _order(it: str, en: str, example: str = "") -> Entry:
    return Entry(it, en, example, _ORDER_IT, _ORDER_EN)


def _ours(it: str, en: str, fix_it: str, fix_en: str, example: str = "") -> Entry:
    return Entry(it, en, example, fix_it, fix_en, Owner.ENGINEER)


BANKS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "camt.message": Entry(
            "Il documento non è un estratto conto camt.053 né un avviso camt.054 di una versione che si legge.",
            "The document is no statement camt.053 and no notice camt.054 of a version that is read.",
            "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08",
            "Inviare camt.053 o camt.054, versione 02, 03, 04 o 08.",
            "Send camt.053 or camt.054 of version 02, 03, 04 or 08.",
        ),
        "camt.element": _bank(
            "Al documento della banca manca un elemento obbligatorio, o un elemento non contiene ciò che deve.",
            "The bank's document lacks an element that must be there, or an element does not hold what it must.",
        ),
        "camt.schema": _ours(
            "Nella cartella degli schemi manca quello di questo messaggio.",
            "The folder of schemas lacks the one of this message.",
            "Aggiungere lo schema alla cartella `xsd`, o togliere `xsd` dalle impostazioni.",
            "Add the schema to the folder `xsd`, or leave `xsd` out of the settings.",
            "camt.053.001.08.xsd",
        ),
        "camt.statement": _bank(
            "L'estratto conto non dice di quale conto è: i suoi movimenti non sono letti, gli altri sì.",
            "The statement does not say whose account it is: its movements were not read, the other statements were.",
        ),
        "camt.entry": _bank(
            "Il movimento non si può leggere: manca un elemento, o non contiene ciò che deve.",
            "The movement cannot be read: an element is missing, or does not hold what it must.",
            '<Amt Ccy="EUR">125.50</Amt>',
        ),
        "camt.batch": _bank(
            "Le parti del movimento non danno il suo importo: è stato letto intero, senza le parti.",
            "The movement's parts do not add up to its amount: it was read as one, without its parts.",
        ),
        "camt.balance": _bank(
            "L'estratto conto non quadra: saldo iniziale e movimenti non danno il saldo finale. "
            "I movimenti sono letti.",
            "The statement does not add up: opening balance and movements do not give the closing balance. "
            "The movements were read.",
        ),
        "camt.totals": _bank(
            "I totali di controllo dell'estratto conto non sono quelli dei suoi movimenti. I movimenti sono letti.",
            "The statement's control totals are not those of its movements. The movements were read.",
        ),
        "payment.refused": _order(
            "Una parte delle disposizioni di pagamento non si può inviare.",
            "Some of the payment orders cannot be sent.",
        ),
        "payment.reference": _order(
            "Il riferimento (EndToEndId) non è di 1-35 caratteri SEPA, o è già di un'altra disposizione.",
            "The reference (EndToEndId) is not of 1 to 35 SEPA characters, or is another order's already.",
            "PATTO-2026-000042",
        ),
        "payment.currency": _order(
            "Si possono disporre solo bonifici in euro.", "Only transfers in euros can be ordered.", "EUR"
        ),
        "payment.amount": _order(
            "L'importo non è maggiore di zero con due decimali.",
            "The amount is not above zero with two decimals.",
            "500.00",
        ),
        "payment.iban": _order("L'IBAN non è valido.", "The IBAN is not valid.", "IT60X0542811101000000123456"),
        "payment.bic": _order("Il BIC non è valido.", "The BIC is not valid.", "BCITITMM"),
        "payment.text": _order(
            "Il nome o la causale è vuoto, troppo lungo, o ha caratteri che un bonifico SEPA non porta.",
            "The name or remittance is empty, too long, or holds characters that a SEPA transfer does not carry.",
            "Nicolo D'Amico",
        ),
        "payment.date": _order(
            "La data di esecuzione non è una data, o è già passata.",
            "The day of execution is no day, or has passed.",
            "2026-03-27",
        ),
        "payment.sent": Entry(
            "La disposizione è già partita per la banca: cambiarla o ritirarla qui non ha effetto.",
            "The order has already left for the bank: changing or withdrawing it here has no effect.",
            "",
            "Chiedere il richiamo alla banca; per pagare altrimenti fare una nuova disposizione con altro riferimento.",
            "Ask the bank to recall it; to pay otherwise, make a new order with another reference.",
        ),
        "payment.debtor": _ours(
            "La disposizione è da pagare da un conto diverso da quello impostato.",
            "The order is to be paid from another account than the one in the settings.",
            "Controllare `debtor_iban`, o inviare queste disposizioni con un altro flusso.",
            "Check `debtor_iban`, or send these orders by another stream.",
        ),
        "payment.purpose": _ours(
            "Lo scopo del pagamento non è un codice ISO di quattro lettere.",
            "The purpose of the payment is no ISO code of four letters.",
            "Controllare `purposes`.",
            "Check `purposes`.",
            "SSBE",
        ),
        "payment.kind": _ours(
            "Il flusso contiene schede che non sono disposizioni di pagamento.",
            "The feed holds records that are no payment orders.",
            "Togliere gli altri tipi dal flusso della banca.",
            "Take other kinds out of the bank's feed.",
        ),
        "payment.field": _ours(
            "Alla disposizione manca un campo che la vista dovrebbe lasciar uscire.",
            "The order lacks a field that the view should let out.",
            "Controllare i campi della vista.",
            "Check the fields of the view.",
        ),
        "payment.order": _ours(
            "Il tracciato CBI richiede il CUC e un conto italiano.",
            "The CBI format needs a CUC and an Italian account.",
            "Impostare `cuc` e `debtor_iban`.",
            "Set `cuc` and `debtor_iban`.",
            "0123456X",
        ),
        "payment.outbox": _ours(
            "La memoria delle disposizioni inviate non si legge o non si scrive: per non pagare due volte nulla parte.",
            "The memory of sent orders cannot be read or written: so as not to pay twice, nothing leaves.",
            "Controllare `outbox`; se è andata persa, ripristinarla dal salvataggio.",
            "Check the folder `outbox`; if it was lost, restore it from the backup.",
        ),
    }
)
