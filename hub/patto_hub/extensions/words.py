"""Why a plugin is not in use, in words: what is wrong, and who can mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENTENCES: Final = {
    ("off", "it"): "disattivato dallo staff: {reason}",
    ("off", "en"): "switched off by staff: {reason}",
    ("import", "it"): "il suo codice non si importa ({why}); lo corregge l'autore del plugin",
    ("import", "en"): "its code cannot be imported ({why}); the plugin's author can mend it",
    ("version", "it"): "chiede patto {wants}, qui c'è {hub}; aggiornare il plugin o l'hub",
    ("version", "en"): "it asks for patto {wants}, this is {hub}; upgrade the plugin or the hub",
    ("duplicate", "it"): "il nome «{name}» è già di {other}; disinstallare uno dei due",
    ("duplicate", "en"): "the name '{name}' already belongs to {other}; uninstall one of them",
    ("hook", "it"): "la funzione {hook} non è un aggancio valido ({why}); lo corregge l'autore del plugin",
    ("hook", "en"): "the function {hook} is no valid hook ({why}); the plugin's author can mend it",
    ("declaration", "it"): "{hook} non dichiara ciò che deve ({why}); lo corregge l'autore del plugin",
    ("declaration", "en"): "{hook} does not declare what it should ({why}); the plugin's author can mend it",
}


def why_not_loaded(code: str, values: Mapping[str, str], language: str) -> str:
    """Say in one sentence why a plugin is left out."""
    known = {"hook": "register_connectors", "why": "", "reason": "", **values}
    return _SENTENCES[code, language].format_map(known)
