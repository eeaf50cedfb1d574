"""Signed messages between administrations (ModI) and PDND vouchers: why one is not taken, and the likely cause."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping


def _theirs(it: str, en: str, fix_it: str, fix_en: str, example: str = "") -> Entry:
    return Entry(it, en, example, fix_it, fix_en)


def _ours(it: str, en: str, fix_it: str, fix_en: str, example: str = "") -> Entry:
    return Entry(it, en, example, fix_it, fix_en, Owner.ENGINEER)


SIGNATURES: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "modi.token": _theirs(
            "Il token non è un JWS compatto: tre parti base64url senza riempimento.",
            "The token is no compact JWS: three parts of base64url without padding.",
            "Inviare il token così come lo scrive la libreria JOSE, senza spazi né `=`.",
            "Send the token as the JOSE library writes it, without blanks or `=`.",
            "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln",
        ),
        "modi.header": _theirs(
            "L'intestazione JOSE del token non è quella concordata.",
            "The token's JOSE header is not the agreed one.",
            "Usare `alg`, `typ` uguale a JWT e un solo riferimento alla chiave; niente `crit`.",
            "Use `alg`, `typ` equal to JWT and one reference to the key; no `crit`.",
            '{"alg": "RS256", "typ": "JWT", "kid": "chiave-2026"}',
        ),
        "modi.algorithm": _theirs(
            "L'algoritmo di firma del token non è ammesso.",
            "The token's signature algorithm is not allowed.",
            "Firmare con RS256 o ES256; mai `none` o una chiave condivisa (HS256).",
            "Sign with RS256 or ES256; never `none` or a shared key (HS256).",
            "RS256",
        ),
        "modi.remote_key": _theirs(
            "Il token porta o indica da sé la chiave con cui verificarlo: non è ammesso.",
            "The token itself brings or points to the key to verify it with: that is not allowed.",
            "Togliere `jku` e `jwk`; al posto di `x5u` usare `kid`, `x5c` o `x5t#S256`.",
            "Leave out `jku` and `jwk`; use `kid`, `x5c` or `x5t#S256` instead of `x5u`.",
        ),
        "modi.key_unknown": _theirs(
            "La chiave indicata dal token non è tra quelle registrate: forse è stata cambiata da poco.",
            "The key that the token names is not registered: it may have been changed lately.",
            "Controllare `kid` o certificato, e far registrare la chiave nuova prima di usarla.",
            "Check `kid` or certificate, and have a new key registered before it is used.",
        ),
        "modi.key": _ours(
            "Una chiave o un certificato della configurazione non si può usare.",
            "A key or certificate of the configuration cannot be used.",
            "Indicare una chiave RSA di almeno 2048 bit, EC P-256 o Ed25519, con il suo certificato se serve.",
            "Name an RSA key of at least 2048 bits, EC P-256 or Ed25519, with its own certificate where one is needed.",
        ),
        "modi.certificate": _theirs(
            "Il certificato con cui il token è firmato è scaduto o non ancora valido.",
            "The certificate that signed the token has expired or is not valid yet.",
            "Rinnovare il certificato e far registrare quello nuovo.",
            "Renew the certificate and have the new one registered.",
        ),
        "modi.signature": _theirs(
            "La firma del token non corrisponde alla chiave indicata.",
            "The token's signature does not fit the key that it names.",
            "Controllare che chiave privata e chiave registrata siano la stessa coppia.",
            "Check that the private key and the registered key are one pair.",
        ),
        "modi.claim": _theirs(
            "Nel token manca un dato obbligatorio, o non è del tipo giusto.",
            "The token lacks a mandatory claim, or has it in the wrong type.",
            "Completare il token; i tempi sono numeri (secondi dal 1970), non testi.",
            "Complete the token; times are numbers (seconds since 1970), not texts.",
            '{"iat": 1772442000, "exp": 1772442300, "aud": "https://hub.example/rest/patto/v1", "jti": "9f2c"}',
        ),
        "modi.expired": _theirs(
            "Il token è scaduto.",
            "The token has expired.",
            "Firmare un token nuovo per ogni richiesta; controllare l'orologio di chi firma.",
            "Sign a new token for each request; check the signer's clock.",
        ),
        "modi.old": _theirs(
            "Il token è stato emesso troppo tempo fa: potrebbe essere una ripetizione.",
            "The token was issued too long ago: it may be a replay.",
            "Firmare il token subito prima dell'invio; controllare l'orologio di chi firma.",
            "Sign the token just before sending; check the signer's clock.",
        ),
        "modi.clock": _theirs(
            "Il token è emesso nel futuro: l'orologio di chi firma va avanti.",
            "The token is issued in the future: the signer's clock is fast.",
            "Sincronizzare l'orologio di chi firma (NTP).",
            "Synchronise the signer's clock (NTP).",
        ),
        "modi.audience": _theirs(
            "Il token è destinato a un altro servizio o a un altro ambiente.",
            "The token is meant for another service or environment.",
            "Mettere in `aud` l'indirizzo di questo servizio, di questo ambiente.",
            "Put the address of this service, in this environment, into `aud`.",
        ),
        "modi.issuer": _theirs(
            "Il token è emesso da un soggetto diverso da quello atteso.",
            "The token is issued by somebody else than expected.",
            "Controllare `iss`, `sub` e `client_id`.",
            "Check `iss`, `sub` and `client_id`.",
        ),
        "modi.replay": _theirs(
            "Un token con lo stesso `jti` è già arrivato.",
            "A token with the same `jti` has already arrived.",
            "Dare a ogni richiesta un `jti` nuovo, anche quando si riprova.",
            "Give each request a new `jti`, also when trying again.",
        ),
        "modi.missing": _theirs(
            "Manca un'intestazione HTTP che il profilo di sicurezza richiede, o c'è due volte.",
            "An HTTP header that the security profile asks for is missing, or there twice.",
            "Inviare una volta sola ciascuna intestazione del profilo concordato.",
            "Send each header of the agreed profile exactly once.",
            "Agid-JWT-Signature",
        ),
        "modi.digest": _theirs(
            "Il contenuto ricevuto non è quello di cui `Digest` dà l'impronta: è cambiato dopo la firma.",
            "The body is not the one that `Digest` tells of: it changed after signing.",
            "Calcolare l'impronta sugli stessi byte che partono, dopo ogni compressione o riscrittura.",
            "Compute the digest over the very bytes that leave, after all compression or rewriting.",
            "SHA-256=cFfTOCesrWTLVzxn8fmHl4AcrUs40Lv5D275FmAZ96E=",
        ),
        "modi.unbound": _theirs(
            "Il voucher non è stato chiesto per questi dati di tracciamento (AUDIT_REST_02).",
            "The voucher was not asked for with this tracking evidence (AUDIT_REST_02).",
            "Mettere in `digest` dell'asserzione per PDND lo SHA-256, esadecimale, di Agid-JWT-TrackingEvidence così"
            " come parte; se cambia, chiedere un voucher nuovo.",
            "Put the hex SHA-256 of Agid-JWT-TrackingEvidence, as it is sent, into `digest` of the assertion for PDND;"
            " ask for a new voucher when it changes.",
            '{"alg": "SHA256", "value": "1e418ed41c96887370d540f48c2b1759b1381d21f36f141644560b72b9072d5e"}',
        ),
        "modi.signed_headers": _theirs(
            "Le intestazioni firmate non sono quelle arrivate.",
            "The signed headers are not those that arrived.",
            "Firmare `digest` e, se presenti, `content-type` e `content-encoding`, con i valori che partono.",
            "Sign `digest` and, where present, `content-type` and `content-encoding`, with the values that leave.",
            '[{"digest": "SHA-256=cFfTOCesrWTLVzxn8fmHl4A…"}, {"content-type": "application/json"}]',
        ),
        "modi.request_digest": _theirs(
            "La risposta firmata non si riferisce alla richiesta inviata.",
            "The signed answer does not refer to the request that was sent.",
            "Mettere in `request_digest` il `Digest` della richiesta.",
            "Put the request's `Digest` into `request_digest`.",
        ),
        "modi.method": _theirs(
            "Il profilo di integrità non copre PATCH e richieste di parti (Range).",
            "The integrity profile does not cover PATCH and Range requests.",
            "Usare PUT o POST con il contenuto intero.",
            "Use PUT or POST with the whole content.",
        ),
        "modi.dpop": _theirs(
            "La prova di possesso (DPoP) del voucher manca o non vale per questa richiesta.",
            "The proof that the voucher's key is yours (DPoP) is missing, or is not for this request.",
            "Inviare `Authorization: DPoP` e il voucher, e in `DPoP` una prova nuova: la chiave di `cnf.jkt`, `htm` e"
            " `htu` di questa richiesta, `ath` di questo voucher.",
            "Send `Authorization: DPoP` and the voucher, and in `DPoP` a new proof: by the key of `cnf.jkt`, `htm` and"
            " `htu` of this request, `ath` of this voucher.",
            '{"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": "…", "y": "…"}}',
        ),
        "pdnd.voucher_key": _theirs(
            "PDND non pubblica la chiave con cui il voucher è firmato: forse il voucher è di un altro ambiente.",
            "PDND publishes no key like the one that signed the voucher: it may be of another environment.",
            "Chiedere il voucher nello stesso ambiente PDND di questo servizio: produzione, collaudo o attestazione.",
            "Ask for the voucher in the PDND environment of this service: production, test or attestation.",
        ),
        "pdnd.keys_old": _ours(
            "Le chiavi pubbliche di PDND non si leggono da troppo tempo: i voucher non si possono verificare.",
            "PDND's public keys could not be read for too long: vouchers cannot be verified.",
            "Verificare che l'hub raggiunga l'indirizzo in `keys_url`; il partner riprovi più tardi.",
            "See that the hub reaches the address in `keys_url`; the partner tries again later.",
            "https://interop.pagopa.it/.well-known/jwks.json",
        ),
        "pdnd.client": _ours(
            "`client_id` non è un UUID: forse è il nome del client.",
            "`client_id` is no UUID: it may be the client's name.",
            "Copiare l'identificativo del client dal portale PDND.",
            "Copy the client's identifier from the PDND portal.",
            "7f9d2b1e-3c54-4a6b-9d0e-5b8a1c2d3e4f",
        ),
        "pdnd.purpose": _ours(
            "`purpose_id` non è un UUID: forse è il nome della finalità.",
            "`purpose_id` is no UUID: it may be the purpose's name.",
            "Copiare l'identificativo della finalità dal portale PDND; la finalità deve essere attiva.",
            "Copy the purpose's identifier from the PDND portal; the purpose must be active.",
            "0d6c3a52-8e1f-4b7a-a2c9-6f5e4d3c2b1a",
        ),
        "pdnd.kid": _ours(
            "Manca `kid`, o non è quello che PDND dà a una chiave.",
            "`kid` is missing, or is not what PDND gives a key.",
            "Copiare il `kid` della chiave pubblica caricata nel client sul portale PDND.",
            "Copy the `kid` of the public key loaded into the client on the PDND portal.",
            "ZmYxZGE2YjQtMzY2Yy00NWI5LThjNGItMDJmYmQyZGIyMmZh",
        ),
        "pdnd.key_pair": _ours(
            "La chiave privata non è quella della chiave pubblica registrata su PDND.",
            "The private key is not that of the public key registered at PDND.",
            "Usare la chiave privata della coppia caricata, o caricare la chiave pubblica nuova.",
            "Use the private key of the pair that was loaded, or load the new public key.",
        ),
        "pdnd.key_kind": _ours(
            "La chiave privata non è RSA, e PDND accetta solo RS256.",
            "The private key is not RSA, and PDND takes RS256 only.",
            "Creare una coppia RSA di almeno 2048 bit e caricarla su PDND.",
            "Make an RSA pair of at least 2048 bits and load it at PDND.",
        ),
        "pdnd.key_expired": _ours(
            "La chiave ha superato la scadenza indicata.",
            "The key is past the end that was set for it.",
            "Creare una coppia nuova, caricarla su PDND e aggiornare `kid`, `key` e `key_until`.",
            "Make a new pair, load it at PDND and update `kid`, `key` and `key_until`.",
        ),
        "pdnd.kid_pair": _ours(
            "`kid` non è il nome della chiave pubblica che va con la chiave privata in `key`.",
            "`kid` is not the name of the public key that goes with the private key in `key`.",
            "Su PDND il `kid` è l'impronta della chiave pubblica: indicare la chiave privata di quel `kid`, o caricare"
            " la chiave pubblica nel client e copiarne il `kid`.",
            "At PDND the `kid` is the public key's thumbprint: name the private key of that `kid`, or load the public"
            " key into the client and copy its `kid`.",
        ),
        "pdnd.key_file": _ours(
            "La chiave privata in `key` non si legge.",
            "The private key in `key` cannot be read.",
            "Serve il PEM della chiave privata RSA, non la chiave pubblica né il certificato; se è protetta, la sua"
            " password in `key_password`.",
            "The PEM of the RSA private key is needed, neither the public key nor the certificate; where it is locked,"
            " its password in `key_password`.",
            "-----BEGIN PRIVATE KEY-----",
        ),
        "pdnd.audience": _ours(
            "`audience` non è quella dell'ambiente PDND di `token_url`.",
            "`audience` is not that of the PDND environment of `token_url`.",
            "Togliere `audience`, o copiarla dal portale dello stesso ambiente: produzione, collaudo o attestazione.",
            "Leave `audience` out, or copy it from the portal of that environment: production, test or attestation.",
            "auth.uat.interop.pagopa.it/client-assertion",
        ),
        "pdnd.clock": _ours(
            "L'orologio dell'hub non va d'accordo con quello di PDND.",
            "The hub's clock does not agree with PDND's.",
            "Sincronizzare l'orologio del server dell'hub (NTP).",
            "Synchronise the clock of the hub's server (NTP).",
        ),
        "pdnd.refused": _ours(
            "PDND non dà il voucher, e da qui non si vede perché.",
            "PDND gives no voucher, and from here it is not seen why.",
            "Guardare sul portale PDND, in quest'ordine: la chiave con questo `kid` è nel client, ed è quella di `key`;"
            " il client è associato alla finalità; la finalità e la richiesta di fruizione sono attive.",
            "Look at the PDND portal, in this order: the key with this `kid` is in the client, and is that of `key`;"
            " the client is linked to the purpose; the purpose and the agreement are active.",
        ),
        "pdnd.down": _ours(
            "PDND non risponde ora, e senza il suo voucher il partner non fa entrare.",
            "PDND does not answer now, and without its voucher the partner lets nobody in.",
            "L'hub riprova da solo; se dura, controllare `token_url` e gli avvisi di PDND.",
            "The hub tries again by itself; if it lasts, check `token_url` and PDND's notices.",
        ),
        "pdnd.rate": _ours(
            "PDND chiede di aspettare prima del prossimo voucher.",
            "PDND asks to wait before the next voucher.",
            "L'hub riprova da solo quando PDND lo permette.",
            "The hub tries again by itself when PDND allows it.",
        ),
    }
)
