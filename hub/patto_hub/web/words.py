"""Every sentence of the staff's pages, in Italian and in English side by side, so that neither can be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.clock.calendar import Place

Language = Literal["it", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("it", "en")
_NEAR: Final = {-1: "tomorrow", 0: "today", 1: "yesterday"}
_ELIDED: Final = (8, 11)
"""Days before which Italian elides the article: `l'8 marzo`, `dall'11 marzo`."""


@dataclass(frozen=True, slots=True)
class Words:
    """Speaks one language at one moment in one place."""

    language: Language
    now: int
    place: Place

    def __call__(self, key: str, **values: object) -> str:
        """Give a sentence; numbers are written as the language does. With `n` equal to 1, `<key>.one` if there is one.

        Raises:
            KeyError: there is no such sentence, or it names a value that is not given.
        """
        chosen = f"{key}.one" if values.get("n") == 1 and f"{key}.one" in SENTENCES else key
        sentence = SENTENCES[chosen][LANGUAGES.index(self.language)]
        return sentence.format_map({name: self._said(value) for name, value in values.items()})

    def number(self, value: float) -> str:
        """Write a number."""
        return format_decimal(value, locale=self.language)

    def when(self, instant: int, *, seconds: bool = False) -> str:
        """Say an instant as people do: `oggi alle 02:31`, `ieri alle 18:00`, `il 3 marzo alle 02:30`."""
        return self._at("when", instant, "HH:mm:ss" if seconds else "HH:mm")

    def since(self, instant: int) -> str:
        """Say since when, preposition included: `dalle 02:31 di oggi`, `dal 3 marzo alle 02:30`."""
        return self._at("since", instant)

    def _at(self, kind: str, instant: int, clock: str = "HH:mm") -> str:
        moment, now = self.place.local(instant), self.place.local(self.now)
        days = (now.date() - moment.date()).days
        time = format_time(moment, clock, locale=self.language)
        if days in _NEAR:
            return self(f"{kind}.{_NEAR[days]}", time=time)
        day = format_date(moment, "d MMMM" if moment.year == now.year else "d MMMM y", locale=self.language)
        if self.language == "it" and moment.day == 1:
            day = f"1º{day[1:]}"
        return self(f"{kind}.day.elided" if moment.day in _ELIDED else f"{kind}.day", day=day, time=time)

    def clock(self, instant: int) -> str:
        """Say the time of day, with seconds."""
        return format_time(self.place.local(instant), "HH:mm:ss", locale=self.language)

    def span(self, seconds: float) -> str:
        """Say a length of time in its largest fitting unit, as it stands after `ogni` and `every`."""
        for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
            if seconds >= size and seconds % size == 0:
                return self(f"span.{unit}", n=int(seconds // size))
        return self("span.second", n=int(seconds))

    def _said(self, value: object) -> object:
        return self.number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def language_of(wanted: str | None) -> Language:
    """Give the language for what a request asks; Italian if it asks for none that there is."""
    return "en" if wanted == "en" else "it"


SENTENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # --- the frame ---------------------------------------------------------------------------------------------
        "site.tagline": (
            "Lo scambio dei patti di inclusione fra i partner",
            "The exchange of inclusion pacts between partners",
        ),
        "site.programme": ("Programma di inclusione sociale attiva", "Active social inclusion programme"),
        "site.skip": ("Vai al contenuto", "Skip to content"),
        "site.other_language": ("English", "Italiano"),
        "site.signed_in": ("{name} ({role})", "{name} ({role})"),
        "site.sign_out": ("Esci", "Sign out"),
        "site.footer": (
            "Ogni numero è preso dal registro al momento in cui la pagina è stata composta.",
            "Every number is read from the ledger at the moment the page is made.",
        ),
        "site.plain": (
            "Stile ridotto: mancano i file di Bootstrap Italia (python hatch_build.py).",
            "Reduced style: the files of Bootstrap Italia are missing (python hatch_build.py).",
        ),
        "role.region": ("Regione", "region"),
        "role.ambito": ("Ambito", "social district"),
        "role.engineer": ("tecnico", "engineer"),
        "role.auditor": ("revisore", "auditor"),
        "role.dpo": ("protezione dati", "data protection"),
        # --- time --------------------------------------------------------------------------------------------------
        "when.today": ("oggi alle {time}", "today at {time}"),
        "when.yesterday": ("ieri alle {time}", "yesterday at {time}"),
        "when.tomorrow": ("domani alle {time}", "tomorrow at {time}"),
        "when.day": ("il {day} alle {time}", "on {day} at {time}"),
        "when.day.elided": ("l'{day} alle {time}", "on {day} at {time}"),
        "since.today": ("dalle {time} di oggi", "since {time} today"),
        "since.yesterday": ("dalle {time} di ieri", "since {time} yesterday"),
        "since.tomorrow": ("dalle {time} di domani", "since {time} tomorrow"),
        "since.day": ("dal {day} alle {time}", "since {day} at {time}"),
        "since.day.elided": ("dall'{day} alle {time}", "since {day} at {time}"),
        "span.day": ("{n} giorni", "{n} days"),
        "span.day.one": ("giorno", "day"),
        "span.hour": ("{n} ore", "{n} hours"),
        "span.hour.one": ("ora", "hour"),
        "span.minute": ("{n} minuti", "{n} minutes"),
        "span.minute.one": ("minuto", "minute"),
        "span.second": ("{n} secondi", "{n} seconds"),
        # --- signing in --------------------------------------------------------------------------------------------
        "signin.title": ("Accesso del personale", "Staff sign-in"),
        "signin.name": ("Nome utente", "User name"),
        "signin.password": ("Password", "Password"),
        "signin.submit": ("Accedi", "Sign in"),
        "signin.wrong": ("Nome utente o password non corretti.", "User name or password is wrong."),
        "signin.locked": (
            "Troppi tentativi per questo nome: riprovare {when}.",
            "Too many tries for this name: try again {when}.",
        ),
        "signin.nobody": (
            "Non c'è ancora alcun utente: aprire il collegamento di prima configurazione scritto dall'hub all'avvio.",
            "There is no user yet. Open the set-up link that the hub printed when it started.",
        ),
        "signin.link_used": (
            "Il collegamento è scaduto o è già stato usato. Riavviare l'hub per averne uno nuovo, o accedere qui.",
            "The link has expired or was used before. Restart the hub for a new one, or sign in here.",
        ),
        "signin.ended": ("Sei uscito.", "You have signed out."),
        "signin.expired": ("La sessione è scaduta: accedi di nuovo.", "Your session has ended: sign in again."),
        "setup.title": ("Prima configurazione", "First set-up"),
        "setup.intro": (
            "Crea il primo utente del personale regionale. Questo collegamento funziona una volta sola.",
            "Make the first user of the region's staff. This link works once.",
        ),
        "setup.again": ("Ripeti la password", "Repeat the password"),
        "setup.rule": ("Almeno {n} caratteri; una frase va bene.", "At least {n} characters; a phrase is fine."),
        "setup.submit": ("Crea l'utente e accedi", "Make the user and sign in"),
        "setup.name_wrong": (
            "Da 2 a 60 caratteri: lettere, cifre, punto, trattino (esempio: anna.bianchi).",
            "2 to 60 characters: letters, digits, full stop, hyphen (example: anna.bianchi).",
        ),
        "setup.password_short": (
            "La password deve avere fra {n} e {most} caratteri.",
            "The password needs {n} to {most} characters.",
        ),
        "setup.password_name": ("La password contiene il nome utente.", "The password contains the user name."),
        "setup.password_differs": ("Le due password sono diverse.", "The two passwords differ."),
        # --- the state of things -----------------------------------------------------------------------------------
        "status.title": ("Stato dei flussi", "State of the streams"),
        "status.all_well": ("Tutti i flussi sono aggiornati.", "All streams are up to date."),
        "status.some": ("{n} flussi su {all} richiedono attenzione.", "{n} of {all} streams need attention."),
        "status.some.one": ("Un flusso su {all} richiede attenzione.", "One of {all} streams needs attention."),
        "status.none": (
            "Nessun flusso è configurato: aggiungere un partner in config/partners.",
            "No stream is configured: add a partner in config/partners.",
        ),
        "status.at": ("Situazione alle {time}", "As of {time}"),
        "status.refresh_off": ("Ferma l'aggiornamento automatico", "Stop refreshing by itself"),
        "status.refresh_on": ("Aggiorna da sola ogni {n} secondi", "Refresh by itself every {n} seconds"),
        "count.on_time": ("In regola", "On time"),
        "count.attention": ("Da seguire", "Need attention"),
        "count.paused": ("Sospesi", "Paused"),
        "count.quarantined": ("Righe in quarantena", "Rows in quarantine"),
        "count.parked": ("Schede in attesa", "Records waiting"),
        "column.stream": ("Partner e flusso", "Partner and stream"),
        "column.state": ("Stato", "State"),
        "column.expected": ("Atteso", "Expected"),
        "column.last": ("Ultima lettura", "Last reading"),
        "column.next": ("Prossima lettura", "Next reading"),
        "column.quarantine": ("Quarantena", "Quarantine"),
        "column.actions": ("Azioni", "Actions"),
        "state.on_time": ("In regola", "On time"),
        "state.late": ("In ritardo", "Late"),
        "state.failing": ("Non letto", "Not read"),
        "state.paused": ("Sospeso", "Paused"),
        "state.never": ("Mai letto", "Never read"),
        "state.unknown": ("Da verificare", "To be checked"),
        "state.unusable": ("Non configurato", "Cannot be used"),
        "unusable.why": ("Il flusso non può partire: {reason}", "The stream cannot start: {reason}"),
        "unusable.then": (
            "Gli altri flussi non ne risentono. Dopo la correzione riavviare l'hub.",
            "No other stream is affected. Restart the hub after mending it.",
        ),
        "unusable.who.settings": (
            "chi cura la configurazione dell'hub (patto config check)",
            "whoever configures the hub (patto config check)",
        ),
        "unusable.who.plugin": (
            "chi cura l'installazione e i connettori (patto plugin list)",
            "whoever keeps the installation and its plugins (patto plugin list)",
        ),
        "unusable.last": ("Non viene letto.", "It is not read."),
        "unusable.next": ("Dopo la correzione.", "Once mended."),
        "reason.late": ("Atteso {when}, non ancora arrivato.", "Expected {when}, not here yet."),
        "reason.paused": ("Sospeso da {by}: {reason}", "Paused by {by}: {reason}"),
        "reason.paused_until": ("Riprende {when}.", "Goes on {when}."),
        "reason.paused_open": ("Fino a nuova decisione.", "Until somebody resumes it."),
        "reason.no_expectation": ("Nessuna scadenza configurata.", "No deadline is configured."),
        "reason.balance_open": (
            "I conti dell'ultima lettura non tornano: avvisare il tecnico.",
            "The last reading's balance does not close: tell the engineer.",
        ),
        "reason.clock_was_wrong": (
            "L'ultima lettura porta una data futura: controllare l'orologio della macchina.",
            "The last reading is dated in the future: check the machine's clock.",
        ),
        "reason.bug": ("Errore del connettore: avvisare il tecnico.", "A fault of the plugin: tell the engineer."),
        "service.partner": ("chi gestisce il servizio del partner", "whoever runs the partner's service"),
        "reason.who": ("Chi può rimediare: {owner}.", "Who can fix it: {owner}."),
        "reason.detail": ("Dettaglio tecnico: {detail}", "Technical detail: {detail}"),
        "volume.zero": ("Letto, ma vuoto: di solito {usual} record.", "Read, but empty: usually {usual} records."),
        "volume.low": (
            "Molto meno del solito: {read} record contro {usual}.",
            "Much less than usual: {read} records instead of {usual}.",
        ),
        "expected.by": ("ogni giorno entro le {time}", "each day by {time}"),
        "expected.by_working": ("ogni giorno lavorativo entro le {time}", "each working day by {time}"),
        "expected.within": ("almeno ogni {span}", "at least every {span}"),
        "expected.planned": ("dopo ogni lettura prevista", "after each planned reading"),
        "expected.by_hand": ("solo a richiesta", "on request only"),
        # --- the last reading in words -----------------------------------------------------------------------------
        "last.running": ("Lettura in corso, iniziata {when}.", "Reading now, begun {when}."),
        "last.requested": ("Lettura richiesta da {by}, sta per iniziare.", "Asked for by {by}, about to begin."),
        "last.never": ("Il partner non è mai stato letto.", "The partner was never read."),
        "last.then": ("Quella volta: {balance}", "That time: {balance}"),
        "last.read": ("Letto {when}.", "Read {when}."),
        "last.nothing_new": (
            "Nessuna novità {since}: il partner risponde, ma non ha inviato nulla di nuovo.",
            "Nothing new {since}: the partner answers, but has sent nothing new.",
        ),
        "last.nothing_ever": (
            "Il partner risponde, ma non ha ancora inviato nulla.",
            "It answers, but sent nothing yet.",
        ),
        "last.unread_since": ("Non letto {since}.", "Not read {since}."),
        "last.unread_ever": ("Finora non è stato possibile leggerlo.", "It could not be read so far."),
        "balance.read": ("{n} record letti", "{n} records read"),
        "balance.read.one": ("1 record letto", "1 record read"),
        "balance.new": ("{n} nuovi", "{n} new"),
        "balance.new.one": ("1 nuovo", "1 new"),
        "balance.changed": ("{n} aggiornati", "{n} changed"),
        "balance.changed.one": ("1 aggiornato", "1 changed"),
        "balance.unchanged": ("{n} già noti", "{n} known already"),
        "balance.unchanged.one": ("1 già noto", "1 known already"),
        "balance.duplicate": ("{n} ripetuti", "{n} repeated"),
        "balance.duplicate.one": ("1 ripetuto", "1 repeated"),
        "balance.parked": ("{n} in attesa di altri dati", "{n} waiting for other data"),
        "balance.parked.one": ("1 in attesa di altri dati", "1 waiting for other data"),
        "balance.quarantined": ("{n} in quarantena", "{n} in quarantine"),
        "balance.quarantined.one": ("1 in quarantena", "1 in quarantine"),
        "balance.refused": ("{n} rifiutati", "{n} refused"),
        "balance.refused.one": ("1 rifiutato", "1 refused"),
        "next.at": ("{when}", "{when}"),
        "next.retry": ("Nuovo tentativo {when}.", "Next try {when}."),
        "next.paused": ("Dopo la sospensione.", "After the pause."),
        "next.by_hand": ("Quando qualcuno la chiede.", "When somebody asks for it."),
        "quarantine.none": ("nessuna riga", "no rows"),
        "quarantine.rows": ("{n} righe", "{n} rows"),
        "quarantine.rows.one": ("1 riga", "1 row"),
        "quarantine.of": ("{rows}: le può correggere {owner}", "{rows}: can be fixed by {owner}"),
        "owner.partner": ("chi ha inviato i dati", "whoever sent the data"),
        "owner.ambito": ("l'Ambito che guida il patto", "the social district that leads the pact"),
        "owner.engineer": ("chi cura il connettore", "whoever keeps the plugin"),
        "owner.region": ("il personale della Regione", "the region's staff"),
        "parked.rows": (
            "{n} schede attendono dati di altri partner",
            "{n} records wait for other partners' data",
        ),
        "parked.rows.one": (
            "1 scheda attende dati di altri partner",
            "1 record waits for other partners' data",
        ),
        # --- acting ------------------------------------------------------------------------------------------------
        "act.run": ("Leggi ora", "Read now"),
        "act.run_label": ("Leggi ora: {stream}", "Read now: {stream}"),
        "act.pause": ("Sospendi", "Pause"),
        "act.resume": ("Riprendi", "Resume"),
        "pause.title": ("Sospendere la lettura", "Pause the reading"),
        "pause.intro": (
            "Nulla va perso: alla ripresa si legge da dove ci si era fermati.",
            "Nothing is lost: when it goes on, reading starts where it stopped.",
        ),
        "pause.reason": ("Motivo", "Reason"),
        "pause.reason_example": (
            "Per esempio: il partner migra il gestionale fino a lunedì.",
            "For example: the partner is moving to another system until Monday.",
        ),
        "pause.until": ("Fino a (facoltativo)", "Until (optional)"),
        "pause.until_hint": (
            "Data e ora italiane. Senza data dura finché qualcuno la riprende.",
            "Italian date and time. Without one it lasts until somebody resumes.",
        ),
        "pause.reason_missing": (
            "Scrivi il motivo (al massimo {n} caratteri).",
            "Give the reason ({n} characters at most).",
        ),
        "pause.until_wrong": (
            "La data non è valida o non è futura. Esempio: 31/12/2026 alle 08:00.",
            "The date is not valid or not in the future. Example: 2026-12-31 08:00.",
        ),
        "act.confirm": ("Conferma la sparizione", "Confirm the disappearance"),
        "vanished.title": ("Record spariti dall'elenco del partner", "Records that vanished from the partner's list"),
        "vanished.intro": (
            "Chiedere prima al partner. Se è giusto, confermare: la prossima lettura li cancella, avvisando chi li ha.",
            "Ask the partner first. If it is right, confirm: the next reading deletes them and tells their readers.",
        ),
        "vanished.example": (
            "Per esempio: il partner ha chiuso i patti del bando precedente, telefonata del 3 marzo.",
            "For example: the partner closed the pacts of the last call, phone call of 3 March.",
        ),
        "vanished.wait": (
            "{n} record mancano dall'elenco completo: restano finché il personale della Regione non conferma.",
            "{n} records are missing from the full list: none is deleted until the region's staff confirm it.",
        ),
        "vanished.wait.one": (
            "Un record manca dall'elenco completo: non è cancellato finché il personale della Regione non conferma.",
            "One record is missing from the full list: it is not deleted until the region's staff confirm it.",
        ),
        "vanished.nothing": (
            "Non c'è più nulla da confermare: una lettura successiva ha deciso.",
            "There is nothing to confirm any more: a later reading has settled it.",
        ),
        "notice.confirmed": (
            "Sparizione confermata: la lettura inizia fra pochi secondi.",
            "Disappearance confirmed: the reading begins in seconds.",
        ),
        "notice.run_requested": (
            "Lettura richiesta: inizia fra pochi secondi.",
            "Reading requested: it begins in seconds.",
        ),
        "notice.run_repeated": (
            "La lettura era già stata richiesta: se ne fa una sola.",
            "The reading had been requested already: only one is made.",
        ),
        "notice.paused": ("Lettura sospesa.", "Reading paused."),
        "notice.resumed": ("Lettura ripresa.", "Reading goes on."),
        # --- one stream --------------------------------------------------------------------------------------------
        "job.back": ("Tutti i flussi", "All streams"),
        "job.connector": ("Flusso {job}, connettore {plugin}", "Stream {job}, plugin {plugin}"),
        "job.runs": ("Ultime letture", "Latest readings"),
        "job.no_runs": ("Nessuna lettura finora.", "No reading so far."),
        "run.begun": ("Inizio", "Begun"),
        "run.why": ("Perché", "Why"),
        "run.outcome": ("Esito", "Outcome"),
        "run.balance": ("Bilancio", "Balance"),
        "run.state.running": ("in corso", "running"),
        "run.state.done": ("completata", "complete"),
        "run.state.partial": ("completata con scarti", "complete, some set aside"),
        "run.state.failed": ("non riuscita", "failed"),
        "run.state.lost": ("interrotta", "lost"),
        "run.state.cancelled": ("annullata", "cancelled"),
        "run.state.stopped": ("fermata per troppi errori", "stopped, too many errors"),
        "run.reason.schedule": ("prevista", "planned"),
        "run.reason.catch_up": ("recupero", "catch-up"),
        "run.reason.retry": ("nuovo tentativo", "retry"),
        "run.reason.replay": ("riesame della quarantena", "replay of quarantine"),
        "run.reason.cli": ("dal terminale", "command line"),
        "run.reason.staff": ("richiesta da {by}", "asked for by {by}"),
        "job.quarantine": ("Righe in quarantena", "Rows in quarantine"),
        "job.quarantine_none": ("Nessuna riga in quarantena.", "No row is in quarantine."),
        "job.quarantine_intro": (
            "Qui si vede dove e perché, mai il contenuto: i dati personali restano nel registro.",
            "This shows where and why, never the content: personal data stay in the ledger.",
        ),
        "row.position": ("Posizione", "Position"),
        "row.issue": ("Che cosa non va", "What is wrong"),
        "row.owner": ("Chi può rimediare", "Who can fix it"),
        "row.state": ("Stato", "State"),
        "row.since": ("Da quando", "Since"),
        "row.more": ("e altri {n} problemi", "and {n} more problems"),
        "row.more.one": ("e un altro problema", "and one more problem"),
        "row.follow": (
            "Finché la riga non si legge, gli altri controlli attendono: guardarla tutta.",
            "Until the row can be read the other checks wait: look at all of it.",
        ),
        "row.times": ("arrivata {n} volte", "came {n} times"),
        "row.state.open": ("aperta", "open"),
        "row.state.fixed": ("corretta", "fixed"),
        "row.state.returned": ("restituita", "returned"),
        "row.state.waived": ("archiviata", "waived"),
        "row.older": ("Righe precedenti", "Older rows"),
        "drift.added": ("Campi nuovi inviati dal partner", "New fields that the partner sends"),
        "drift.field": ("{field}, {since}", "{field}, {since}"),
        "drift.more": ("e altri {n} campi", "and {n} more fields"),
        "drift.more.one": ("e un altro campo", "and one more field"),
        "drift.hint": (
            "Sono conservati ma non ancora usati: avvisare chi cura il connettore.",
            "They are kept but not used yet: tell whoever keeps the plugin.",
        ),
        # --- readers -----------------------------------------------------------------------------------------------
        "readers.title": ("Chi legge i nostri flussi", "Who reads our feeds"),
        "readers.none": ("Nessun partner ha ancora letto un flusso.", "No partner has read a feed yet."),
        "readers.partner": ("Partner", "Partner"),
        "readers.feed": ("Flusso in uscita", "Feed"),
        "readers.read": ("Ultima richiesta", "Last request"),
        "readers.position": ("A che punto è", "How far it is"),
        "readers.done": ("ha ricevuto tutto", "has received everything"),
        "readers.waiting": ("ha ancora dati da ricevere", "has more to receive"),
        # --- refusals ----------------------------------------------------------------------------------------------
        "error.title": ("Qualcosa non va", "Something is wrong"),
        "error.request": ("Numero della richiesta, da citare a chi assiste: {id}", "Request number, to quote: {id}"),
        "error.home": ("Torna allo stato dei flussi", "Back to the state of the streams"),
        "error.role": (
            "Il tuo ruolo può guardare ma non fare questa operazione: chiedi al personale regionale.",
            "Your role may look but not do this: ask the region's staff.",
        ),
        "error.stale_form": (
            "La pagina era rimasta aperta troppo a lungo: ricaricala e ripeti.",
            "The page was open for too long: reload it and do it again.",
        ),
        "error.origin": (
            "La richiesta non viene da questa pagina e non è stata eseguita.",
            "The request does not come from this page and was not carried out.",
        ),
        "error.no_job": ("Non c'è un flusso con questo nome.", "There is no stream of this name."),
    }
)
"""Key -> (Italian, English)."""
