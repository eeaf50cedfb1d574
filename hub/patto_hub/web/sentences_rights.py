"""The sentences of the portal's pages on rights: what a partner may see, its keys, its limits, and refusals."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RIGHTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # --- what leaves -------------------------------------------------------------------------------------------
        "portal.subscriptions.title": ("Che cosa ricevete", "What you receive"),
        "portal.subscriptions.intro": (
            "I flussi concordati con la Regione, e i soli campi che escono per voi. Nient'altro esce, in nessun modo.",
            "The feeds agreed with the region, and the only fields that leave for you. Nothing else does, by any way.",
        ),
        "portal.subscriptions.none": ("Nessun flusso è stato concordato.", "No feed was agreed on."),
        "portal.subscription.purpose": ("Perché", "Why"),
        "portal.subscription.basis": ("Base giuridica", "Legal basis"),
        "portal.subscription.agreed": ("Accordo", "Agreement"),
        "portal.subscription.until": ("Fino al", "Until"),
        "portal.subscription.no_end": ("senza scadenza", "no end"),
        "portal.subscription.ended": ("scaduto il {day}", "ended on {day}"),
        "portal.subscription.identity": ("Persone", "People"),
        "portal.subscription.full": (
            "con il loro nome e codice fiscale, dove indicato",
            "by name and tax code, where listed",
        ),
        "portal.subscription.pseudonym": (
            "sotto uno pseudonimo che vale solo per voi",
            "under a pseudonym that is good for you alone",
        ),
        "portal.subscription.complete": ("Prova di completezza", "Proof of completeness"),
        "portal.subscription.held": (
            "Alla fine di ieri dovevate avere {n} schede. Il vostro programma confronta questa impronta con la sua:",
            "When yesterday ended you had to hold {n} records. Your program compares this fingerprint with its own:",
        ),
        "portal.subscription.held.one": (
            "Alla fine di ieri dovevate avere una scheda. Il vostro programma confronta questa impronta con la sua:",
            "When yesterday ended you had to hold one record. Your program compares this fingerprint with its own:",
        ),
        "portal.subscription.fields": ("Campi che escono: {kind} ({n})", "Fields that leave: {kind} ({n})"),
        "portal.kind.person": ("persone", "people"),
        "portal.kind.pact": ("patti", "pacts"),
        "portal.kind.measure": ("misure", "measures"),
        "portal.kind.course_offering": ("corsi", "courses"),
        "portal.kind.organisation": ("enti", "organisations"),
        "portal.kind.ambito": ("Ambiti", "social districts"),
        "portal.kind.enrolment": ("iscrizioni", "enrolments"),
        "portal.kind.attendance_day": ("presenze del giorno", "attendance of a day"),
        "portal.kind.attendance_month": ("presenze del mese", "attendance of a month"),
        "portal.kind.employment": ("tirocini e lavori", "internships and jobs"),
        "portal.kind.payment_order": ("ordini di pagamento", "payment orders"),
        "portal.kind.movement": ("movimenti di conto", "account movements"),
        "portal.subscription.address": ("Indirizzo", "Address"),
        "portal.contract.title": (
            "Per chi scrive il programma che legge il flusso",
            "For whoever writes the program that reads the feed",
        ),
        "portal.contract.xsd": ("Schema XML (XSD)", "XML Schema (XSD)"),
        "portal.contract.json_schema": ("Schema JSON (JSON Schema)", "JSON Schema"),
        "portal.contract.example": (
            "Esempio di pagina, con persone inventate",
            "Example of a page, with invented people",
        ),
        "portal.contract.vectors": (
            "Messaggi di prova per chi riceve gli avvisi firmati",
            "Test messages for whoever receives signed notices",
        ),
        "portal.contract.docs": (
            "Descrizione completa del servizio (OpenAPI)",
            "Full description of the service (OpenAPI)",
        ),
        "portal.contract.version": ("Versione: {kind}", "Version: {kind}"),
        "portal.contract.step": ("Novità della versione {n}: {change}", "What version {n} changed: {change}"),
        "portal.contract.first": ("È la prima versione.", "It is the first version."),
        # --- keys --------------------------------------------------------------------------------------------------
        "portal.keys.title": ("Chiavi", "Keys"),
        "portal.keys.intro": (
            "Una chiave apre i vostri dati: custoditela come una password. Qui se ne vede solo l'inizio.",
            "A key opens your data: keep it as a password. Only its beginning is shown here.",
        ),
        "portal.column.key": ("Chiave", "Key"),
        "portal.column.opens": ("Che cosa apre", "What it opens"),
        "portal.column.created": ("Creata", "Made"),
        "portal.column.ends": ("Scadenza", "End"),
        "portal.column.used": ("Ultimo uso", "Last use"),
        "portal.column.actions": ("Azioni", "Actions"),
        "portal.key.own": ("in uso qui", "in use here"),
        "portal.key.never_used": ("mai usata", "never used"),
        "portal.key.no_end": ("senza scadenza", "no end"),
        "portal.key.ended": ("scaduta {when}", "ended {when}"),
        "portal.key.revoked": ("revocata {when}", "revoked {when}"),
        "portal.key.ends": ("scade fra {n} giorni, {when}", "ends in {n} days, {when}"),
        "portal.key.ends.one": ("scade fra un giorno, {when}", "ends in a day, {when}"),
        "portal.key.ends_soon": ("scade {when}: cambiatela subito", "ends {when}: change it now"),
        "portal.key.reminder": ("Una chiave {end}.", "A key {end}."),
        "portal.key.rotate": ("Cambia la chiave", "Change the key"),
        "portal.key.rotate_intro": (
            "Vi diamo una chiave nuova, che apre le stesse cose; quella di adesso vale ancora {overlap}.",
            "You get a new key, which opens the same; the present one goes on working for {overlap}.",
        ),
        "portal.key.rotate_full": (
            "Avete già due chiavi valide: è il massimo. Revocate quella che non usate più, poi potrete cambiare.",
            "You hold two valid keys, which is the most. Revoke the one that you no longer use, then you can change.",
        ),
        "portal.key.too_many": (
            "Ci sono già due chiavi valide: revocatene una prima.",
            "There are two valid keys already: revoke one first.",
        ),
        "portal.key.made": (
            "Ecco la chiave nuova. Copiatela ora: non sarà più mostrata a nessuno.",
            "Here is the new key. Copy it now: it is never shown again to anybody.",
        ),
        "portal.key.made_label": ("La chiave nuova", "The new key"),
        "portal.key.revoke": ("Revoca", "Revoke"),
        "portal.key.revoke_label": ("Revoca la chiave {prefix}", "Revoke the key {prefix}"),
        "portal.key.sure": ("Sono sicuro", "I am sure"),
        "portal.key.sure_label": ("Sono sicuro di revocare {prefix}", "I am sure to revoke {prefix}"),
        "portal.key.unsure": (
            "La revoca vale subito e non si può annullare: spuntate «Sono sicuro» e ripetete.",
            "Revoking works at once and cannot be undone: tick “I am sure” and do it again.",
        ),
        "portal.key.notice_revoked": (
            "Chiave revocata: non apre più nulla.",
            "Key revoked: it opens nothing any more.",
        ),
        "portal.key.notice_repeated": (
            "La chiave nuova era già stata data, una volta sola.",
            "The new key was given already, this once.",
        ),
        "portal.scope.push": ("inviare dati", "sending data"),
        "portal.scope.metrics": ("leggere le misure dell'hub", "reading the hub's metrics"),
        # --- limits ------------------------------------------------------------------------------------------------
        "portal.limits.title": ("Limiti", "Limits"),
        "portal.limits.intro": (
            "Chi chiama troppo spesso aspetta qualche secondo; non perde nulla e non disturba gli altri.",
            "Whoever calls too often waits for some seconds; it loses nothing and disturbs nobody.",
        ),
        "portal.limits.counts": (
            "Letture e invii dei programmi contano insieme, con tutte le chiavi. Guardare questa pagina non conta.",
            "What your programs read and hand in counts together, with all keys; looking at this page does not.",
        ),
        "portal.limits.headers": (
            "Ogni risposta del servizio dice quante richieste restano (X-RateLimit-Remaining).",
            "Each answer of the service says how many requests are left (X-RateLimit-Remaining).",
        ),
        "portal.limits.sending": ("Invii", "Handing in"),
        "portal.limits.reading": ("Letture", "Reading"),
        "portal.limits.at_once": ("Nello stesso momento", "At the same time"),
        "portal.limits.bodies": ("{n} invii; gli altri attendono", "{n} hand-ins; others wait"),
        "portal.limits.within": ("Deve arrivare entro", "Must come within"),
        "portal.limits.seconds": ("{n} secondi", "{n} seconds"),
        "portal.limits.page": ("Una pagina di un flusso al massimo", "One page of a feed at most"),
        "portal.limits.changes": ("{n} variazioni", "{n} changes"),
        "portal.limits.kept": ("Un segnalibro vale", "A bookmark is good for"),
        "portal.limits.days": ("{n} giorni", "{n} days"),
        "portal.limits.calls": ("Richieste al servizio", "Requests to the service"),
        "portal.limits.limit": ("Al massimo ogni {window}", "At most every {window}"),
        "portal.limits.left": ("Ancora disponibili adesso", "Left right now"),
        "portal.limits.reset": ("Di nuovo tutte disponibili", "All available again"),
        "portal.limits.reset_now": ("adesso", "now"),
        "portal.limits.reset_in": ("fra {n} secondi", "in {n} seconds"),
        "portal.limits.reset_in.one": ("fra un secondo", "in a second"),
        "portal.limits.size": ("Un invio al massimo", "One hand-in at most"),
        "portal.limits.mb": ("{n} MB", "{n} MB"),
        # --- refusals ----------------------------------------------------------------------------------------------
        "portal.error.no_receipt": (
            "Non c'è una vostra ricevuta con questo numero.",
            "There is no receipt of yours with this number.",
        ),
        "portal.error.no_trial": (
            "Questo controllo non c'è più: vale un quarto d'ora. Scegliete di nuovo il file.",
            "This check is gone: it is kept for a quarter of an hour. Choose the file again.",
        ),
        "portal.error.no_blank": (
            "Per questo invio non c'è un modello da compilare.",
            "There is no empty file to fill in for this.",
        ),
        "portal.error.no_key": (
            "Non c'è una vostra chiave con questo inizio che questa possa revocare.",
            "There is no key of yours with this beginning that this one may revoke.",
        ),
        "portal.error.no_way": (
            "Questo flusso lo leggete voi: non c'è nulla da consegnare di nuovo.",
            "You fetch this feed yourselves: there is nothing to deliver again.",
        ),
        "portal.error.closed": (
            "Per la vostra organizzazione la chiave da sola non basta: rivolgetevi alla Regione.",
            "For your organisation a key alone is not enough: ask the region.",
        ),
    }
)
"""Key -> (Italian, English)."""
