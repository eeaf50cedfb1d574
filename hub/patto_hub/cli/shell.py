"""What every command works with: the language, the settings file, and how results and mistakes reach people."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from patto_hub.settings.read import Configuration

Language: TypeAlias = Literal["it", "en"]
Commands: TypeAlias = "Mapping[str, tuple[Callable[..., None], str]]"
"""Functions by the names of their commands, each with its help in two languages."""
AsJson = Annotated[bool, typer.Option("--json", help="Risultato in JSON. | Result as JSON.")]
BETWEEN = " | "
"""Stands between the Italian and the English half of a text in two languages."""


class Exit(IntEnum):
    """What the exit code of a command says."""

    OK = 0
    FAILED = 1
    USAGE = 2
    """The command was written wrongly."""
    PARTIAL = 3
    """Done, but some records were set aside or refused."""
    CONFIG = 4
    """The settings or the installation are at fault."""
    TEMPORARY = 75
    """Try again later."""


class Halt(Exception):  # noqa: N818 - no error of the program
    """A command cannot go on; said in one sentence, without a traceback."""

    def __init__(self, text: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(text)
        self.code = code


def pick(text: str, language: str) -> str:
    """Give one half of a text in two languages; a text in one language stays whole."""
    it, between, en = text.partition(BETWEEN)
    return en if between and language == "en" else it


def moment(instant: int | None) -> str | None:
    """Write an instant of the ledger for programs and tables, in universal time; None stays None."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Shell:
    """One call of the command line."""

    language: Language = "it"
    config: Path | None = None
    debug: bool = False
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def say(self, text: str) -> str:
        """Choose the language of a text in two languages."""
        return pick(text, self.language)

    def configuration(self, *, needed: bool = True) -> Configuration:
        """Read the settings; where they are not `needed` and there is no file, say what holds without them.

        Raises:
            WrongSettings: with every mistake.
        """
        from patto_hub.settings.read import config_file, read_settings

        file = config_file(self.config, self.environment)
        found = read_settings(file, self.environment, needed=needed)
        if not file.exists():
            text = "{0}: il file non c'è (patto config init lo crea); cartella dei dati: {1}"
            text += " | {0}: no such file (patto config init makes it); data folder: {1}"
            self.warn(self.say(text).format(file, found.data_dir))
        return found

    def tell(self, text: str = "") -> None:
        """Write a line for people, in the language of the call."""
        typer.echo(self.say(text))

    def warn(self, text: str) -> None:
        """Write a line beside the result, on standard error."""
        typer.echo(self.say(text), err=True)

    def give(self, value: Any) -> None:  # noqa: ANN401 - any result
        """Write a result as JSON."""
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write a table for people; heads are in two languages."""
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads:
            table.add_column(self.say(head), overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else str(cell) for cell in row))
        console().print(table)

    def halt(self, text: str, code: Exit = Exit.FAILED) -> Halt:
        """Make what ends the command with a sentence, to be raised."""
        return Halt(self.say(text), code)


def console() -> Console:
    """Give rich's console: colours on a terminal only, wide lines elsewhere, NO_COLOR obeyed."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, markup=False, highlight=False, emoji=False)


def shell_of(context: typer.Context) -> Shell:
    """Give the call that a command belongs to."""
    found = context.find_object(Shell)
    return Shell() if found is None else found
