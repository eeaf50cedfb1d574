"""Typer's own words of a help page, in Italian: headings, the usage line, what it says of its own options."""

from __future__ import annotations

from typing import Any, Final

HEADINGS: Final = {"Options": "Opzioni", "Arguments": "Argomenti", "Commands": "Comandi"}
METAVARS: Final = {
    "[OPTIONS]": "[OPZIONI]",
    "COMMAND [ARGS]...": "COMANDO [ARGOMENTI]...",
}
TEXTS: Final = {
    "Show this message and exit.": "Mostra questo aiuto.",
    "Install completion for the current shell.": "Installa il completamento dei comandi nella shell in uso.",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "Mostra il completamento della shell in uso, per copiarlo o adattarlo."
    ),
}


def speak_italian(command: Any) -> None:  # noqa: ANN401 - typer's own, not public
    """Let a command's help page be Italian throughout; uses only what typer offers for it: a formatter of one's own."""
    context = command.context_class
    formatter = type("ItalianFormatter", (_Words, context.formatter_class), {})
    command.context_class = type("ItalianContext", (context,), {"formatter_class": formatter})
    for name in ("options_metavar", "subcommand_metavar"):
        if (said := getattr(command, name, None)) in METAVARS:
            setattr(command, name, METAVARS[said])


class _Words:
    """Put before typer's formatter: says its words in Italian and gives the rest on."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        base: Any = super()
        base.write_usage(prog, args, prefix or "Uso: ")

    def section(self, name: str) -> Any:  # noqa: ANN401 - typer's own
        base: Any = super()
        return base.section(HEADINGS.get(name, name))

    def write_dl(self, rows: Any, *more: Any, **named: Any) -> None:  # noqa: ANN401 - typer's own
        base: Any = super()
        base.write_dl([(first, TEXTS.get(second, second)) for first, second in rows], *more, **named)
