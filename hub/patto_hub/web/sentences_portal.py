"""Every sentence of the partners' portal, in Italian and in English side by side; no word of ours that is not theirs.

They are read by whoever sends a file from a small cooperative: what it is, what to do, and that nothing is lost.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PORTAL: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # --- the frame ---------------------------------------------------------------------------------------------
        "portal.title": ("Portale dei partner", "Partners' portal"),
        "portal.sections": ("Sezioni del portale", "Sections of the portal"),
        "portal.section.overview": ("Situazione", "Overview"),
        "portal.section.upload": ("Invia un file", "Send a file"),
        "portal.section.receipts": ("Ricevute", "Receipts"),
        "portal.section.refusals": ("Righe da correggere", "Rows to correct"),
        "portal.section.deliveries": ("Consegne", "Deliveries"),
        "portal.section.replay": ("Ricevere di nuovo", "Receive again"),
        "portal.section.subscriptions": ("Che cosa ricevete", "What you receive"),
        "portal.section.keys": ("Chiavi", "Keys"),
        "portal.section.limits": ("Limiti", "Limits"),
        "portal.signed_in": ("Chiave {prefix}", "Key {prefix}"),
        "portal.todo": ("Che cosa fare: {todo}", "What to do: {todo}"),
        "portal.older": ("Righe precedenti", "Older lines"),
        "portal.home": ("Torna alla situazione", "Back to the overview"),
        # --- signing in --------------------------------------------------------------------------------------------
        "portal.signin.title": ("Entra nel portale", "Enter the portal"),
        "portal.signin.intro": (
            "Qui la vostra organizzazione vede che cosa ha inviato, che cosa ha ricevuto e che cosa c'è da fare.",
            "Here your organisation sees what it has sent, what it has received and what there is to do.",
        ),
        "portal.signin.key": ("Chiave di accesso", "Access key"),
        "portal.signin.key_hint": (
            "La chiave che vi ha consegnato la Regione; comincia con «patto».",
            "The key that the region gave you; it begins with “patto”.",
        ),
        "portal.signin.wrong": (
            "Questa chiave non è valida: forse è scritta male o è scaduta. Se avete dubbi, chiedete alla Regione.",
            "This key is not valid: perhaps it is misspelt or has expired. If in doubt, ask the region.",
        ),
        "portal.signin.locked": (
            "Troppi tentativi da questa postazione: riprovate {when}.",
            "Too many tries from this place: try again {when}.",
        ),
        "portal.signin.key_ended": (
            "La chiave è stata revocata: entrate con l'altra.",
            "The key was revoked: enter with the other one.",
        ),
        "portal.signin.staff": ("Siete della Regione? L'accesso è qui.", "Are you of the region? Sign in here."),
        # --- the overview ------------------------------------------------------------------------------------------
        "portal.overview.well": (
            "Tutto in regola: non c'è nulla da fare.",
            "All is well: there is nothing to do.",
        ),
        "portal.overview.some": ("Ci sono {n} cose da guardare.", "There are {n} things to look at."),
        "portal.overview.some.one": ("C'è una cosa da guardare.", "There is one thing to look at."),
        "portal.overview.refused": (
            "{n} righe che avete inviato sono da correggere.",
            "{n} rows that you sent are to be corrected.",
        ),
        "portal.overview.refused.one": (
            "Una riga che avete inviato è da correggere.",
            "One row that you sent is to be corrected.",
        ),
        "portal.overview.sends": ("Che cosa inviate", "What you send"),
        "portal.overview.sends_none": (
            "Non inviate dati alla Regione.",
            "You send the region no data.",
        ),
        "portal.overview.receives": ("Che cosa ricevete", "What you receive"),
        "portal.overview.receives_none": (
            "Non è stato concordato alcun flusso in uscita.",
            "No feed was agreed on.",
        ),
        "portal.overview.brings": ("Che cosa vi consegniamo noi", "What we bring to you"),
        "portal.column.stream": ("Flusso", "Stream"),
        "portal.column.state": ("Stato", "State"),
        "portal.column.last": ("Ultima volta", "Last time"),
        "portal.column.expected": ("Quando lo aspettiamo", "When we expect it"),
        "portal.column.point": ("A che punto siete", "How far you are"),
        "portal.column.way": ("Come", "How"),
        "portal.reason.late": ("Lo aspettavamo {when}.", "We expected it {when}."),
        "portal.reason.theirs": (
            "Il vostro servizio non ci ha risposto come concordato.",
            "Your service did not answer us as agreed.",
        ),
        "portal.reason.ours": (
            "Non riusciamo a leggere per un motivo che dipende da noi.",
            "We cannot read for a reason that lies with us.",
        ),
        "portal.reason.technical": (
            "Per chi cura i vostri sistemi: {said} ({code})",
            "For whoever keeps your systems: {said} ({code})",
        ),
        "portal.reason.paused": (
            "La Regione ha sospeso la lettura: nulla va perso.",
            "The region has paused the reading: nothing is lost.",
        ),
        "portal.reason.paused_until": (
            "La Regione ha sospeso la lettura; riprende {when}. Nulla va perso.",
            "The region has paused the reading; it goes on {when}. Nothing is lost.",
        ),
        "portal.reason.vanished": (
            "Nel vostro ultimo elenco mancano {n} schede che c'erano: per ora le teniamo.",
            "{n} records that were there are missing from your last list: we keep them for now.",
        ),
        "portal.reason.vanished.one": (
            "Nel vostro ultimo elenco manca una scheda che c'era: per ora la teniamo.",
            "One record that was there is missing from your last list: we keep it for now.",
        ),
        "portal.volume.zero": (
            "È arrivato, ma era vuoto: di solito contiene {usual} righe.",
            "It came, but was empty: usually it has {usual} rows.",
        ),
        "portal.volume.low": (
            "È arrivato molto meno del solito: {read} righe invece di {usual}.",
            "Much less than usual came: {read} rows instead of {usual}.",
        ),
        "portal.last.running": ("Lo stiamo leggendo ora.", "We are reading it now."),
        "portal.last.never": ("Non è ancora arrivato nulla.", "Nothing has come yet."),
        "portal.last.good": ("Arrivato {when}.", "Came {when}."),
        "portal.last.nothing": ("Guardato {when}: niente di nuovo.", "Looked {when}: nothing new."),
        "portal.tally.read": ("{n} righe", "{n} rows"),
        "portal.tally.read.one": ("Una riga", "One row"),
        "portal.tally.new": ("{n} nuove", "{n} new"),
        "portal.tally.new.one": ("una nuova", "one new"),
        "portal.tally.changed": ("{n} aggiornate", "{n} changed"),
        "portal.tally.changed.one": ("una aggiornata", "one changed"),
        "portal.tally.unchanged": ("{n} già note", "{n} known already"),
        "portal.tally.unchanged.one": ("una già nota", "one known already"),
        "portal.tally.duplicate": ("{n} ripetute", "{n} repeated"),
        "portal.tally.duplicate.one": ("una ripetuta", "one repeated"),
        "portal.tally.parked": ("{n} in attesa di altri dati", "{n} waiting for other data"),
        "portal.tally.parked.one": ("una in attesa di altri dati", "one waiting for other data"),
        "portal.tally.quarantined": ("{n} da correggere", "{n} to correct"),
        "portal.tally.quarantined.one": ("una da correggere", "one to correct"),
        "portal.tally.refused": ("{n} rifiutate", "{n} refused"),
        "portal.tally.refused.one": ("una rifiutata", "one refused"),
        "portal.todo.send": (
            "inviate i dati da «Invia un file» o dal vostro programma, o dite alla Regione che non ce ne sono.",
            "send the data by “Send a file” or by your own program, or tell the region that there are none.",
        ),
        "portal.todo.publish": (
            "controllate che i dati nuovi siano nel vostro servizio o nella cartella concordata; li leggiamo da soli.",
            "see that the new data are in your service or in the agreed folder; we read them by ourselves.",
        ),
        "portal.todo.service": (
            "fate controllare il servizio a chi cura i vostri sistemi. Riproviamo da soli e nulla va perso.",
            "have whoever keeps your systems look at the service. We try again by ourselves and nothing is lost.",
        ),
        "portal.todo.nothing": (
            "nulla, deve rimediare chi gestisce l'hub. Riprenderemo da dove eravamo rimasti.",
            "nothing, whoever runs the hub must mend it. We shall go on from where we were.",
        ),
        "portal.todo.vanished": (
            "dite alla Regione se quelle schede vanno davvero tolte, o inviate di nuovo l'elenco completo.",
            "tell the region whether those records are really to go, or send the complete list again.",
        ),
        "portal.todo.volume": (
            "controllate che il file sia completo; se è giusto così, non fate nulla.",
            "see whether the file is complete; if it is right as it is, do nothing.",
        ),
        "portal.todo.read": (
            "leggete il flusso dal punto in cui eravate; i dati vi aspettano.",
            "read the feed from where you were; the data wait for you.",
        ),
        "portal.todo.ended": (
            "se vi serve ancora, chiedete alla Regione di rinnovarlo.",
            "if you still need it, ask the region to renew it.",
        ),
        "portal.badge.all": ("Tutto letto", "All read"),
        "portal.badge.behind": ("Da leggere", "To be read"),
        "portal.badge.brought": ("Ve lo consegniamo noi", "We bring it"),
        "portal.badge.ended": ("Scaduto", "Ended"),
        "portal.feed.newest": ("Ultima novità {when}.", "Newest change {when}."),
        "portal.feed.never": ("Non lo avete ancora letto.", "You have not read it yet."),
        "portal.feed.brought": ("Arriva da solo: {way}.", "Comes by itself: {way}."),
        "portal.feed.read": ("Letto {when}.", "Read {when}."),
        "portal.feed.acknowledged": ("Avete confermato di averlo preso {when}.", "You said that you took it {when}."),
        "portal.feed.refused": ("{n} schede non le avete potute usare.", "{n} records you could not use."),
        "portal.feed.refused.one": ("Una scheda non l'avete potuta usare.", "One record you could not use."),
        "portal.feed.all": ("Nulla in attesa.", "Nothing waits."),
        "portal.feed.waiting": ("{n} variazioni vi aspettano.", "{n} changes wait for you."),
        "portal.feed.waiting.one": ("Una variazione vi aspetta.", "One change waits for you."),
        "portal.feed.waiting_more": ("Più di {n} variazioni vi aspettano.", "More than {n} changes wait for you."),
        # --- deliveries --------------------------------------------------------------------------------------------
        "portal.deliveries.title": ("Consegne", "Deliveries"),
        "portal.deliveries.intro": (
            "Quello che vi abbiamo consegnato noi. Ciò che leggete voi con la chiave non compare qui.",
            "What we have brought to you. What you fetch with your key does not stand here.",
        ),
        "portal.deliveries.none": ("Finora nessuna consegna.", "No delivery so far."),
        "portal.deliveries.lanes": ("Come stanno le consegne", "How the deliveries stand"),
        "portal.deliveries.list": ("Ultime consegne", "Latest deliveries"),
        "portal.column.when": ("Quando", "When"),
        "portal.column.feed": ("Flusso", "Feed"),
        "portal.column.items": ("Variazioni", "Changes"),
        "portal.column.outcome": ("Esito", "Outcome"),
        "portal.delivery.range": ("dal n. {first} al n. {last}", "no. {first} to {last}"),
        "portal.delivery.done": ("consegnata", "delivered"),
        "portal.delivery.partial": ("consegnata in parte", "delivered in part"),
        "portal.delivery.failed": ("non riuscita", "failed"),
        "portal.delivery.attempts": ("tentativo n. {n}", "attempt no. {n}"),
        "portal.delivery.receipt": ("ricevuta: {receipt}", "receipt: {receipt}"),
        "portal.delivery.refused": ("{n} rifiutate da voi", "{n} refused by you"),
        "portal.delivery.refused.one": ("una rifiutata da voi", "one refused by you"),
        "portal.deliveries.words": ("Le vostre conferme", "Your acknowledgements"),
        "portal.ack.accepted": ("{n} variazioni prese", "{n} changes taken"),
        "portal.ack.accepted.one": ("Una variazione presa", "One change taken"),
        "portal.ack.applied": ("{n} variazioni prese e in uso", "{n} changes taken and in use"),
        "portal.ack.applied.one": ("Una variazione presa e in uso", "One change taken and in use"),
        "portal.ack.refused": ("{n} non prese", "{n} not taken"),
        "portal.ack.refused.one": ("Una non presa", "One not taken"),
        "portal.way.webhook": ("avviso al vostro indirizzo (webhook)", "notice to your address (webhook)"),
        "portal.way.signals": ("segnale (PDND)", "signal (PDND)"),
        "portal.way.pull": ("lo leggete voi con la chiave", "you fetch it with your key"),
        "portal.lane.running": ("Funziona", "Works"),
        "portal.lane.waiting": ("In attesa", "Waiting"),
        "portal.lane.disabled": ("Ferma", "Stopped"),
        "portal.lane.removed": ("Non più nelle impostazioni", "No longer configured"),
        "portal.lane.no_longer": (
            "Per questa via non parte più nulla. Se vi serve ancora, chiedetelo alla Regione.",
            "Nothing goes this way any more. If you still need it, ask the region.",
        ),
        "portal.lane.quiet": ("Non inviamo nulla nelle ore {hours}.", "We send nothing in the hours {hours}."),
        "portal.lane.since_waiting": (
            "Non riusciamo a consegnare {since}: riproviamo da soli, nulla va perso.",
            "We cannot deliver {since}: we try again by ourselves, nothing is lost.",
        ),
        "portal.lane.since_disabled": (
            "La consegna è ferma {since}: chiedete alla Regione di riavviarla. Nulla va perso.",
            "The delivery is stopped {since}: ask the region to start it again. Nothing is lost.",
        ),
        "portal.lane.delivered": ("Ultima consegna {when}.", "Last delivery {when}."),
        "portal.lane.next": ("Prossimo tentativo {when}.", "Next attempt {when}."),
    }
)
"""Key -> (Italian, English)."""
