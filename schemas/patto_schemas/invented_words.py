"""The words that invented records are put together from: common Italian names, duties and goals of pacts."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


FAMILY_NAMES: Final = _words(
    "Amoruso Barile Basile Bianco Caputo Carbone Cassano Colucci Conte De_Luca De_Santis Di_Bari D'Amico "
    "D'Elia Esposito Ferrara Fiore Fumarola Galante Gallo Greco Guarini Laera Lorusso Losito Macchia Mancini "
    "Marangi Martino Mastronardi Monno Palmisano Perrone Pinto Quaranta Romano Ruggiero Russo Santoro "
    "Schiavone Semeraro Tedesco"
)
MALE_NAMES: Final = _words(
    "Andrea Angelo Antonio Carlo Cosimo Domenico Donato Francesco Giovanni Giuseppe Luigi Marco Michele "
    "Niccolò Nicola Pasquale Pietro Rocco Salvatore Vito"
)
FEMALE_NAMES: Final = _words(
    "Angela Anna Antonella Carmela Chiara Daniela Elena Francesca Giulia Grazia Ilaria Lucia Maria Marta Paola "
    "Rosa Sara Teresa Valeria Vita"
)
STREETS: Final = ("via Roma", "via Garibaldi", "corso Vittorio Emanuele", "via Aldo Moro", "piazza San Nicola")
GOALS: Final = (
    "Completare un percorso di riqualificazione professionale",
    "Riprendere gli studi e conseguire la licenza media",
    "Avviare un tirocinio di inclusione presso un'azienda del territorio",
    "Garantire la frequenza scolastica dei figli minori",
    "Trovare una soluzione abitativa stabile",
)
DUTIES: Final = (
    "Frequentare le attività concordate senza assenze ingiustificate",
    "Presentarsi ai colloqui con l'assistente sociale di riferimento",
    "Collaborare con il tutor aziendale e rispettare gli orari",
    "Comunicare entro cinque giorni ogni variazione del nucleo",
)
COURSES: Final = ("Operatore della ristorazione", "Addetto alle vendite", "Alfabetizzazione digitale", "Cura del verde")
