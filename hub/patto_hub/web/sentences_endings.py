"""Every sentence of the calendar of what ends, in Italian and in English: what it is, and what to do before that."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "endings.title": ("Scadenze", "What ends when"),
        "endings.none": ("Nessuna scadenza nei prossimi {days} giorni.", "Nothing ends in the next {days} days."),
        "endings.none_own": ("Nulla di vostro ha una scadenza.", "Nothing of yours has an end."),
        "endings.more": (
            "Le scadenze più lontane: patto key calendar.",
            "What ends later: patto key calendar.",
        ),
        "endings.column.when": ("Scade", "Ends"),
        "endings.column.what": ("Che cosa", "What"),
        "endings.column.whose": ("Di chi", "Whose"),
        "endings.column.todo": ("Che cosa fare", "What to do"),
        "endings.hub": ("hub", "hub"),
        "ending.left": ("fra {n} giorni", "in {n} days"),
        "ending.left.one": ("fra un giorno", "in a day"),
        "ending.over": ("già scaduto", "over"),
        # --- what partners hold ------------------------------------------------------------------------------------
        "ending.key": ("Chiave di accesso {name}", "Access key {name}"),
        "ending.key.todo": (
            "Se non c'è già la prossima, crearla: patto key rotate {partner}; questa vale ancora 14 giorni.",
            "Unless the next one is there, make it: patto key rotate {partner}; this one holds for 14 more days.",
        ),
        "ending.key.own": (
            "Se avete già la prossima, passate a quella; se no createla nel portale, o chiedetela alla Regione.",
            "If you have the next one, change to it; if not, make it in the portal, or ask the region for it.",
        ),
        "ending.tls_certificate": ("Certificato TLS {name}", "TLS certificate {name}"),
        "ending.tls_certificate.todo": (
            "Chiedere a {partner} il certificato nuovo e aggiungerlo a «certificate»: valgono tutti e due.",
            "Ask {partner} for the new certificate and add it to 'certificate': both are good.",
        ),
        "ending.tls_certificate.own": (
            "Comunicare alla Regione il certificato nuovo prima di usarlo: per un po' valgono tutti e due.",
            "Tell the region the new certificate before you use it: both are good for a while.",
        ),
        "ending.signing_certificate": ("Certificato di firma {name}", "Signing certificate {name}"),
        "ending.signing_certificate.todo": (
            "Chiedere a {partner} il certificato nuovo e aggiungerlo alle sue chiavi nelle impostazioni.",
            "Ask {partner} for the new certificate and add it to its keys in the settings.",
        ),
        "ending.signing_certificate.own": (
            "Comunicare alla Regione il certificato nuovo prima di firmare con quello.",
            "Tell the region the new certificate before you sign with it.",
        ),
        "ending.webhook_secret": ("Chiave che firma i messaggi di {name}", "Key that signs the messages of {name}"),
        "ending.webhook_secret.todo": (
            "Crearne un'altra (patto webhook secret), consegnarla a {partner}, e per un po' indicarle entrambe.",
            "Make another (patto webhook secret), hand it to {partner}, and name both for a while.",
        ),
        "ending.webhook_secret.own": (
            "La Regione ve ne consegnerà un'altra: fino al cambio i messaggi sono firmati con entrambe.",
            "The region will hand you another: until the change messages are signed with both.",
        ),
        "ending.subscription": ("Diritto al flusso «{name}»", "Right to the feed '{name}'"),
        "ending.subscription.todo": (
            "Se la base giuridica vale ancora, prolungare «until» di {partner}; altrimenti non c'è nulla da fare.",
            "If the legal basis still holds, extend 'until' of {partner}; otherwise there is nothing to do.",
        ),
        "ending.subscription.own": (
            "Se il flusso serve ancora, chiedere alla Regione di prolungarlo; poi non riceverete più nulla.",
            "If you still need the feed, ask the region to extend it; after that nothing more comes.",
        ),
        # --- what the hub shows, and what it knows others by -------------------------------------------------------
        "ending.hub_tls": ("Certificato TLS dell'hub {name}", "The hub's TLS certificate {name}"),
        "ending.hub_tls.todo": (
            "Rinnovare «tls_certificate» e riavviare l'hub: dopo la scadenza nessun partner si collega più.",
            "Renew 'tls_certificate' and restart the hub: after its end no partner connects any more.",
        ),
        "ending.hub_authority": ("Autorità dei certificati dei partner {name}", "Authority of partners {name}"),
        "ending.hub_authority.todo": (
            "Mettere in «client_ca» l'autorità nuova accanto a questa, e riavviare l'hub.",
            "Put the new authority beside this one into 'client_ca', and restart the hub.",
        ),
        "ending.hub_signing": (
            "Certificato con cui l'hub firma le risposte {name}",
            "Certificate with which the hub signs answers {name}",
        ),
        "ending.hub_signing.todo": (
            "Rinnovarlo, comunicarlo ai partner che chiedono risposte firmate, poi cambiarlo in [web.modi].",
            "Renew it, tell the partners that want signed answers, then change it in [web.modi].",
        ),
        "ending.pdnd_keys": ("Ultime chiavi lette da {name}", "Keys read last at {name}"),
        "ending.pdnd_keys.todo": (
            "Verificare che l'hub raggiunga «keys_url»: dopo la scadenza nessun voucher è più accettato.",
            "See that the hub reaches 'keys_url': after the end no voucher is taken any more.",
        ),
        "ending.our_key": ("Chiave dell'hub su PDND {name}", "The hub's key at PDND {name}"),
        "ending.our_key.todo": (
            "Caricare su PDND una chiave nuova, poi aggiornare «kid», «key» e «key_until» di {partner}.",
            "Load a new key at PDND, then update 'kid', 'key' and 'key_until' of {partner}.",
        ),
        "ending.our_certificate": (
            "Certificato che l'hub mostra a un partner {name}",
            "Certificate that the hub shows a partner {name}",
        ),
        "ending.our_certificate.todo": (
            "Rinnovarlo, comunicarlo a {partner}, poi cambiarlo nelle sue impostazioni.",
            "Renew it, tell {partner}, then change it in its settings.",
        ),
        "ending.their_authority": (
            "Autorità che garantisce un partner {name}",
            "Authority that vouches for a partner {name}",
        ),
        "ending.their_authority.todo": (
            "Chiedere a {partner} l'autorità nuova e metterla in «ca_file».",
            "Ask {partner} for the new authority and put it into 'ca_file'.",
        ),
    }
)
