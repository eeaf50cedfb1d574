"""Issues of workbooks and of tables in files, on their way in and out: what is wrong with them, and who can act."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAVE_IT: Final = "Aprire il file con Excel o LibreOffice, salvarlo di nuovo e inviarlo."
_SAVE_EN: Final = "Open the file with Excel or LibreOffice, save it again and send it."
_CHARACTER_IT: Final = "Togliere il carattere di controllo dal testo."
_CHARACTER_EN: Final = "Remove the control character from the text."

SHEETS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "sheet.header": Entry(
            "Nella tabella non si trova la riga con i nomi delle colonne, o un nome vi compare due volte.",
            "The table has no row with the column names, or a name stands there twice.",
            "Data | Codice fiscale | Ore",
            "Mettere sopra i dati una riga con i nomi delle colonne concordate, una volta ciascuno.",
            "Put a row with the agreed column names above the data, each once.",
        ),
        "sheet.column_missing": Entry(
            "Nella tabella manca una colonna concordata.",
            "The table lacks a column that was agreed.",
            "",
            "Rimettere la colonna concordata, anche vuota; se ha cambiato nome, dirlo a chi cura il connettore.",
            "Put the column back under its agreed name, even empty; if it has another name, tell who keeps the plugin.",
        ),
        "sheet.missing": Entry(
            "Nel file non c'è il foglio concordato, o il nome del file CSV non dice quale tabella contiene.",
            "The file does not have the agreed sheet, or a CSV file's name does not say which table it holds.",
            "Presenze marzo",
            "Chiamare il foglio (o il file CSV) come concordato.",
            "Name the sheet (or the CSV file) as agreed.",
        ),
        "sheet.orphan": Entry(
            "La riga si riferisce a una riga di un altro foglio che non c'è.",
            "The row refers to a row of another sheet that is not there.",
            "Nel foglio Impegni: l'Id patto di una riga del foglio Patti",
            "Correggere il riferimento, o aggiungere la riga mancante nell'altro foglio.",
            "Mend the reference, or add the missing row to the other sheet.",
        ),
        "sheet.encrypted": Entry(
            "La cartella di lavoro è protetta da password.",
            "The workbook is protected by a password.",
            "",
            "Togliere la password e inviare di nuovo il file.",
            "Remove the password and send the file again.",
        ),
        "sheet.broken": Entry(
            "La cartella di lavoro è danneggiata.", "The workbook is damaged.", "", _SAVE_IT, _SAVE_EN
        ),
        "sheet.doctype": Entry(
            "La cartella di lavoro contiene una parte XML che non è ammessa (DOCTYPE).",
            "The workbook holds an XML part that is not allowed (DOCTYPE).",
            "",
            _SAVE_IT,
            _SAVE_EN,
        ),
        "sheet.bomb": Entry(
            "Leggere la cartella di lavoro richiede più memoria o tempo di quanto è ammesso.",
            "Reading the workbook takes more memory or time than it may.",
            "",
            "Inviare un file più piccolo, o un CSV.",
            "Send a smaller file, or a CSV file.",
        ),
        "file.name": Entry(
            "Il nome del file non dice di quale periodo è il contenuto completo.",
            "The file's name does not say of which period it is the whole content.",
            "presenze_2026-03.xlsx",
            "Chiamare il file come concordato, con la data o il mese.",
            "Name the file as agreed, with its date or month.",
        ),
        "sheet.text": Entry(
            "Il testo è più lungo di quanto una cella può contenere (32.767 caratteri).",
            "The text is longer than a cell can hold (32,767 characters).",
            "",
            "Accorciare il testo.",
            "Shorten the text.",
        ),
        "sheet.character": Entry(
            "Il testo contiene un carattere che una cartella di lavoro non può trasportare.",
            "The text holds a character that a workbook cannot carry.",
            "",
            _CHARACTER_IT,
            _CHARACTER_EN,
        ),
        "text.surrogate": Entry(
            "Il testo contiene la metà di un carattere.",
            "The text holds half of a character.",
            "",
            "Riscrivere il testo nel sistema di origine.",
            "Write the text again in the source system.",
        ),
    }
)
"""What can be wrong with workbooks and with tables in files."""
