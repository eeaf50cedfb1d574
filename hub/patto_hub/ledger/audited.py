"""What the audit tells: each action by its name, with what it means for whoever reads the audit, in both languages."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "audit.export": ("Esportato l'audit", "The audit was exported"),
        "erasure.lift": ("Revocata una cancellazione", "An erasure was lifted"),
        "feed.acknowledge": ("Un partner ha dato ricevuta di un flusso", "A partner acknowledged a feed"),
        "feed.read": ("Un partner ha letto schede di un flusso", "A partner read records of a feed"),
        "job.confirm_disappearance": ("Confermate sparizioni in un flusso", "Disappearances of a stream confirmed"),
        "job.pause": ("Sospeso un flusso", "A stream was paused"),
        "job.resume": ("Ripreso un flusso", "A stream was resumed"),
        "job.run_now": ("Chiesta la lettura di un flusso", "The reading of a stream was asked for"),
        "key.make": ("Creata una chiave di un partner", "A partner's key was made"),
        "key.revoke": ("Revocata una chiave di un partner", "A partner's key was revoked"),
        "lane.pause": ("Fermati gli invii a un ricevente", "Sending to a receiver was stopped"),
        "lane.replay": ("Chiesto un nuovo invio a un ricevente", "Sending again to a receiver was asked for"),
        "lane.replay_cancelled": ("Annullato un nuovo invio", "Sending again was cancelled"),
        "lane.resume": ("Ripresi gli invii a un ricevente", "Sending to a receiver was resumed"),
        "pact.erase": ("Cancellato un patto con la sua persona", "A pact was erased with its person"),
        "pact.show": ("Visto ciò che si sa di un patto", "What is known of a pact was looked at"),
        "portal.hand_in": ("Un partner ha inviato un file dal portale", "A partner handed in a file by the portal"),
        "portal.sign_in": ("Un partner è entrato nel portale", "A partner signed in to the portal"),
        "portal.values": (
            "Un partner ha visto i valori che un file provato cambierebbe",
            "A partner looked at the values that a tried file would change",
        ),
        "preview.values": ("Visti i valori di un'anteprima", "The values of a preview were looked at"),
        "quarantine.content": ("Visto il contenuto di una riga messa da parte", "The content of a row was looked at"),
        "quarantine.replay": ("Riletta una riga messa da parte", "A row that was set aside was read again"),
        "quarantine.waive": ("Chiusa una riga messa da parte", "A row that was set aside was closed"),
        "request.tracked": ("Richiesta con AUDIT_REST: chi c'è dietro", "A request with AUDIT_REST: who is behind it"),
        "staff.add": ("Aggiunto chi accede alla console", "Somebody may sign in to the console"),
        "staff.link": ("Creato un collegamento di accesso", "A link to sign in was made"),
        "staff.lock": ("Bloccato un accesso dopo tentativi falliti", "Signing in was locked after failed tries"),
        "staff.sign_in": ("Accesso alla console", "Somebody signed in to the console"),
        "token.end": ("Chiusi i token di un partner", "A partner's tokens were ended"),
        "token.give": ("Dato un token a un partner", "A partner was given a token"),
    }
)


def meaning(action: str, language: str) -> str:
    """Say what an action means; one of another version of the hub is called by its name."""
    it, en = ACTIONS.get(action, (action, action))
    return en if language == "en" else it
