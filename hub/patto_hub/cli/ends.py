"""How a command ends: its exit code, and one sentence instead of a traceback for whatever a person can mend."""

from __future__ import annotations

import os
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.exceptions import TyperException

from patto_hub.cli.shell import Exit, Halt, Language, pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CODES: Final = {
    "WrongSettings": Exit.CONFIG,
    "WrongSchema": Exit.CONFIG,
    "UnreadableSwitches": Exit.CONFIG,
    "PortTaken": Exit.TEMPORARY,
    "Unreachable": Exit.TEMPORARY,
    "Trouble": Exit.FAILED,
    "BadLedger": Exit.FAILED,
    "TooManyKeys": Exit.FAILED,
}
"""Errors that people can act on, by the names of their classes: comparing names loads no module that the command did
not."""
_USAGE: Final = {
    r"No such command '(.+)'\.": "Comando sconosciuto: {0}.",
    r"Got unexpected extra argument\(?s?\)? \((.+)\)": "Di troppo: {0}.",
    r"Missing argument '?(.+?)'?\.": "Manca: {0}.",
    r"Missing option '?(.+?)'?\.": "Manca l'opzione {0}.",
    r"No such option: (\S+)": "Opzione sconosciuta: {0}.",
    r"Option '(.+)' requires an argument\.": "L'opzione {0} vuole un valore.",
    r"Invalid value for '(.+?)': (.+)": "Valore non valido per {0}: {1}",
}


def ended(command: Any, arguments: Sequence[str], language: Language, *, debug: bool) -> int:  # noqa: ANN401 - typer's
    """Run a parsed command and give its exit code; only `--debug` shows a traceback."""
    try:
        code = command.main(args=list(arguments), prog_name="patto", standalone_mode=False)
    except TyperException as error:
        return _usage(error, language)
    except typer.Abort:
        _print(pick("Interrotto. | Interrupted.", language))
        return Exit.FAILED
    except BrokenPipeError:
        _silence_output()
        return Exit.OK
    except Exception as error:  # noqa: BLE001 - the last line before the person
        return _explain(error, language, debug=debug)
    return code if isinstance(code, int) else Exit.OK


def _explain(error: Exception, language: Language, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    while isinstance(error, ExceptionGroup):  # tasks that stood beside each other: the first says enough
        error = error.exceptions[0]
    if isinstance(error, Halt):
        _print(str(error))
        return error.code
    name = next((base.__name__ for base in type(error).__mro__ if base.__name__ in _CODES), None)
    if name is not None:
        for sentence in _sentences(error, name, language):
            _print(sentence)
        return _CODES[name]
    where = traceback.extract_tb(error.__traceback__)[-1]
    text = (
        "Errore imprevisto ({0}, {1}:{2}). Ripetere con --debug e segnalarlo."
        " | Unexpected error ({0}, {1}:{2}). Repeat with --debug and report it."
    )
    _print(pick(text, language).format(type(error).__name__, os.path.basename(where.filename), where.lineno))  # noqa: PTH119 - no path is opened
    return Exit.FAILED


def _sentences(error: Exception, name: str, language: Language) -> Iterator[str]:
    if name == "WrongSettings":
        for mistake in getattr(error, "mistakes", ()):
            yield mistake.sentence(language)
    elif name == "UnreadableSwitches":
        text = "{0}: il file è danneggiato; cancellarlo o correggerlo. | {0}: the file is damaged; delete or mend it."
        yield pick(text, language).format(error)
    elif name == "PortTaken":
        text = (
            "L'indirizzo {0} è già occupato: un altro hub è in funzione? Cambiare [web] port, o PATTO_WEB__PORT."
            " | The address {0} is taken: is another hub running? Change [web] port, or PATTO_WEB__PORT."
        )
        yield pick(text, language).format(error)
    else:
        yield pick(str(error), language)
        if hint := pick(getattr(error, "hint", ""), language):
            yield f"→ {hint}"


def _usage(error: TyperException, language: Language) -> int:
    context: Any = getattr(error, "ctx", None)
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message)
        return error.exit_code
    _print(_usage_sentence(message) if language == "it" else message)
    path = context.command_path if context else "patto"
    _print(pick("Aiuto: {0} --help | Help: {0} --help", language).format(path))
    return error.exit_code


def _usage_sentence(message: str) -> str:
    for pattern, sentence in _USAGE.items():
        if match := re.match(pattern, message):
            return sentence.format(*match.groups())
    return message


def _silence_output() -> None:
    """Let the process end quietly when its reader (`| head`) has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(text: str) -> None:
    typer.echo(text, err=True)
