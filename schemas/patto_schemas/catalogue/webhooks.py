"""Webhooks: why a message does not reach a receiver, and why one that came is not taken."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

WEBHOOKS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "webhook.address": Entry(
            "L'indirizzo del webhook non è ammesso: porta dentro una rete chiusa, o non è https.",
            "The webhook's address is not allowed: it leads into a closed network, or is not https.",
            "https://eventi.ambito.example/patto",
            "Indicare un indirizzo https pubblico; per una rete interna, farla elencare in `allow`.",
            "Give a public https address; for a network on the premises, have it listed in `allow`.",
        ),
        "webhook.key": Entry(
            "La chiave del webhook non si può usare.",
            "The webhook's key cannot be used.",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "Crearne una nuova con `patto webhook secret` e scriverla intera.",
            "Make a new one with `patto webhook secret`, and write it whole.",
            Owner.ENGINEER,
        ),
        "webhook.gone": Entry(
            "Il ricevente non vuole più messaggi (410): l'invio è sospeso.",
            "The receiver wants no more messages (410): sending has stopped.",
            "",
            "Se è un errore, rispondere 2xx e chiedere alla Regione di riattivare l'invio.",
            "If that is a mistake, answer 2xx and ask the region to enable sending again.",
        ),
        "webhook.redirect": Entry(
            "Il ricevente rimanda a un altro indirizzo: i rinvii non vengono seguiti.",
            "The receiver redirects to another address: redirects are not followed.",
            "https://eventi.ambito.example/patto",
            "Comunicare l'indirizzo definitivo del webhook.",
            "Give the webhook's final address.",
        ),
        "webhook.unauthorised": Entry(
            "Il ricevente non accetta il messaggio (401 o 403): forse verifica con un'altra chiave.",
            "The receiver does not accept the message (401 or 403): it may verify with another key.",
            "",
            "Verificare la firma sul corpo come è arrivato, con la chiave in uso, e controllare l'orologio.",
            "Verify the signature over the body as it came, with the current key, and check the clock.",
        ),
        "webhook.not_found": Entry(
            "All'indirizzo del webhook non c'è nulla (404).",
            "There is nothing at the webhook's address (404).",
            "https://eventi.ambito.example/patto",
            "Ripristinare il servizio, o comunicare l'indirizzo nuovo.",
            "Bring the service back, or give its new address.",
        ),
        "webhook.refused": Entry(
            "Il ricevente rifiuta il messaggio.",
            "The receiver refuses the message.",
            "",
            "Rispondere 2xx appena il messaggio è salvato, ed elaborarlo dopo.",
            "Answer 2xx as soon as the message is kept, and work on it afterwards.",
        ),
        "webhook.headers": Entry(
            "Le intestazioni webhook-id, webhook-timestamp e webhook-signature mancano o sono malformate.",
            "The headers webhook-id, webhook-timestamp and webhook-signature are missing or malformed.",
            "webhook-timestamp: 1772442000",
            "Inviare ciascuna una volta, come dice Standard Webhooks.",
            "Send each of them once, as Standard Webhooks says.",
        ),
        "webhook.time": Entry(
            "Il messaggio è troppo vecchio, o viene dal futuro.",
            "The message is too old, or from the future.",
            "",
            "Firmare di nuovo a ogni tentativo, e regolare l'orologio.",
            "Sign anew at each attempt, and set the clock.",
        ),
        "webhook.signature": Entry(
            "La firma del messaggio non è di una chiave nota, o il corpo è cambiato.",
            "The message's signature is of no known key, or the body was changed.",
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
            "Firmare gli stessi byte che si inviano, con la chiave concordata.",
            "Sign the very bytes that are sent, with the agreed key.",
        ),
    }
)
