"""Troubles with a partner's service: why a run could not read or write, and who can act."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

_LATER_IT: Final = "L'hub riprova da solo; se dura, avvisare chi gestisce il servizio del partner."
_LATER_EN: Final = "The hub tries again by itself; if it lasts, tell whoever runs the partner's service."
_SERVICE_IT: Final = "Chi gestisce il servizio del partner lo corregge; l'hub riprende da dove era rimasto."
_SERVICE_EN: Final = "Whoever runs the partner's service mends it; the hub goes on from where it was."


def _later(it: str, en: str) -> Entry:
    return Entry(it, en, "", _LATER_IT, _LATER_EN)


def _service(it: str, en: str) -> Entry:
    return Entry(it, en, "", _SERVICE_IT, _SERVICE_EN)


def _ours(it: str, en: str, fix_it: str, fix_en: str, example: str = "") -> Entry:
    return Entry(it, en, example, fix_it, fix_en, Owner.ENGINEER)


TROUBLES: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "dns": _ours(
            "Il nome del servizio del partner non esiste o non si trova.",
            "The name of the partner's service does not exist or cannot be found.",
            "Controllare `base_url` con il partner.",
            "Check `base_url` with the partner.",
            "https://api.ambito.example/v1",
        ),
        "tcp": _later(
            "Il servizio del partner non accetta connessioni.", "The partner's service takes no connections."
        ),
        "tls.expired": _service("Il certificato del partner è scaduto.", "The partner's certificate has expired."),
        "tls.name": _service(
            "Il certificato del partner è intestato a un altro nome.", "The partner's certificate is for another name."
        ),
        "tls.untrusted": _ours(
            "Nessuna autorità riconosciuta garantisce il certificato del partner.",
            "No trusted authority vouches for the partner's certificate.",
            "Chiedere al partner il certificato della sua autorità e indicarlo in `tls.ca_file`.",
            "Ask the partner for its authority's certificate and name it in `tls.ca_file`.",
        ),
        "tls.client_certificate": _ours(
            "Il partner non accetta il nostro certificato.",
            "The partner does not accept our certificate.",
            "Indicare in `tls.certificate` e `tls.key` il certificato registrato presso il partner.",
            "Name the certificate that the partner registered in `tls.certificate` and `tls.key`.",
        ),
        "tls.handshake": _service(
            "Non si riesce a concordare una connessione cifrata con il partner.",
            "No encrypted connection with the partner can be agreed on.",
        ),
        "tls.files": _ours(
            "I nostri file di certificato mancano o sono rovinati.",
            "Our certificate files are missing or broken.",
            "Controllare `tls.ca_file`, `tls.certificate` e `tls.key`.",
            "Check `tls.ca_file`, `tls.certificate` and `tls.key`.",
        ),
        "http.timeout": _later("Il partner non ha risposto in tempo.", "The partner did not answer in time."),
        "http.too_slow": _later("Il partner risponde troppo lentamente.", "The partner answers too slowly."),
        "http.disconnected": _later(
            "Il partner ha chiuso la connessione senza rispondere.", "The partner closed the connection unanswered."
        ),
        "http.truncated": _later("La risposta del partner si è interrotta.", "The partner's answer broke off."),
        "http.rate": _later("Il partner chiede di aspettare (429).", "The partner asks us to wait (429)."),
        "http.budget": _later(
            "Le chiamate concordate con il partner sono finite per ora.", "The agreed calls are used up for now."
        ),
        "http.quiet_hours": _later(
            "In queste ore il partner non va chiamato.", "The partner is not to be called in these hours."
        ),
        "http.status": _later("Il partner risponde con un errore.", "The partner answers with an error."),
        "http.credentials": _ours(
            "Il partner non riconosce le nostre credenziali (401).",
            "The partner does not know our credentials (401).",
            "Rinnovare le credenziali in `auth`.",
            "Renew the credentials in `auth`.",
        ),
        "http.forbidden": _service(
            "Il partner non ci permette questa lettura (403).", "The partner does not allow us this (403)."
        ),
        "http.redirect": _ours(
            "Il partner rimanda a un altro indirizzo.",
            "The partner redirects to another address.",
            "Se l'indirizzo nuovo è giusto, scriverlo in `base_url`.",
            "If the new address is right, write it into `base_url`.",
        ),
        "http.elsewhere": _service(
            "Il partner indica una pagina su un altro indirizzo.", "The partner links to a page on another host."
        ),
        "http.address": _ours(
            "L'indirizzo non si può chiamare.",
            "The address cannot be called.",
            "Controllare `base_url` e `path`.",
            "Check `base_url` and `path`.",
        ),
        "http.malformed": _service(
            "Il partner non rispetta le regole di HTTP.", "The partner does not follow the rules of HTTP."
        ),
        "http.html": _service(
            "Il partner manda una pagina web al posto delle schede.", "The partner sends a web page, not records."
        ),
        "http.charset": _service(
            "La risposta non è nella codifica concordata.", "The answer is not in the agreed character set."
        ),
        "http.encoding": _service(
            "La risposta compressa non si può aprire.", "The compressed answer cannot be unpacked."
        ),
        "http.too_large": _service(
            "La risposta è più grande di quanto concordato.", "The answer is larger than was agreed."
        ),
        "http.ratio": _service(
            "La risposta compressa si gonfia oltre misura.", "The compressed answer expands beyond measure."
        ),
        "oauth.refused": _ours(
            "Il partner rifiuta di darci un token.",
            "The partner refuses to give us a token.",
            "Rinnovare `client_id` e `client_secret` in `auth`.",
            "Renew `client_id` and `client_secret` in `auth`.",
        ),
        "oauth.answer": _service(
            "Il servizio dei token del partner risponde in modo non previsto.",
            "The partner's token service answers in an unforeseen way.",
        ),
        "paging.endless": _service(
            "L'elenco del partner non finisce: le pagine si ripetono o superano i limiti.",
            "The partner's list does not end: pages repeat or exceed the limits.",
        ),
        "paging.cursor": _service(
            "La risposta indica la pagina seguente in modo illeggibile.",
            "The answer names the next page in a way that cannot be read.",
        ),
        "tap.failed": _later(
            "Il programma che legge il partner (tap Singer) è finito con un errore.",
            "The program that reads the partner (a Singer tap) ended with an error.",
        ),
        "tap.killed": _later(
            "Il programma che legge il partner (tap Singer) è stato interrotto dalla macchina.",
            "The program that reads the partner (a Singer tap) was ended by the machine.",
        ),
        "tap.silent": _later(
            "Il programma che legge il partner (tap Singer) non dice più nulla.",
            "The program that reads the partner (a Singer tap) says nothing any more.",
        ),
        "tap.deadline": _later(
            "Il programma che legge il partner (tap Singer) ha usato tutto il suo tempo.",
            "The program that reads the partner (a Singer tap) has used up its time.",
        ),
        "tap.index": _later(
            "L'indice dei pacchetti non risponde: il tap Singer non si può installare.",
            "The package index does not answer: the Singer tap cannot be installed.",
        ),
        "tap.install": _ours(
            "pip non riesce a installare il tap Singer.",
            "pip cannot install the Singer tap.",
            "Controllare nome e versione in `packages`.",
            "Check name and version in `packages`.",
            "tap-rest-api-msdk==1.4.2",
        ),
        "tap.folder": _ours(
            "L'hub non può scrivere nella cartella dei tap Singer.",
            "The hub cannot write into the folder of the Singer taps.",
            "Dare all'hub il permesso di scrivere in `tap.folder`.",
            "Let the hub write into `tap.folder`.",
            "/var/lib/patto/taps",
        ),
        "tap.missing": _ours(
            "Il programma del tap Singer non si trova o non si avvia.",
            "The Singer tap's program is not there or cannot be started.",
            "Controllare `executable` e la cartella del tap.",
            "Check `executable` and the tap's folder.",
            "tap-rest-api-msdk",
        ),
        "tap.usage": _ours(
            "Il tap Singer non accetta le opzioni con cui viene avviato.",
            "The Singer tap does not take the options it is started with.",
            "Provare un altro `select`: properties per i tap vecchi, oppure none.",
            "Try another `select`: properties for old taps, or none.",
            "properties",
        ),
        "tap.memory": _ours(
            "Il tap Singer ha bisogno di più memoria di quanta gliene è concessa.",
            "The Singer tap needs more memory than it may have.",
            "Alzare `limits.memory`, o chiedere meno righe per volta nella configurazione del tap.",
            "Raise `limits.memory`, or ask for fewer rows at a time in the tap's configuration.",
        ),
        "tap.stream": _ours(
            "Il tap Singer non ha il flusso richiesto.",
            "The Singer tap does not have the stream that is asked for.",
            "Correggere `stream`: il messaggio elenca i nomi che il tap conosce.",
            "Mend `stream`: the message lists the names that the tap knows.",
        ),
        "tap.catalog": _ours(
            "Il tap Singer non dice i suoi flussi nel modo previsto.",
            "The Singer tap does not tell its streams in the agreed way.",
            "Provare `select` con none, o controllare la versione del tap.",
            "Try `select` with none, or check the tap's version.",
            "none",
        ),
        "tap.batch": _ours(
            "Il tap Singer scrive file invece di inviare schede (BATCH).",
            "The Singer tap writes files and sends no records (BATCH).",
            "Togliere `batch_config` dalla configurazione del tap.",
            "Remove `batch_config` from the tap's configuration.",
        ),
        "tap.garbage": _ours(
            "Ciò che il tap Singer scrive non sono messaggi Singer.",
            "What the Singer tap writes are no Singer messages.",
            "Controllare `executable` e la versione del tap.",
            "Check `executable` and the tap's version.",
        ),
        "tap.line_size": _ours(
            "Una riga del tap Singer supera la dimensione ammessa.",
            "A line of the Singer tap is longer than allowed.",
            "Se la scheda è davvero così grande, alzare `limits.line`.",
            "If the record really is so large, raise `limits.line`.",
        ),
        "tap.endless": _ours(
            "Il tap Singer non smette di scrivere.",
            "The Singer tap does not stop writing.",
            "Se le righe sono davvero tante, alzare `limits.lines`.",
            "If there really are so many lines, raise `limits.lines`.",
        ),
        "tap.state": _ours(
            "Il segnalibro (STATE) del tap Singer è troppo grande.",
            "The Singer tap's bookmark (STATE) is too large.",
            "Alzare `limits.state`, o leggere meno flussi per volta.",
            "Raise `limits.state`, or read fewer streams at a time.",
        ),
        "rest.no_items": _service(
            "Nella risposta manca l'elenco concordato.", "The answer lacks the agreed list of records."
        ),
        "rest.failure": _service(
            "Il partner segnala un errore dentro la risposta.", "The partner reports a failure inside its answer."
        ),
        "rest.results": _service(
            "L'esito del partner non corrisponde alle schede inviate.",
            "The partner's results do not match the records sent.",
        ),
        "rest.rejected": _service(
            "Il partner ha rifiutato una parte delle schede inviate.", "The partner refused some of the records sent."
        ),
        "soap.fault": _ours(
            "Il servizio del partner rifiuta la nostra richiesta (SOAP Fault).",
            "The partner's service refuses our request (SOAP Fault).",
            "Confrontare la richiesta con il WSDL, e chiedere al partner che cosa significa il codice.",
            "Compare the request with the WSDL, and ask the partner what the code means.",
            "soap:Client",
        ),
        "soap.server": _later(
            "Il servizio del partner segnala un errore suo (SOAP Fault).",
            "The partner's service reports an error of its own (SOAP Fault).",
        ),
        "soap.envelope": _service(
            "Il messaggio non è SOAP, o è di un'altra versione di SOAP.",
            "The message is not SOAP, or of another version of SOAP.",
        ),
        "soap.body": _service(
            "Il messaggio SOAP non contiene quello che dice il WSDL.",
            "The SOAP message does not hold what the WSDL says.",
        ),
        "soap.outcome": _ours(
            "L'esito nella risposta del partner manca, o non è tra le parole concordate.",
            "The outcome in the partner's answer is missing, or none of the agreed words.",
            "Chiedere al partner che cosa significa e aggiungere la parola alle impostazioni.",
            "Ask the partner what it means, and add the word to the settings.",
            "OK",
        ),
        "soap.wsdl": _ours(
            "Il WSDL del servizio manca o non si può usare.",
            "The service's WSDL is missing or cannot be used.",
            "Controllare `wsdl`, `service` e `port`; gli XSD importati stanno accanto al WSDL.",
            "Check `wsdl`, `service` and `port`; the XSDs that it imports lie beside the WSDL.",
            "wsdl/anagrafe.wsdl",
        ),
        "sap.document": _service(
            "Il documento dentro la risposta non è una scheda SAP (`lavoratore`) né una `ListaDID`.",
            "The document inside the answer is neither a SAP sheet (`lavoratore`) nor a `ListaDID`.",
        ),
        "sap.person": _service(
            "La scheda ricevuta è di una persona diversa da quella richiesta: non è stata letta.",
            "The sheet received is that of another person than was asked about: it was not read.",
        ),
        "sap.rejected": _service(
            "Il sistema SAP ha rifiutato una parte delle politiche inviate.",
            "The SAP refused some of the policies sent.",
        ),
        "sap.person_missing": Entry(
            "Del firmatario del patto mancano i dati che la SAP vuole: nome, codice fiscale, nascita, residenza.",
            "What the SAP needs of the pact's signer is missing: name, tax code, birth, residence.",
            "",
            "L'Ambito invia o completa la persona; la misura parte allora da sola.",
            "The Ambito sends or completes the person; the measure then leaves by itself.",
            Owner.AMBITO,
        ),
        "sap.policy_id_missing": Entry(
            "La misura non ha l'identificativo della politica: senza, un invio ripetuto la registrerebbe due volte.",
            "The measure has no policy identifier: without one, a repeated delivery would register it twice.",
            "1400000A3FB",
            "L'Ambito registra l'identificativo della politica nella misura.",
            "The Ambito enters the policy identifier in the measure.",
            Owner.AMBITO,
        ),
        "sap.no_withdrawal": Entry(
            "Il centro non deve più conoscere questa misura, ma la SAP non permette di ritirare una sola politica.",
            "The centre must no longer know this measure, but the SAP has no way to take one policy back.",
            "",
            "L'Ambito chiede al centro per l'impiego di annullare la politica, se vi è registrata.",
            "The Ambito asks the employment centre to annul the policy, where it is registered.",
            Owner.AMBITO,
        ),
        "sil.rejected": _service(
            "Il sistema del lavoro ha rifiutato una parte dei patti di servizio.",
            "The labour system refused some of the pacts of service.",
        ),
        "sil.refused": _service(
            "Il sistema del lavoro non accetta questo patto di servizio; il codice è nell'esito della consegna.",
            "The labour system does not take this pact of service; the code is in the delivery's receipt.",
        ),
        "sil.person_unsure": _service(
            "Il sistema del lavoro non conosce la persona, o ne ha più schede: il patto non è stato registrato.",
            "The labour system does not know the person, or has several files of it: the pact was not registered.",
        ),
        "sil.person": _service(
            "Il sistema del lavoro ha risposto su una persona diversa da quella richiesta: non è stato letto nulla.",
            "The labour system answered about another person than was asked about: nothing was read.",
        ),
    }
)
