"""Issues of single records: fields, identifiers, rules, code lists."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # --- fields
        "field.missing": Entry(
            "Manca un campo obbligatorio.",
            "A required field is missing.",
            "",
            "Compilare il campo e inviare di nuovo la scheda.",
            "Fill the field in and send the record again.",
        ),
        "record.erased": Entry(
            "La scheda riguarda una persona o un patto cancellati su richiesta: non viene tenuta.",
            "The record is about a person or a pact that was erased on request: it is not kept.",
            "",
            "Cancellare la scheda anche nel proprio sistema; se il trattamento è di nuovo lecito, dirlo alla Regione.",
            "Delete the record in your own system too; if it may be processed again, tell the region.",
        ),
        "consent.pact": Entry(
            "Il consenso non dice per quale patto vale, quindi non può avere effetto.",
            "The consent does not say for which pact it holds, so it cannot take effect.",
            "",
            "Inviare un consenso, o una revoca, per ciascun patto della persona.",
            "Send one consent, or withdrawal, for each pact of the person.",
        ),
        "field.unknown": Entry(
            "Il campo non è previsto dallo schema.",
            "The schema has no such field.",
            "",
            "Controllare il nome del campo, o aggiornare il connettore se il sistema ne ha di nuovi.",
            "Check the field's name, or update the plugin if the system has new ones.",
            Owner.ENGINEER,
        ),
        "field.type": Entry(
            "Il valore non è del tipo atteso: serve {expected}.",
            "The value is not of the expected type: {expected} is needed.",
            "",
            "Correggere il valore nel sistema di origine, o la sua lettura nel connettore.",
            "Mend the value in the source system, or how the plugin reads it.",
        ),
        "field.shape": Entry(
            "Il valore non ha la forma attesa.",
            "The value has not the expected shape.",
            "",
            "Scrivere il valore come nell'esempio.",
            "Write the value as in the example.",
        ),
        "field.wrong": Entry(
            "Il valore non è valido.",
            "The value is not valid.",
            "",
            "Controllare il valore nel sistema di origine.",
            "Check the value in the source system.",
        ),
        "field.choice": Entry(
            "Il valore non è tra quelli ammessi: {expected}.",
            "The value is not one of those allowed: {expected}.",
            "",
            "Usare uno dei valori ammessi, o tradurlo nel connettore.",
            "Use one of the allowed values, or translate it in the plugin.",
        ),
        "field.word": Entry(
            "La parola del partner non è nella tabella del connettore, che conosce: {expected}.",
            "The partner's word is not in the plugin's table, which knows: {expected}.",
            "",
            "Chiedere al partner che cosa vuol dire e aggiungerla alla tabella, poi rileggere la quarantena;"
            " se è un refuso, lo corregge il partner.",
            "Ask the partner what it means and add it to the table, then replay the quarantine;"
            " if it is a slip, the partner mends it.",
            Owner.ENGINEER,
        ),
        "field.too_long": Entry(
            "Il testo è troppo lungo: al massimo {most} {most:carattere|caratteri}.",
            "The text is too long: at most {most} {most:character|characters}.",
            "",
            "Abbreviare il testo.",
            "Shorten the text.",
        ),
        "field.too_short": Entry(
            "Il testo è vuoto o troppo corto: almeno {least} {least:carattere|caratteri}.",
            "The text is empty or too short: at least {least} {least:character|characters}.",
            "",
            "Compilare il campo, o non inviarlo affatto.",
            "Fill the field in, or do not send it at all.",
        ),
        "field.too_few": Entry(
            "L'elenco è troppo corto: almeno {least} {least:elemento|elementi}.",
            "The list is too short: at least {least} {least:item|items}.",
            "",
            "Aggiungere quanto manca.",
            "Add what is missing.",
        ),
        "field.whole_number": Entry(
            "Serve un numero intero da {least} a {most}, scritto senza virgolette.",
            "A whole number from {least} to {most} is needed, written without quotes.",
            "3",
            "Correggere il numero.",
            "Mend the number.",
        ),
        "field.amount": Entry(
            "Serve un importo da 0 a {most} con il punto e al massimo due decimali.",
            "An amount from 0 to {most} is needed, with a point and at most two decimals.",
            "500.00",
            "Scrivere l'importo senza simboli, senza separatore delle migliaia e con il punto decimale.",
            "Write the amount without symbols, without thousands separator, with a decimal point.",
        ),
        "field.date": Entry(
            "La data non esiste o non è scritta come anno-mese-giorno.",
            "The date does not exist or is not written as year-month-day.",
            "2026-03-31",
            "Correggere la data nel sistema di origine, o la sua lettura nel connettore.",
            "Mend the date in the source system, or how the plugin reads it.",
        ),
        "field.instant": Entry(
            "Data e ora non sono scritte con lo scarto dal tempo universale.",
            "Date and time are not written with their offset from universal time.",
            "2026-03-31T08:30:00+02:00",
            "Aggiungere lo scarto (Z, +01:00 o +02:00).",
            "Add the offset (Z, +01:00 or +02:00).",
        ),
        "field.yes_no": Entry(
            "Serve vero o falso (true, false).",
            "True or false is needed.",
            "true",
            "Correggere il valore, o tradurlo nel connettore.",
            "Mend the value, or translate it in the plugin.",
        ),
        "text.character": Entry(
            "Il testo contiene un carattere di controllo o va a capo dove non può.",
            "The text holds a control character, or a line break where none may be.",
            "Via Roma 12",
            "Togliere il carattere: spesso viene da un copia e incolla.",
            "Remove the character: it often comes from copy and paste.",
        ),
        "text.encoding": Entry(
            "Il testo non è Unicode valido.",
            "The text is not valid Unicode.",
            "",
            "Inviare testo in UTF-8.",
            "Send text in UTF-8.",
        ),
        "key.shape": Entry(
            "La chiave è vuota, ha spazi all'inizio o alla fine, o più di 120 caratteri.",
            "The key is empty, has blanks at an end, or more than 120 characters.",
            "PA-000042",
            "Inviare la chiave senza spazi intorno.",
            "Send the key without blanks around it.",
        ),
        "json.invalid": Entry(
            "La scheda non è JSON valido.",
            "The record is not valid JSON.",
            "",
            "Inviare JSON ben formato.",
            "Send well-formed JSON.",
        ),
        # --- identifiers
        "tax_code.shape": Entry(
            "Il codice fiscale non ha la forma giusta (16 caratteri, o 11 cifre per un ente).",
            "The tax code has not the right shape (16 characters, or 11 digits for a body).",
            "RSSMRA80A01H501U",
            "Controllare il codice sulla tessera sanitaria.",
            "Check the code on the health card.",
        ),
        "tax_code.check_letter": Entry(
            "La lettera di controllo del codice fiscale è sbagliata: almeno un carattere è errato.",
            "The tax code's check letter is wrong: at least one character is mistaken.",
            "RSSMRA80A01H501U",
            "Controllare il codice sulla tessera sanitaria; non correggere la sola lettera finale.",
            "Check the code on the health card; do not mend the last letter alone.",
        ),
        "vat.shape": Entry(
            "La partita IVA non ha 11 cifre.",
            "The VAT number has not 11 digits.",
            "00743110157",
            "Controllare la partita IVA.",
            "Check the VAT number.",
        ),
        "vat.check_digit": Entry(
            "La cifra di controllo della partita IVA è sbagliata.",
            "The VAT number's check digit is wrong.",
            "00743110157",
            "Controllare la partita IVA.",
            "Check the VAT number.",
        ),
        "iban.shape": Entry(
            "L'IBAN non ha la forma giusta (27 caratteri senza spazi se italiano).",
            "The IBAN has not the right shape (27 characters without blanks if Italian).",
            "IT60X0542811101000000123456",
            "Controllare l'IBAN.",
            "Check the IBAN.",
        ),
        "iban.check_digits": Entry(
            "Le cifre di controllo dell'IBAN sono sbagliate.",
            "The IBAN's check digits are wrong.",
            "IT60X0542811101000000123456",
            "Controllare l'IBAN.",
            "Check the IBAN.",
        ),
        "iban.cin": Entry(
            "La lettera CIN dell'IBAN non corrisponde al conto.",
            "The IBAN's CIN letter does not fit the account.",
            "IT60X0542811101000000123456",
            "Controllare l'IBAN.",
            "Check the IBAN.",
        ),
        "cup.shape": Entry(
            "Il CUP non ha la forma giusta (15 caratteri).",
            "The CUP has not the right shape (15 characters).",
            "B91B21003930006",
            "Controllare il CUP del progetto.",
            "Check the project's CUP.",
        ),
        # --- rules
        "R1.start": Entry(
            "La data di inizio viene prima della proposta ({earliest}).",
            "The start is before the proposal ({earliest}).",
            "",
            "Correggere una delle due date.",
            "Mend one of the two dates.",
        ),
        "R1.end": Entry(
            "La data di fine viene prima dell'inizio ({earliest}).",
            "The end is before the start ({earliest}).",
            "",
            "Correggere una delle due date.",
            "Mend one of the two dates.",
        ),
        "R2": Entry(
            "Manca la data di fine, anche prevista, di una misura avviata.",
            "A measure that has started has no end, not even a planned one.",
            "2026-09-30",
            "Indicare la data di fine prevista.",
            "Give the planned end.",
        ),
        "R3.pair": Entry(
            "Durata e unità di misura vanno indicate insieme, o nessuna delle due.",
            "Duration and unit go together, or neither is given.",
            "6 M",
            "Aggiungere quella che manca.",
            "Add the one that is missing.",
        ),
        "R3.positive": Entry(
            "La durata deve essere maggiore di zero.",
            "The duration must be more than zero.",
            "6",
            "Correggere la durata.",
            "Mend the duration.",
        ),
        "R4.employer": Entry(
            "Per l'attività {activity} serve il codice fiscale o la partita IVA del datore di lavoro.",
            "Activity {activity} needs the employer's tax code or VAT number.",
            "00743110157",
            "Indicare il datore di lavoro.",
            "Name the employer.",
        ),
        "R4.description": Entry(
            "Per l'attività {activity} serve una descrizione.",
            "Activity {activity} needs a description.",
            "Tirocinio di inclusione presso una cooperativa",
            "Scrivere la descrizione.",
            "Write the description.",
        ),
        "R5": Entry(
            "L'ultimo evento ({event}) fissa questa data al {expected}, ma la scheda ne riporta un'altra o nessuna.",
            "The last event ({event}) fixes this date at {expected}, but the record has another or none.",
            "",
            "Allineare la data all'evento, o correggere l'evento.",
            "Bring the date in line with the event, or mend the event.",
        ),
        "R6.policy_id": Entry(
            "Manca l'identificativo della politica, obbligatorio dalle proposte del 4 dicembre 2017.",
            "The policy identifier is missing; it is required for proposals since 4 December 2017.",
            "1400000001B",
            "Indicare l'identificativo dato dal sistema del lavoro.",
            "Give the identifier that the labour system gave.",
        ),
        "R6.event": Entry(
            "Manca l'ultimo evento, obbligatorio dalle proposte del 4 dicembre 2017.",
            "The last event is missing; it is required for proposals since 4 December 2017.",
            "01",
            "Indicare l'ultimo evento con la sua data.",
            "Give the last event with its date.",
        ),
        "R7": Entry(
            "La lettera finale dell'identificativo non corrisponde a ente, attività e data (attesa {expected}).",
            "The policy identifier's last letter does not fit promoter, activity and date (expected {expected}).",
            "1400000001B",
            "Solo un avviso: la lettera non cambia se la politica viene modificata dopo.",
            "Only a warning: the letter stays when the policy is edited later.",
        ),
        "R8.birth_date": Entry(
            "La data di nascita non corrisponde al codice fiscale.",
            "The birth date does not fit the tax code.",
            "",
            "Confrontare con un documento della persona; vale la tessera sanitaria.",
            "Compare with the person's papers; the health card counts.",
        ),
        "R8.sex": Entry(
            "Il sesso non corrisponde al codice fiscale.",
            "The sex does not fit the tax code.",
            "",
            "Confrontare con un documento della persona.",
            "Compare with the person's papers.",
        ),
        "R8.birth_place": Entry(
            "Il luogo di nascita non corrisponde al codice fiscale.",
            "The birthplace does not fit the tax code.",
            "",
            "Confrontare con un documento della persona; serve il codice catastale, non quello ISTAT.",
            "Compare with the person's papers; the cadastral code is needed, not the ISTAT one.",
        ),
        # --- code lists
        "code.unknown": Entry(
            "Il codice non esiste nell'elenco «{list}».",
            "The list “{list}” has no such code.",
            "",
            "Usare un codice dell'elenco pubblicato.",
            "Use a code of the published list.",
        ),
        "code.expired": Entry(
            "Il codice non è valido in quella data nell'elenco «{list}».",
            "The code is not valid on that day in the list “{list}”.",
            "",
            "Usare il codice valido in quella data.",
            "Use the code that was valid on that day.",
        ),
        "code.unlisted": Entry(
            "Il codice non è nell'elenco «{list}», che però non è completo.",
            "The code is not in the list “{list}”, which is not complete.",
            "",
            "Confermare il codice e aggiungerlo all'elenco.",
            "Confirm the code and add it to the list.",
            Owner.REGION,
        ),
    }
)
