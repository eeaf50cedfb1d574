"""The sentences of the portal's pages on which partners act: receipts, files, corrections, keys, receiving again."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SENDING: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # --- receipts ----------------------------------------------------------------------------------------------
        "portal.receipts.title": ("Ricevute", "Receipts"),
        "portal.receipts.intro": (
            "Quello che avete inviato, e che cosa ne è stato.",
            "What you have sent, and what became of it.",
        ),
        "portal.receipts.none": ("Finora non avete inviato nulla.", "You have sent nothing so far."),
        "portal.receipts.fetched": ("Quello che leggiamo noi da voi", "What we fetch from you"),
        "portal.column.receipt": ("Ricevuta", "Receipt"),
        "portal.column.rows": ("Righe", "Rows"),
        "portal.receipt.title": ("Ricevuta di invio", "Receipt"),
        "portal.receipt.kept": (
            "L'invio è al sicuro. Ora lo leggiamo: ricaricate questa pagina per vedere l'esito.",
            "What you sent is safe. Now we read it: reload this page to see what became of it.",
        ),
        "portal.receipt.repeated": (
            "Questo invio c'era già: nulla è stato registrato due volte.",
            "This was here already: nothing was kept twice.",
        ),
        "portal.receipt.number": ("Numero", "Number"),
        "portal.receipt.from": ("Inviato da", "Sent by"),
        "portal.receipt.stream": ("Flusso", "Stream"),
        "portal.receipt.received": ("Ricevuto", "Received"),
        "portal.receipt.read": ("Letto", "Read"),
        "portal.receipt.size": ("Dimensione", "Size"),
        "portal.receipt.bytes": ("{n} byte", "{n} bytes"),
        "portal.receipt.received_state": ("Ricevuto, non ancora letto", "Received, not yet read"),
        "portal.receipt.accepted_state": ("Accettato per intero", "Accepted in full"),
        "portal.receipt.partial_state": ("Accettato in parte", "Accepted in part"),
        "portal.receipt.waiting_state": ("Accettato, con righe in attesa", "Accepted, with rows that wait"),
        "portal.receipt.parked_state": ("In attesa di altri dati", "Waiting for other data"),
        "portal.receipt.empty_state": ("Letto: nessuna riga", "Read: no row"),
        "portal.receipt.refused_state": ("Nessuna riga accettata", "No row accepted"),
        "portal.receipt.counts": ("Che cosa ne è stato delle righe", "What became of the rows"),
        "portal.receipt.rows": ("Righe non accettate", "Rows that were not accepted"),
        "portal.receipt.print": (
            "Per stampare la ricevuta o salvarla in PDF usate la stampa del browser (Ctrl+P).",
            "To print the receipt or to save it as PDF use your browser's print (Ctrl+P).",
        ),
        "portal.receipt.json": (
            "Scarica la ricevuta per i programmi (JSON)",
            "Download the receipt for programs (JSON)",
        ),
        "portal.receipt.proof": (
            "Questa ricevuta attesta che i dati sono stati ricevuti e conservati dall'hub della Regione.",
            "This receipt states that the data were received and kept by the region's hub.",
        ),
        "portal.class.new": ("Nuove", "New"),
        "portal.class.changed": ("Aggiornate", "Changed"),
        "portal.class.unchanged": ("Già note", "Known already"),
        "portal.class.duplicate": ("Ripetute", "Repeated"),
        "portal.class.parked": ("In attesa di altri dati", "Waiting for other data"),
        "portal.class.quarantined": ("Da correggere", "To correct"),
        "portal.class.refused": ("Rifiutate", "Refused"),
        "portal.class.read": ("Totale", "Total"),
        # --- rows to correct ---------------------------------------------------------------------------------------
        "portal.refusals.title": ("Righe da correggere", "Rows to correct"),
        "portal.refusals.intro": (
            "Il contenuto non si mostra: trovate la riga dalla posizione. Quando arriva corretta, sparisce da qui.",
            "Contents are not shown: find the row by its position. When it comes corrected, it goes from here.",
        ),
        "portal.refusals.none": (
            "Nessuna riga da correggere: tutto quello che avete inviato è stato accettato.",
            "No row to correct: all that you have sent was accepted.",
        ),
        "portal.refusals.theirs": (
            "Schede vostre che chi le riceve non può usare",
            "Records of yours that whoever receives them cannot use",
        ),
        "portal.refusals.theirs_intro": (
            "Correggete la scheda nel vostro programma e inviatela di nuovo; la riga sparisce da sola.",
            "Correct the record in your own program and send it again; the line goes by itself.",
        ),
        "portal.refusals.ours": ("Schede che avete rifiutato voi", "Records that you have refused"),
        "portal.refusals.ours_intro": (
            "Lo abbiamo detto a chi le ha scritte. Quando arriva la correzione, la ricevete dal flusso.",
            "We have told whoever wrote them. When the correction comes, you get it by the feed.",
        ),
        "portal.column.record": ("Scheda", "Record"),
        "portal.column.position": ("Posizione", "Position"),
        "portal.column.wrong": ("Che cosa non va", "What is wrong"),
        "portal.column.who": ("Chi può rimediare", "Who can fix it"),
        "portal.column.since": ("Da quando", "Since"),
        "portal.row.rule": ("Regola {code}", "Rule {code}"),
        "portal.row.example": ("Esempio di valore giusto: {example}", "Example of a right value: {example}"),
        "portal.row.follow": (
            "Corretta questa, potrebbero emergere altri problemi: controllate tutta la riga.",
            "Once this is corrected more may turn up: look at the whole row.",
        ),
        "portal.owner.partner": ("voi", "you"),
        "portal.owner.ambito": ("l'Ambito che guida il patto", "the social district that leads the pact"),
        "portal.owner.engineer": (
            "chi gestisce l'hub: non dovete inviare di nuovo",
            "whoever runs the hub: you need not send again",
        ),
        "portal.owner.region": ("il personale della Regione", "the region's staff"),
        # --- sending a file ----------------------------------------------------------------------------------------
        "portal.upload.title": ("Invia un file", "Send a file"),
        "portal.upload.intro": (
            "Prima vedete che cosa succederebbe, poi confermate: fino ad allora non viene registrato nulla.",
            "First you see what would happen, then you confirm: until then nothing is recorded.",
        ),
        "portal.upload.none": (
            "Con questa chiave non si possono inviare file. Se vi serve, chiedetelo alla Regione.",
            "No file can be sent with this key. If you need to, ask the region.",
        ),
        "portal.upload.stream": ("Che cosa inviate", "What you send"),
        "portal.upload.option": ("{stream} ({endings})", "{stream} ({endings})"),
        "portal.upload.file": ("File", "File"),
        "portal.upload.file_hint": (
            "Al massimo {n} MB. Il nome del file non viene conservato.",
            "{n} MB at most. The file's name is not kept.",
        ),
        "portal.upload.drop": (
            "Potete anche trascinare il file qui sopra dalla sua cartella.",
            "You can also drag the file from its folder and drop it above.",
        ),
        "portal.upload.blanks": ("Modelli da compilare", "Empty files to fill in"),
        "portal.upload.blanks_intro": (
            "Hanno già le colonne giuste. Nei fogli di calcolo, «Istruzioni» dice che cosa va scritto in ciascuna.",
            "They have the right columns already. In workbooks, the sheet “Istruzioni” says what goes into each.",
        ),
        "portal.upload.blank": ("{stream}: modello vuoto ({ending})", "{stream}: empty file ({ending})"),
        "portal.upload.try": ("Controlla il file", "Check the file"),
        "portal.upload.no_stream": ("Scegliete che cosa inviate.", "Choose what you send."),
        "portal.upload.no_file": ("Scegliete un file che non sia vuoto.", "Choose a file that is not empty."),
        "portal.upload.wrong_kind": (
            "Questo tipo di file non va bene qui. Il nome deve finire in: {endings}",
            "This kind of file does not fit here. Its name must end in: {endings}",
        ),
        "portal.upload.too_large": (
            "Il file è troppo grande: dividetelo in più file.",
            "The file is too large: split it into several.",
        ),
        "portal.upload.malformed": ("Il file non si può leggere.", "The file cannot be read."),
        "portal.upload.where": ("Dove: {where}.", "Where: {where}."),
        "portal.upload.our_fault": (
            "Il controllo non è riuscito per un difetto nostro: il file può essere giusto. Avvisate la Regione.",
            "The check failed by a fault of ours: the file may be right. Tell the region.",
        ),
        "portal.trial.title": ("Controllo del file", "Check of the file"),
        "portal.trial.intro": (
            "Non è stato ancora registrato nulla. Ecco che cosa succederebbe inviando questo file.",
            "Nothing is recorded yet. This is what would happen if you sent this file.",
        ),
        "portal.trial.good": (
            "Il file va bene: ogni riga sarebbe accettata.",
            "The file is fine: every row would be accepted.",
        ),
        "portal.trial.problems": ("{n} problemi da guardare.", "{n} problems to look at."),
        "portal.trial.problems.one": ("Un problema da guardare.", "One problem to look at."),
        "portal.trial.waiting": (
            "Nel file non ci sono errori: {n} righe aspettano altri dati.",
            "The file has no errors: {n} rows wait for other data.",
        ),
        "portal.trial.waiting.one": (
            "Nel file non ci sono errori: una riga aspetta altri dati.",
            "The file has no errors: one row waits for other data.",
        ),
        "portal.trial.shown": ("Ecco i primi {n}.", "Here are the first {n}."),
        "portal.trial.before": (
            "Questo stesso file è già stato inviato {when} (ricevuta {receipt}).",
            "This very file was sent before, {when} (receipt {receipt}).",
        ),
        "portal.trial.held": ("Attenzione: {why}", "Mind: {why}"),
        "portal.trial.removed": (
            "{n} schede che conosciamo non sono nel file: verrebbero tolte.",
            "{n} records that we know are not in the file: they would be removed.",
        ),
        "portal.trial.removed.one": (
            "Una scheda che conosciamo non è nel file: verrebbe tolta.",
            "One record that we know is not in the file: it would be removed.",
        ),
        "portal.trial.useless": (
            "Nessuna riga di questo file sarebbe accettata: correggetelo e riprovate.",
            "No row of this file would be accepted: correct it and try again.",
        ),
        "portal.trial.waits": (
            "Di solito basta aspettare: la riga prosegue da sola quando arriva quello che manca.",
            "Waiting is mostly enough: the row goes on by itself when what is missing comes.",
        ),
        "portal.trial.nobody": ("nessuno: attende", "nobody: it waits"),
        "portal.trial.list": ("Problemi", "Problems"),
        "portal.trial.list_waiting": ("Righe in attesa", "Rows that wait"),
        "portal.row.whole": ("tutto il file", "the whole file"),
        "portal.trial.send": ("Invia questo file", "Send this file"),
        "portal.trial.send_anyway": ("Invia lo stesso: le righe giuste passano", "Send anyway: the right rows pass"),
        "portal.trial.again": ("Scegli un altro file", "Choose another file"),
        "portal.trial.until": (
            "Il file resta qui fino alle {time}; senza conferma viene cancellato.",
            "The file stays here until {time}; without your word it is deleted.",
        ),
        "portal.changes.title": ("Che cosa cambierebbe", "What would change"),
        "portal.changes.intro": (
            "Rispetto a quello che abbiamo già ricevuto da voi. Le righe già note non cambiano nulla.",
            "Compared with what we have from you already. Rows that are known already change nothing.",
        ),
        "portal.changes.new": ("scheda nuova", "new record"),
        "portal.changes.more": ("e altri {n} campi", "and {n} more fields"),
        "portal.changes.more.one": ("e un altro campo", "and one more field"),
        "portal.changes.first": ("Ecco le prime {n} schede.", "Here are the first {n} records."),
        "portal.changes.missing": ("Che cosa manca nel file", "What the file lacks"),
        "portal.changes.missing_intro": (
            "Schede che conosciamo e che questo file, che vale come elenco completo, non nomina più.",
            "Records that we know and that this file, which counts as the complete list, no longer names.",
        ),
        "portal.changes.values": ("Mostra i valori di prima e di dopo", "Show the values before and after"),
        "portal.changes.values_hint": (
            "Sono dati personali: chi li guarda viene annotato nel registro degli accessi.",
            "They are personal data: whoever looks at them is noted in the audit log.",
        ),
        "portal.changes.yes": ("sì", "yes"),
        "portal.changes.no": ("no", "no"),
        "portal.column.kind": ("Tipo di scheda", "Kind of record"),
        "portal.column.what": ("Che cosa cambia", "What changes"),
        "portal.verdict.quarantined": ("da correggere", "to correct"),
        "portal.verdict.refused": ("rifiutata", "refused"),
        "portal.verdict.parked": ("in attesa", "waiting"),
        "portal.column.row": ("Riga", "Row"),
        "portal.column.field": ("Campo", "Field"),
        # --- receiving again ---------------------------------------------------------------------------------------
        "portal.replay.title": ("Ricevere di nuovo", "Receive again"),
        "portal.replay.intro": (
            "Se avete perso dei dati potete riaverli. Ricevere due volte la stessa variazione non fa danni.",
            "If you have lost data you can have them again. Getting the same change twice does no harm.",
        ),
        "portal.replay.none": (
            "Nessun flusso da ricevere di nuovo con questa chiave.",
            "No feed to receive again with this key.",
        ),
        "portal.replay.what": ("Che cosa", "What"),
        "portal.replay.choice": ("{feed}: {way}", "{feed}: {way}"),
        "portal.replay.from": ("Da dove", "From where"),
        "portal.replay.from_date": ("Da un giorno", "From a day"),
        "portal.replay.from_cursor": ("Da un segnalibro", "From a bookmark"),
        "portal.replay.from_pact": ("Solo un patto", "One pact only"),
        "portal.replay.date": ("Giorno", "Day"),
        "portal.replay.cursor": ("Segnalibro (cursore)", "Bookmark (cursor)"),
        "portal.replay.cursor_hint": (
            "Quello che il flusso vi ha dato alla fine di una pagina, in «next_cursor».",
            "The one that the feed gave you at the end of a page, in “next_cursor”.",
        ),
        "portal.replay.pact": ("Codice del patto", "The pact's id"),
        "portal.replay.pact_hint": ("Come nel flusso, per esempio pact-17.", "As in the feed, for example pact-17."),
        "portal.replay.next": ("Avanti", "Next"),
        "portal.replay.no_feed": ("Scegliete un flusso.", "Choose a feed."),
        "portal.replay.no_point": ("Scegliete da dove.", "Choose from where."),
        "portal.replay.date_wrong": (
            "Il giorno non è valido o è nel futuro. Esempio: 01/03/2026.",
            "The day is not valid or in the future. Example: 2026-03-01.",
        ),
        "portal.replay.cursor_wrong": (
            "Questo segnalibro non è di questo flusso. Copiatelo per intero dall'ultima pagina che avete letto.",
            "This bookmark is not of this feed. Copy the whole of it from the last page that you read.",
        ),
        "portal.replay.cursor_old": (
            "Questo segnalibro è troppo vecchio. Scegliete un giorno.",
            "This bookmark is too old. Choose a day.",
        ),
        "portal.replay.pact_wrong": (
            "Non è il codice di un patto. Copiatelo dal flusso, per esempio pact-17.",
            "This is no pact's id. Copy it from the feed, for example pact-17.",
        ),
        "portal.replay.pact_none": (
            "Nessun patto con questo codice fra i vostri.",
            "No pact of yours has this id.",
        ),
        "portal.replay.unsent": (
            "Per questa via non vi abbiamo ancora consegnato nulla: la prima consegna arriva da sola.",
            "We have not delivered anything this way yet: the first delivery comes by itself.",
        ),
        "portal.replay.nothing": (
            "Da questo punto non vi abbiamo consegnato nulla per questa via: non c'è niente da ripetere.",
            "From this point on we have not delivered anything this way: there is nothing to repeat.",
        ),
        "portal.replay.nothing_pact": (
            "Di questo patto non vi abbiamo ancora consegnato nulla per questa via: arriverà da solo.",
            "Of this pact we have not delivered anything this way yet: it comes by itself.",
        ),
        "portal.replay.sent": (
            "Da questo punto vi abbiamo consegnato {n} variazioni.",
            "From this point on we have delivered {n} changes to you.",
        ),
        "portal.replay.sent.one": (
            "Da questo punto vi abbiamo consegnato una variazione.",
            "From this point on we have delivered one change to you.",
        ),
        "portal.replay.sent_more": (
            "Da questo punto vi abbiamo consegnato più di {n} variazioni.",
            "From this point on we have delivered more than {n} changes to you.",
        ),
        "portal.replay.count": (
            "Da questo punto ci sono {n} variazioni.",
            "There are {n} changes from this point on.",
        ),
        "portal.replay.count.one": ("Da questo punto c'è una variazione.", "There is one change from this point on."),
        "portal.replay.count_more": (
            "Da questo punto ci sono più di {n} variazioni.",
            "There are more than {n} changes from this point on.",
        ),
        "portal.replay.one_pact": (
            "Tutte le variazioni del patto {pact} e di ciò che vi è collegato.",
            "All changes of the pact {pact} and of what hangs on it.",
        ),
        "portal.replay.will_push": (
            "Verranno consegnate di nuovo: {way}. Le novità continuano ad arrivare nel frattempo.",
            "They will be delivered again: {way}. What is new goes on coming meanwhile.",
        ),
        "portal.replay.will_pull": (
            "Questo flusso lo leggete voi: fate leggere al vostro programma, con la chiave, questo indirizzo.",
            "You fetch this feed yourselves: have your program fetch this address, with the key.",
        ),
        "portal.replay.confirm": ("Consegna di nuovo", "Deliver again"),
        "portal.replay.back": ("Cambia", "Change"),
        "portal.replay.notice_asked": (
            "Richiesta presa: la consegna comincia fra pochi secondi o, se ora è ferma, quando riparte.",
            "Taken: the delivery begins in seconds or, if it is stopped now, when it goes on.",
        ),
        "portal.replay.notice_repeated": (
            "La richiesta c'era già: se ne fa una sola.",
            "It had been asked for already: it is done once.",
        ),
        "portal.replay.asked": ("Richieste fatte", "Asked for before"),
        "portal.replay.running": ("in corso", "under way"),
        "portal.replay.done": ("completata", "complete"),
        "portal.replay.cancelled": ("annullata", "cancelled"),
        "portal.replay.failed": (
            "non presa entro il termine: chiedetela di nuovo",
            "not taken in time: ask for it again",
        ),
        "portal.replay.next_try": ("Prossimo tentativo {when}.", "Next attempt {when}."),
        "portal.replay.items": ("{n} variazioni consegnate", "{n} changes delivered"),
        "portal.replay.items.one": ("Una variazione consegnata", "One change delivered"),
    }
)
"""Key -> (Italian, English)."""
