"""The problems that the API knows: status, who can mend it, and what to do, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Owner = Literal["partner", "ambito", "engineer", "region"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem that the API knows, in both languages."""

    status: int
    owner: Owner
    title: tuple[str, str]
    todo: tuple[str, str]
    retry: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "request-malformed": Kind(
        400,
        "partner",
        ("Richiesta HTTP non valida", "Invalid HTTP request"),
        (
            "Correggere il programma che scrive la richiesta: deve essere HTTP/1.1 come descritto in RFC 9112.",
            "Correct the program that writes the request: it must be HTTP/1.1 as RFC 9112 describes it.",
        ),
    ),
    "params-invalid": Kind(
        400,
        "partner",
        ("Parametri non validi", "Invalid parameters"),
        ("Correggere i campi elencati in «errors».", "Correct the fields that `errors` lists."),
    ),
    "body-invalid": Kind(
        422,
        "partner",
        ("Contenuto non valido", "Invalid content"),
        ("Correggere i campi elencati in «errors».", "Correct the fields that `errors` lists."),
    ),
    "cursor-forged": Kind(
        400,
        "partner",
        ("Cursore non valido", "Invalid cursor"),
        (
            "Usare il cursore così come è stato ricevuto in «next_cursor», con la stessa chiave e lo stesso flusso.",
            "Send the cursor exactly as `next_cursor` gave it, with the same partner's key and the same feed.",
        ),
    ),
    "cursor-misplaced": Kind(
        400,
        "partner",
        ("Cursore di un altro indirizzo", "Cursor of another address"),
        (
            "Seguire «_links.next» della pagina da cui viene il cursore, o uno degli indirizzi in «_links».",
            "Follow `_links.next` of the page that gave the cursor, or one of the addresses in `_links`.",
        ),
    ),
    "key-missing": Kind(
        401,
        "partner",
        ("Chiave di accesso assente o non valida", "Access key missing or not valid"),
        (
            "Inviare la chiave nell'intestazione «Authorization: Bearer …»; se scaduta, chiederne una alla Regione.",
            "Send the key in the header `Authorization: Bearer …`; if it has expired, ask the region for a new one.",
        ),
    ),
    "certificate-missing": Kind(
        401,
        "partner",
        ("Certificato TLS assente o non valido", "TLS certificate missing or not valid"),
        (
            "Collegarsi con il certificato TLS concordato con la Regione; se è cambiato, comunicarle il nuovo.",
            "Connect with the TLS certificate agreed on with the region; if it has changed, tell her the new one.",
        ),
    ),
    "signature-refused": Kind(
        401,
        "partner",
        ("Firma o token non accettati", "Signature or token not taken"),
        (
            "Correggere la causa indicata in «cause», come spiegato in «detail», e firmare di nuovo.",
            "Mend the cause that `cause` names, as `detail_en` explains, and sign again.",
        ),
    ),
    "token-refused": Kind(
        401,
        "partner",
        ("Client non riconosciuto", "Client not recognised"),
        (
            "Correggere la causa indicata in «cause» e inviare una nuova asserzione firmata.",
            "Mend the cause that `cause` names, and send a new signed assertion.",
        ),
    ),
    "token-request-invalid": Kind(
        400,
        "partner",
        ("Richiesta di token non valida", "Invalid token request"),
        (
            "Correggere il parametro indicato: i parametri sono quelli di RFC 6749 e RFC 7523.",
            "Correct the parameter that is named: the parameters are those of RFC 6749 and RFC 7523.",
        ),
    ),
    "feed-not-granted": Kind(
        403,
        "region",
        ("Flusso non autorizzato", "Feed not granted"),
        ("Chiedere alla Regione l'accesso a questo flusso.", "Ask the region for access to this feed."),
    ),
    "feed-withheld": Kind(
        403,
        "region",
        ("Flusso sospeso per questo partner", "Feed withheld from this partner"),
        ("Rivolgersi alla Regione, citando il motivo indicato.", "Contact the region and quote the reason given."),
    ),
    "subscription-ended": Kind(
        403,
        "region",
        ("Abbonamento al flusso scaduto", "Subscription to the feed has ended"),
        (
            "Chiedere alla Regione di rinnovarlo; il cursore resta valido: poi si riprende da dove si era.",
            "Ask the region to renew it; the cursor stays good: reading then goes on from where it was.",
        ),
    ),
    "push-not-granted": Kind(
        403,
        "region",
        ("Invio non autorizzato", "Handing in not granted"),
        (
            "Chiedere alla Regione il diritto «push» e una chiave che lo comprenda.",
            "Ask the region for the right `push` and a key that has it.",
        ),
    ),
    "content-empty": Kind(
        400,
        "partner",
        ("Invio vuoto", "Nothing was sent"),
        ("Mettere i dati nel corpo della richiesta.", "Put the data into the body of the request."),
    ),
    "content-broken-off": Kind(
        400,
        "partner",
        ("Invio interrotto", "Broken off"),
        ("Inviare di nuovo, con la stessa Idempotency-Key.", "Send again, under the same Idempotency-Key."),
        retry=True,
    ),
    "content-late": Kind(
        408,
        "partner",
        ("Invio troppo lento", "Too slow"),
        (
            "Inviare di nuovo, con la stessa Idempotency-Key; se la linea è lenta, in parti più piccole.",
            "Send again, under the same Idempotency-Key; over a slow line, in smaller parts.",
        ),
        retry=True,
    ),
    "content-malformed": Kind(
        422,
        "partner",
        ("Contenuto illeggibile", "Unreadable content"),
        (
            "Correggere il formato come descritto nella scheda del flusso, e inviare di nuovo.",
            "Mend the format as the stream's page describes it, and send again.",
        ),
    ),
    "upload-invalid": Kind(
        400,
        "partner",
        ("Modulo non valido", "Invalid form"),
        (
            "Inviare un modulo multipart/form-data con un solo file, oppure il contenuto stesso nel corpo.",
            "Send a multipart/form-data form with one file, or the content itself as the body.",
        ),
    ),
    "validation-too-long": Kind(
        413,
        "partner",
        ("Verifica troppo lunga", "Too long to validate"),
        (
            "Verificare il contenuto in parti più piccole; l'invio vero e proprio non ha questo limite.",
            "Validate the content in smaller parts; handing it in has no such limit.",
        ),
    ),
    "media-type-unsupported": Kind(
        415,
        "partner",
        ("Formato non accettato", "Format not accepted"),
        (
            "Indicare in Content-Type uno dei formati elencati, come «application/json».",
            "Name one of the listed formats in Content-Type, as `application/json`.",
        ),
    ),
    "idempotency-key-invalid": Kind(
        400,
        "partner",
        ("Idempotency-Key non valida", "Invalid Idempotency-Key"),
        ("Usare un UUID nuovo per ogni invio diverso.", "Use a new UUID for each different sending."),
    ),
    "idempotency-key-reused": Kind(
        422,
        "partner",
        ("Idempotency-Key già usata", "Idempotency-Key used before"),
        ("Usare una chiave nuova per un contenuto nuovo.", "Use a new key for a new content."),
    ),
    "way-missing": Kind(
        409,
        "partner",
        ("Nessun invio da ripetere", "Nothing is sent to you"),
        (
            "Leggere di nuovo il flusso da un cursore precedente, o chiedere alla Regione un webhook.",
            "Read the feed again from an earlier cursor, or ask the region for a webhook.",
        ),
    ),
    "record-missing": Kind(
        404,
        "partner",
        ("Scheda inesistente", "No such record"),
        (
            "Copiare l'«id» dal flusso; una scheda tolta dal vostro flusso non si può più ricevere.",
            "Copy the `id` from the feed; a record that was taken out of your feed cannot be had again.",
        ),
    ),
    "nothing-to-repeat": Kind(
        409,
        "partner",
        ("Niente da inviare di nuovo", "Nothing to send again"),
        (
            "Chiedere da un punto precedente; ciò che non vi è stato ancora inviato arriva da sé.",
            "Ask from an earlier point; what was not sent to you yet comes by itself.",
        ),
    ),
    "local-only": Kind(
        403,
        "engineer",
        ("Solo per gli operatori dell'hub", "For the hub's operators only"),
        (
            "Interrogare l'indirizzo dall'interno della macchina, o con una chiave che comprende «metrics».",
            "Ask from the machine itself, or with a key whose scopes include `metrics`.",
        ),
    ),
    "not-found": Kind(
        404,
        "partner",
        ("Indirizzo inesistente", "No such address"),
        ("Controllare l'indirizzo: gli indirizzi validi sono in /openapi.json.", "See /openapi.json for addresses."),
    ),
    "proof-missing": Kind(
        404,
        "partner",
        ("Nessuna prova", "No proof"),
        (
            "Chiederla dal giorno dopo la consegna, con l'«id» e la «version» del flusso; di ciò che è cancellato no.",
            "Ask from the day after it was given, with the feed's `id` and `version`; not of what was erased.",
        ),
    ),
    "method-not-allowed": Kind(
        405,
        "partner",
        ("Metodo non ammesso", "Method not allowed"),
        ("Controllare il metodo in /openapi.json.", "See /openapi.json for the methods of each address."),
    ),
    "not-acceptable": Kind(
        406,
        "partner",
        ("Formato non disponibile", "Format not available"),
        (
            "Chiedere nell'intestazione Accept uno dei formati elencati, o finire l'indirizzo con .json, .csv, .xlsx.",
            "Ask for one of the listed formats in the Accept header, or end the address in .json, .csv, .xlsx.",
        ),
    ),
    "cursor-stale": Kind(
        410,
        "partner",
        ("Cursore non più utilizzabile", "Cursor of no use any more"),
        (
            "Ripartire dall'inizio, senza cursore («_links.snapshot»): «id» e «version» evitano doppioni.",
            "Start again without a cursor (`_links.snapshot`): `id` and `version` tell what you hold already.",
        ),
    ),
    "too-large": Kind(
        413,
        "partner",
        ("Richiesta troppo grande", "Request too large"),
        ("Inviare meno dati per richiesta.", "Send less with each request."),
    ),
    "rate-exceeded": Kind(
        429,
        "partner",
        ("Troppe richieste", "Too many requests"),
        (
            "Attendere i secondi indicati da Retry-After, poi riprendere dallo stesso cursore: nulla va perso.",
            "Wait for the seconds that Retry-After says, then go on from the same cursor: nothing is lost.",
        ),
        retry=True,
    ),
    "internal": Kind(
        500,
        "engineer",
        ("Errore interno dell'hub", "Internal error of the hub"),
        (
            "Riprovare più tardi; se continua, comunicare alla Regione il valore di «instance».",
            "Try again later; if it persists, tell the region the value of `instance`.",
        ),
        retry=True,
    ),
    "not-ready": Kind(
        503,
        "engineer",
        ("Hub non pronto", "The hub is not ready"),
        ("Riprovare fra qualche secondo.", "Try again in a few seconds."),
        retry=True,
    ),
}
