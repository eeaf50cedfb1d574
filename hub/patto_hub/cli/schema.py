"""`patto schema`: the published JSON Schemas and XSDs."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from patto_hub.cli.shell import AsJson, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="La cartella di arrivo. | The folder to write to.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write the schemas of all kinds of records into a folder."""
    from patto_schemas.published.export import export as write

    shell = shell_of(context)
    written = [str(path) for path in write(folder)]
    if as_json:
        shell.give(written)
    else:
        shell.tell(f"{len(written)} file in {folder}. | {len(written)} files in {folder}.")


commands: Commands = {
    "export": (export, "Scrive JSON Schema e XSD in una cartella. | Write JSON Schemas and XSDs to a folder.")
}
