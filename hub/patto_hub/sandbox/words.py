"""Every sentence of the sandbox, in Italian and in English side by side."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BANNER: Final = {
    "it": "AMBIENTE DI PROVA (SANDBOX): persone inventate, nessun dato vero",
    "en": "SANDBOX (AMBIENTE DI PROVA): invented people, no real data",
}
SECTION: Final = {"it": "Prova", "en": "Sandbox"}
WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "title": ("Ambiente di prova", "Sandbox"),
        "intro": (
            (
                "Qui si prova tutto con persone inventate, prima del primo dato vero: indirizzi, formati e pagine sono"
                " gli stessi dell'hub in esercizio."
            ),
            (
                "Here everything is tried with invented people before the first real record: addresses, formats and"
                " pages are those of the hub in operation."
            ),
        ),
        "you_are": ("Nel mondo inventato rappresentate", "In the invented world you stand for"),
        "today": ("Nel mondo inventato oggi è il", "In the invented world today is"),
        "steps": ("Far succedere qualcosa", "Make something happen"),
        "step.new_pact": ("Un nuovo patto che vi riguarda", "A new pact that concerns you"),
        "step.correction": ("Una correzione", "A correction"),
        "step.withdrawal": ("Il consenso viene ritirato", "The consent is withdrawn"),
        "step.erasure": ("Una cancellazione", "An erasure"),
        "step.days": ("Passano 30 giorni", "30 days pass"),
        "happened": ("Fatto. Variazioni per voi: {}.", "Done. Changes for you: {}."),
        "faults": ("Provocare un guasto", "Provoke a fault"),
        "faults.which": ("Quale guasto", "Which fault"),
        "faults.intro": (
            "Succede una volta alla vostra prossima richiesta o al prossimo avviso, e a nessun altro partner.",
            "It happens once, to your next request or your next message, and to no other partner.",
        ),
        "order": ("Ordina", "Order"),
        "ordered": ("Ordinato.", "Ordered."),
        "waiting": ("Guasti in attesa", "Faults that wait"),
        "clear": ("Annulla i guasti in attesa", "Take them back"),
        "cleared": ("Annullati.", "Taken back."),
        "judged": ("Che cosa ha fatto il vostro ricevitore", "What your receiver did"),
        "right": ("come deve", "as it should"),
        "wrong": ("non come deve", "not as it should"),
        "reset": ("Tornare al primo giorno", "Back to the first day"),
        "reset.intro": (
            (
                "Vale per tutti i partner dell'ambiente: quanto è stato inviato e provato sparisce, le chiavi iniziali"
                " valgono di nuovo. Dura qualche secondo, poi si rientra con la chiave."
            ),
            (
                "It holds for all partners of the sandbox: what was sent and tried is gone, the first keys hold again."
                " It takes a few seconds; then sign in again."
            ),
        ),
        "sure": ("Sì, ricominciare", "Yes, begin again"),
        "unsure": ("Spuntare prima la casella di conferma.", "Tick the box first."),
        "going_back": ("L'ambiente torna al primo giorno.", "The sandbox goes back to its first day."),
    }
)
