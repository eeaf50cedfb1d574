"""The troubles that the road itself finds, for people: Italian first, English after the bar, no personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_connectors.errors import Trouble, Unreachable

if TYPE_CHECKING:
    from datetime import date


class Stopped(Trouble):
    """A run was stopped by its limits or held by a guard; what was read so far is kept."""


def deadline(seconds: float) -> Stopped:
    """Say that a run has used up its time."""
    return Stopped(
        "run.deadline",
        f"La lettura è durata {seconds:g} s, tutto il tempo concesso."
        f" | The run has taken {seconds:g} s, its whole time.",
        hint="Quanto letto resta, la prossima riprende da lì."
        " | What was read is kept, the next run goes on from there.",
    )


def limit(pages: int, records: int) -> Stopped:
    """Say that a run has read as much as it may."""
    return Stopped(
        "run.limit",
        f"Più di {pages} pagine o {records} righe in una lettura."
        f" | More than {pages} pages or {records} rows in one run.",
        hint="Se il partner ne ha davvero tante, alzare i limiti del flusso."
        " | If there are that many, raise the limits.",
    )


def endless(pages: int) -> Stopped:
    """Say that a source goes in a circle."""
    return Stopped(
        "source.endless",
        f"{pages} pagine di fila senza nulla di nuovo: le pagine del partner girano in tondo."
        f" | {pages} pages in a row brought nothing new: the partner's pages go in a circle.",
        hint="Chiedere al partner come finisce il suo elenco; quanto letto resta."
        " | Ask the partner how its listing ends; what was read is kept.",
    )


def too_many_bad(bad: int, read: int) -> Stopped:
    """Say that so much is wrong that the format must be."""
    return Stopped(
        "run.too_many_bad",
        f"Record non leggibili: {bad} su {read}; il flusso è fermo, i buoni restano."
        f" | {bad} of {read} records were set aside: the stream is held, what was good is kept.",
        hint="Guardare le prime righe in quarantena; corretti dati o connettore, riprendere il flusso e rileggerle."
        " | Look at the first quarantined rows; after the data or the plugin is mended, resume and replay.",
    )


def no_page(seconds: float) -> Unreachable:
    """Say that a source gives no page."""
    return Unreachable(
        "page.timeout",
        f"Nessuna pagina in {seconds:g} s. | No page came within {seconds:g} s.",
        hint="Si riprova da sé; se continua, chiedere al partner. | It is tried again; if it goes on, ask the partner.",
    )


def no_answer(seconds: float) -> Unreachable:
    """Say that a partner does not answer to a delivery."""
    return Unreachable(
        "delivery.timeout",
        f"Il partner non ha risposto entro {seconds:g} s. | The partner did not answer within {seconds:g} s.",
        hint="Si riprova da sé, nulla va perso. | It is tried again, nothing is lost.",
    )


def subscription_ended(feed: str, last: date) -> Stopped:
    """Say that a partner's right to a feed is over."""
    return Stopped(
        "subscription.ended",
        f"L'abbonamento a «{feed}» valeva fino al {last:%d/%m/%Y} compreso: non si consegna più nulla."
        f" | The subscription to {feed} held up to and including {last}: nothing more is delivered.",
        hint="Lo rinnova la Regione («until» nelle impostazioni); poi la consegna riprende da dove era."
        " | The region renews it (`until` in the settings); delivery then goes on from where it was.",
    )


def subscription_withheld(reason: str) -> Stopped:
    """Say that a plugin does not let a partner have a feed now."""
    return Stopped(
        "subscription.withheld",
        reason,
        hint="Finché dura non si consegna nulla, e nulla va perso."
        " | As long as it lasts nothing is delivered, and nothing is lost.",
    )


def stuck_tasks(tasks: int) -> Trouble:
    """Say that a plugin does not end when it is told to."""
    return _stuck(
        f"{tasks} attività del connettore non si sono fermate."
        f" | {tasks} tasks of the plugin did not end when cancelled."
    )


def stuck_rows(rows: int, seconds: float) -> Trouble:
    """Say that a plugin's translate does not come back."""
    return _stuck(
        f"Tradurre {rows} righe è durato oltre {seconds:g} s. | Translating {rows} rows took more than {seconds:g} s."
    )


def _stuck(what: str) -> Trouble:
    return Trouble(
        "plugin.stuck",
        what,
        hint="Chi cura il connettore: gira a vuoto, blocca o ignora CancelledError; riavviare l'hub lo chiude."
        " | Whoever keeps the plugin: it loops, blocks or catches CancelledError; a restart of the hub ends it.",
    )


def bug(name: str) -> Trouble:
    """Say that a plugin threw what its contract does not name; `name` is the class of the error."""
    return Trouble(
        "plugin.bug",
        f"Il connettore ha un errore di programma ({name})."
        f" | The plugin raised {name}, which its contract does not name.",
        hint="Chi cura il connettore trova il punto nella traccia della lettura; nulla è perso, si riprende da lì."
        ""
        " | Whoever keeps the plugin finds the place in the run's traceback; nothing is lost.",
    )


def died() -> Trouble:
    """Say that a plugin's process has ended."""
    return Trouble(
        "plugin.died",
        "Il processo del connettore è finito a metà pagina. | The plugin's process ended in the middle of a page.",
        hint="Chi cura il connettore: il plugin termina il processo, o manca memoria."
        " | Whoever keeps the plugin: it ends its process, or memory ran out.",
    )


def vanished(job: str, gone: int, known: int) -> Trouble:
    """Say that a full list leaves out too much."""
    return Trouble(
        "snapshot.vanished",
        f"L'elenco completo del partner omette {gone} dei {known} record noti: le cancellazioni attendono."
        f" | The partner's full list leaves out {gone} of {known} known records: deletions wait.",
        hint="Chiedere al partner; se è giusto, confermare sulla pagina del flusso, o con:"
        f" patto run {job} --confirm-disappearance MOTIVO."
        " | Ask the partner; if it is right, confirm on the stream's page, or with:"
        f" patto run {job} --confirm-disappearance REASON.",
    )


def unsure(gone: int) -> Trouble:
    """Say that a full list cannot be compared, because rows of it could not be read."""
    return Trouble(
        "snapshot.unsure",
        f"Record noti che mancano dall'elenco: {gone}; altre righe non sono leggibili, le cancellazioni attendono."
        f" | {gone} known records are not in the list, but rows of it could not be read: deletions wait.",
        hint="Far correggere le righe in quarantena; il prossimo elenco completo decide."
        " | Have the quarantined rows mended; the next full list settles it.",
    )


def open_balance(run: int, read: int, accounted: int) -> Trouble:
    """Say that a run cannot account for all that it read."""
    return Trouble(
        "balance.open",
        f"La lettura {run} ha letto {read} record e ne spiega {accounted}."
        f" | Run {run} read {read} records and can account for {accounted}.",
        hint="Conservare il registro com'è e segnalarlo: è un difetto dell'hub."
        " | Keep the ledger as it is and report this: it is a fault of the hub.",
    )
