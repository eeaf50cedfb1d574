"""Why each problem of the API comes about, in both languages: what its page says besides the answer itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CAUSES: Final[Mapping[str, tuple[str, str]]] = {
    "request-malformed": (
        "Ciò che è arrivato non è HTTP: la prima riga, un'intestazione o una parte è scritta male, o è TLS non atteso.",
        "What came is not HTTP: its first line, a header or its chunks are badly written, or it is TLS out of place.",
    ),
    "params-invalid": (
        "Un parametro dell'indirizzo manca, è sconosciuto, è indicato due volte o ha un valore non ammesso.",
        "A parameter of the address is missing, unknown, given twice, or has a value that is not allowed.",
    ),
    "body-invalid": (
        "Il corpo non è JSON, o un suo campo manca, è sconosciuto o ha un valore non ammesso.",
        "The body is not JSON, or one of its fields is missing, unknown, or has a value that is not allowed.",
    ),
    "cursor-forged": (
        "Il cursore è stato modificato, accorciato, o emesso per un altro partner, un altro flusso o un altro hub.",
        "The cursor was changed, cut short, or issued for another partner, another feed or another hub.",
    ),
    "cursor-misplaced": (
        "Il cursore è buono, ma di un altro indirizzo: fotografia e variazioni hanno ciascuna i propri.",
        "The cursor is good, but of another address: snapshot and changes have cursors of their own.",
    ),
    "key-missing": (
        "La richiesta non mostra una chiave, o ne mostra una sconosciuta, scaduta o revocata.",
        "The request shows no key, or one that is unknown, has ended, or was revoked.",
    ),
    "certificate-missing": (
        "Per questo partner serve un certificato TLS concordato: manca, è scaduto, o è un altro.",
        "This partner needs a TLS certificate that was agreed on: there is none, it has ended, or it is another.",
    ),
    "signature-refused": (
        "La firma della richiesta, o il token che l'accompagna, non è valida: «cause» dice che cosa non torna.",
        "The request's signature, or the token that comes with it, is not valid: `cause` says what is wrong.",
    ),
    "token-refused": (
        "L'asserzione con cui è stato chiesto il token non è stata accettata: «cause» dice che cosa non torna.",
        "The assertion by which the token was asked for was not taken: `cause` says what is wrong.",
    ),
    "token-request-invalid": (
        "Il modulo con cui si chiede un token non è come vuole OAuth 2.0: un parametro manca, è di troppo o sbagliato.",
        "The form that asks for a token is not as OAuth 2.0 has it: a parameter is missing, too many, or wrong.",
    ),
    "feed-not-granted": (
        "La chiave non comprende questo flusso.",
        "The key's scopes lack this feed.",
    ),
    "feed-withheld": (
        "L'accesso del partner al flusso è chiuso ora, qualunque cosa dica la chiave: il motivo è in «detail».",
        "The partner's access to the feed is closed now, whatever the key says: the reason is in `detail_en`.",
    ),
    "subscription-ended": (
        "L'abbonamento aveva una data di fine, che è passata.",
        "The subscription had a last day, which is over.",
    ),
    "push-not-granted": (
        "Per inviare servono due cose: il diritto «push» nelle impostazioni dell'hub e una chiave che lo comprende.",
        "Handing in needs two things: the right `push` in the hub's settings, and a key whose scopes have it.",
    ),
    "content-empty": (
        "Il corpo della richiesta non contiene nemmeno un byte.",
        "The body of the request has not a single byte.",
    ),
    "content-broken-off": (
        "La connessione si è chiusa prima della fine, o il contenuto non è compresso o diviso in parti come dichiara.",
        "The line was closed before the end, or the content is not compressed or chunked as it says.",
    ),
    "content-late": (
        "Il contenuto non è arrivato per intero nel tempo che l'hub gli concede.",
        "The content did not come whole in the time that the hub gives it.",
    ),
    "content-malformed": (
        "Il contenuto non si legge nel formato concordato; «record» dice dove, quando si sa. Nulla è stato conservato.",
        "The content cannot be read in the agreed format; `record` says where, if that is known. Nothing was kept.",
    ),
    "upload-invalid": (
        "Il modulo ha più di una parte, una parte senza nome di file, o una parte codificata.",
        "The form has more than one part, a part without a file name, or a part that is encoded.",
    ),
    "validation-too-long": (
        "La verifica di prova è durata troppo, o il contenuto ha troppe righe per essere provato in una volta.",
        "The trial took too long, or the content has too many rows to be tried at once.",
    ),
    "media-type-unsupported": (
        "Content-Type o Content-Encoding nomina un formato che questo indirizzo non legge.",
        "Content-Type or Content-Encoding names a format that this address does not read.",
    ),
    "idempotency-key-invalid": (
        "L'intestazione Idempotency-Key è vuota, troppo lunga o ha caratteri non ammessi.",
        "The header Idempotency-Key is empty, too long, or has characters that it cannot have.",
    ),
    "idempotency-key-reused": (
        "La stessa Idempotency-Key è già servita per un contenuto diverso: l'hub non sa quale dei due vale.",
        "The same Idempotency-Key was used for another content: the hub cannot know which of the two is meant.",
    ),
    "way-missing": (
        "L'hub non invia questo flusso da sé: né con un webhook né con file.",
        "The hub does not send this feed by itself: neither by a webhook nor as files.",
    ),
    "record-missing": (
        "Nessuna scheda con questo «id» è, o è ancora, fra quelle che vi spettano.",
        "No record with this `id` is, or is still, among those that are yours to know.",
    ),
    "nothing-to-repeat": (
        "Dal punto indicato in poi non è stato ancora inviato nulla che si possa ripetere.",
        "From the point that you name on, nothing has been sent yet that could be repeated.",
    ),
    "local-only": (
        "L'indirizzo è per chi gestisce l'hub: risponde dalla macchina stessa, o a una chiave che comprende «metrics».",
        "The address is for the hub's operators: it answers on the machine itself, or to a key with `metrics`.",
    ),
    "not-found": (
        "Non c'è nulla a questo indirizzo, o non è fra ciò che vi spetta: l'hub non distingue le due cose.",
        "There is nothing at this address, or it is not yours to know: the hub does not tell the two apart.",
    ),
    "proof-missing": (
        "La scheda non è fra le vostre, è stata cancellata, o la sua giornata non è ancora chiusa.",
        "The record is not among yours, was erased, or its day is not closed yet.",
    ),
    "method-not-allowed": (
        "L'indirizzo esiste, ma non con questo metodo: «Allow» nomina quelli che ci sono.",
        "The address exists, but not with this method: `Allow` names those that there are.",
    ),
    "not-acceptable": (
        "L'intestazione Accept non comprende nessuno dei formati di questo indirizzo.",
        "The header Accept takes none of the formats of this address.",
    ),
    "cursor-stale": (
        "Il cursore segna un punto di oltre 400 giorni fa, o di un archivio poi ripristinato da una copia precedente.",
        "The cursor marks a place of more than 400 days ago, or of a ledger since restored from an earlier copy.",
    ),
    "too-large": (
        "Il corpo della richiesta supera quanto questo indirizzo accetta in una volta.",
        "The body of the request is larger than what this address takes at once.",
    ),
    "rate-exceeded": (
        "Sono arrivate più richieste di quante ne spettano nella finestra: X-RateLimit-Limit dice quante.",
        "More requests came than fit in the window: X-RateLimit-Limit says how many do.",
    ),
    "internal": (
        "È un difetto dell'hub, non della richiesta. È già nel registro degli errori, con il numero in «instance».",
        "It is a fault of the hub, not of the request. It is in the log already, under the number in `instance`.",
    ),
    "not-ready": (
        "L'hub si sta avviando, un suo componente non risponde, o il flusso attende un intervento di chi lo gestisce.",
        "The hub is starting, a part of it does not answer, or the stream waits for whoever runs the hub.",
    ),
}
"""By the problem's code: why it comes about, in Italian and English."""
