"""Issues of pages, files and rows on their way in, and of records that cannot be placed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

SEND_AGAIN_IT: Final = "Correggere il file e inviarlo di nuovo."
SEND_AGAIN_EN: Final = "Mend the file and send it again."

TRAVEL: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "translate.failed": Entry(
            "Il connettore non è riuscito a tradurre la riga.",
            "The plugin could not translate the row.",
            "",
            "Correggere il connettore, poi ripetere la riga dalla quarantena.",
            "Mend the plugin, then replay the row from quarantine.",
            Owner.ENGINEER,
        ),
        "row.wrong": Entry(
            "La riga non si può leggere come scheda.",
            "The row cannot be read as a record.",
            "",
            "Controllare la riga nel sistema di origine.",
            "Check the row in the source system.",
        ),
        "row.empty": Entry(
            "Dalla riga non è uscita alcuna scheda.",
            "The row gave no record.",
            "",
            "Controllare la traduzione nel connettore.",
            "Check the plugin's translation.",
            Owner.ENGINEER,
        ),
        "scope.foreign": Entry(
            "La scheda riguarda un territorio o un ente per cui chi la invia non può parlare.",
            "The record concerns a territory or body that the sender may not speak for.",
            "",
            "Controllare l'ente indicato nella scheda, o l'ambito concesso a chi invia.",
            "Check the body that the record names, or the scope given to the sender.",
            Owner.REGION,
        ),
        "scope.outside": Entry(
            "La scheda riguarda un territorio o un ente per cui chi la invia non può parlare.",
            "The record concerns a territory or body that the sender may not speak for.",
            "",
            "Controllare l'ente indicato nella scheda, o l'ambito concesso a chi invia.",
            "Check the body that the record names, or the scope given to the sender.",
            Owner.REGION,
        ),
        "need.unknown": Entry(
            "La scheda ne cita un'altra che non è ancora arrivata.",
            "The record names another that has not arrived yet.",
            "",
            "Inviare prima la scheda citata, o correggere il riferimento.",
            "Send the named record first, or mend the reference.",
        ),
        "item.refused": Entry(
            "Un ente che riceve la scheda non è riuscito a prenderla (codice suo: {code}).",
            "A body that receives the record could not take it (its own code: {code}).",
            "",
            "Controllare la scheda; se è giusta, sentire la Regione, che ne parla con quell'ente.",
            "Check the record; if it is right, ask the region, which speaks to that body.",
        ),
        "page.malformed": Entry(
            "La pagina ricevuta non si può leggere.",
            "The page received cannot be read.",
            "",
            "Controllare che cosa risponde il sistema: forse una pagina di errore o di manutenzione.",
            "Check what the system answers: perhaps an error or maintenance page.",
        ),
        "json.broken": Entry(
            "La risposta non è JSON completo: forse è stata interrotta.",
            "The answer is not whole JSON: it may have been cut off.",
            "",
            "Controllare che cosa risponde il sistema.",
            "Check what the system answers.",
        ),
        "json.syntax": Entry(
            "Il file non è JSON valido.",
            "The file is not valid JSON.",
            "",
            SEND_AGAIN_IT,
            SEND_AGAIN_EN,
        ),
        "tap.line": Entry(
            "La riga scritta dal tap Singer non è un messaggio Singer: potrebbe essere una scheda rovinata.",
            "The line that the Singer tap wrote is no Singer message: it may be a broken record.",
            '{"type": "RECORD", "stream": "patti", "record": {"idPatto": "PA-000042"}}',
            "Guardare la riga; se è un avviso del tap, scartarla, altrimenti correggere il tap.",
            "Look at the line; if it is a remark of the tap, waive it, else mend the tap.",
            Owner.ENGINEER,
        ),
        "json.row": Entry(
            "La riga non è un oggetto JSON.",
            "The row is not a JSON object.",
            '{"pact_id": "PA-000042"}',
            SEND_AGAIN_IT,
            SEND_AGAIN_EN,
        ),
        "R9": Entry(
            "La parte del documento XML non rispetta il suo schema XSD; il resto è stato letto.",
            "This part of the XML document breaks its XSD schema; the rest was read.",
            "",
            "Correggere l'elemento alla riga indicata.",
            "Mend the element at the line given.",
        ),
        "xml.xsd": Entry(
            "La parte del documento XML non rispetta il suo schema XSD; il resto è stato letto (regola R9).",
            "This part of the XML document breaks its XSD schema; the rest was read (rule R9).",
            "",
            "Correggere l'elemento alla riga indicata.",
            "Mend the element at the line given.",
        ),
        "xml.syntax": Entry(
            "Il documento XML non è ben formato.",
            "The XML document is not well-formed.",
            "",
            SEND_AGAIN_IT,
            SEND_AGAIN_EN,
        ),
        "xml.doctype": Entry(
            "Il documento XML contiene un DOCTYPE, che non è ammesso.",
            "The XML document holds a DOCTYPE, which is not allowed.",
            "",
            "Togliere il DOCTYPE.",
            "Remove the DOCTYPE.",
        ),
        "xml.encoding": Entry(
            "La codifica dichiarata dal documento XML non è quella vera.",
            "The encoding that the XML document declares is not the true one.",
            "",
            "Scrivere il documento in UTF-8.",
            "Write the document in UTF-8.",
        ),
        "xml.version": Entry(
            "Il documento non è XML 1.0.",
            "The document is not XML 1.0.",
            "",
            "Scrivere il documento in XML 1.0.",
            "Write the document in XML 1.0.",
        ),
        "xml.size": Entry(
            "Il documento XML supera la dimensione ammessa.",
            "The XML document is larger than allowed.",
            "",
            "Dividere l'invio in più documenti.",
            "Split it into several documents.",
        ),
        "xml.record_size": Entry(
            "Un elemento del documento XML supera la dimensione ammessa.",
            "An element of the XML document is larger than allowed.",
            "",
            "Controllare l'elemento alla riga indicata.",
            "Check the element at the line given.",
        ),
        "xml.character": Entry(
            "Il testo contiene un carattere che XML non può trasportare.",
            "The text holds a character that XML cannot carry.",
            "",
            "Togliere il carattere di controllo dal testo.",
            "Remove the control character from the text.",
        ),
        "file.charset": Entry(
            "I caratteri del file non si riconoscono con certezza.",
            "The file's characters are not recognised with certainty.",
            "",
            "Salvare il file in UTF-8.",
            "Save the file in UTF-8.",
        ),
        "file.format": Entry(
            "Il file non è di un formato previsto.",
            "The file is of no expected format.",
            "presenze_2026-03.csv",
            "Inviare CSV, XLSX, JSON o XML come concordato.",
            "Send CSV, XLSX, JSON or XML as agreed.",
        ),
        "file.size": Entry(
            "Il file supera la dimensione ammessa.",
            "The file is larger than allowed.",
            "",
            "Dividere il file.",
            "Split the file.",
        ),
        "file.link": Entry(
            "Il file è un collegamento, che non viene seguito.",
            "The file is a link, which is not followed.",
            "",
            "Depositare il file vero.",
            "Drop the real file.",
        ),
        "file.rows": Entry(
            "Il file ha più righe di quante il formato ammette.",
            "The file has more rows than the format allows.",
            "",
            "Dividere il file.",
            "Split the file.",
        ),
        "csv.header": Entry(
            "Non si trova la riga con i nomi delle colonne.",
            "The row with the column names is not found.",
            "",
            "Mettere i nomi delle colonne concordati nella prima riga.",
            "Put the agreed column names in the first row.",
        ),
        "csv.columns": Entry(
            "La riga ha un numero di colonne diverso dall'intestazione.",
            "The row has another number of columns than the header.",
            "",
            "Controllare i separatori nella riga.",
            "Check the row's separators.",
        ),
        "csv.quote": Entry(
            "Virgolette aperte e mai chiuse.",
            "A quote is opened and never closed.",
            "",
            SEND_AGAIN_IT,
            SEND_AGAIN_EN,
        ),
        "csv.nul": Entry(
            "Il testo contiene il carattere nullo.",
            "The text holds the null character.",
            "",
            SEND_AGAIN_IT,
            SEND_AGAIN_EN,
        ),
        "csv.field_size": Entry(
            "Una cella supera la dimensione ammessa.",
            "A cell is larger than allowed.",
            "",
            SEND_AGAIN_IT,
            SEND_AGAIN_EN,
        ),
    }
)
