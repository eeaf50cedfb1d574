"""What keeps a lane: why changes are not handed to a receiver, besides what the receiver itself answers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

LANES: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "lane.withheld": Entry(
            "Il flusso non può essere inviato a questo partner in questo momento.",
            "The feed may not be sent to this partner at the moment.",
            "",
            "Rivolgersi alla Regione: l'abbonamento è scaduto o il flusso è sospeso; nulla va perso.",
            "Contact the region: the subscription has ended or the feed is withheld; nothing is lost.",
            Owner.REGION,
        ),
        "lane.paused": Entry(
            "L'invio è stato sospeso da una persona; riprende dal punto in cui era.",
            "Sending was stopped by a person; it goes on from where it was.",
            "patto lane resume lecce pacts",
            "Riprendere l'invio quando il motivo è venuto meno.",
            "Start it again when the reason is over.",
            Owner.REGION,
        ),
        "lane.broken": Entry(
            "L'hub non è riuscito a preparare il messaggio per il ricevente.",
            "The hub could not make the message for the receiver.",
            "",
            "Cercare «lane.broken» nel registro di sistema e segnalarlo; si riprova da sé.",
            "Look for `lane.broken` in the log and report it; it is tried again by itself.",
            Owner.ENGINEER,
        ),
    }
)
