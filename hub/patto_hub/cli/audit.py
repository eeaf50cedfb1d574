"""`patto audit`: who did what and when; the whole of it as a file, which anybody can verify without the ledger."""

from __future__ import annotations

import json
import os
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_hub.cli.shell import Commands
    from patto_hub.ledger.audit import Entry
    from patto_hub.ledger.store import Connection

_BYTES = ("detail_digest", "prev", "hash")
_FACTS = ("n", "at", "actor", "action", "subject", "detail", *_BYTES)


def list_(
    context: typer.Context,
    *,
    actor: Annotated[
        str, typer.Option("--actor", help="Solo di chi inizia così, come partner:borgo. | Only whose name begins so.")
    ] = "",
    action: Annotated[
        str, typer.Option("--action", help="Solo ciò che inizia così, come feed. | Only what begins so, as feed.")
    ] = "",
    subject: Annotated[
        str, typer.Option("--subject", help="Solo su questo, come il nome di un flusso. | Only about this.")
    ] = "",
    before: Annotated[
        int | None, typer.Option("--before", help="Solo prima di questa voce. | Before this entry.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Quante voci. | How many entries.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was done, the newest first: when, by whom, what, on what."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import audit
    from patto_hub.ledger.audited import meaning

    shell = shell_of(context)
    with desk(shell) as at:
        found = at.ledger.read_now(
            lambda connection: audit.newest(
                connection, before=before, limit=limit, actor=actor, action=action, subject=subject
            )
        )
    if as_json:
        shell.give([_facts(each) for each in found])
        return
    shell.table(
        ("n.", "quando | when", "chi | who", "che cosa | what", "su | on", "dettaglio | detail"),
        [
            (each.n, moment(each.at), each.actor, meaning(each.action, shell.language), each.subject, each.detail)
            for each in found
        ],
    )


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Il file da scrivere, una voce per riga. | The file to write.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write the whole audit to a file, and say the hash of its last entry: note it elsewhere."""
    from patto_hub.cli.ledgers import desk

    shell = shell_of(context)
    try:
        target = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    except OSError as error:
        why = error.strerror or "OSError"
        raise shell.halt(f"{file}: non si può creare ({why}). | {file}: cannot be made ({why}).", Exit.USAGE) from error
    with target, desk(shell) as at:
        at.write("audit.export", lambda _: None, lambda _: ("audit", {}))
        count, head = at.ledger.read_now(_write, target)
    if as_json:
        shell.give({"file": file, "entries": count, "head": head})
        return
    shell.tell(f"{file}: voci: {count}; ultima: {head}. | {file}: entries: {count}; last: {head}.")


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Un file scritto con «patto audit export». | An exported file.")],
    *,
    head: Annotated[
        str, typer.Option("--head", help="L'ultima voce annotata a suo tempo. | The last entry as noted elsewhere.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Verify an exported audit, without a ledger: every entry, that none is missing, that the noted one is there."""
    from patto_hub.ledger import audit

    shell, seen = shell_of(context), set[str]()
    try:
        verdict = audit.verify_entries(_noted(_entries(file), seen))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise shell.halt(f"{file}: non è un audit esportato. | {file}: is no exported audit.") from error
    if verdict.broken is not None:
        raise shell.halt(
            f"{file}: la voce {verdict.broken} non segue da quelle prima."
            f" | {file}: entry {verdict.broken} does not follow from those before ({verdict.why})."
        )
    if head and head not in seen:
        raise shell.halt(
            f"{file}: manca la voce annotata {head}. | {file}: the entry that was noted, {head}, is not in it."
        )
    if as_json:
        shell.give({"entries": verdict.entries, "head": verdict.head.hex()})
        return
    shell.tell(
        f"{file}: intatto (voci: {verdict.entries}; ultima: {verdict.head.hex()})."
        f" | {file}: untouched (entries: {verdict.entries}; last: {verdict.head.hex()})."
    )


def _write(connection: Connection, target: TextIO) -> tuple[int, str]:
    """Write every entry as a line; gives how many there are, and the hash of the last."""
    from patto_hub.ledger import audit

    count, head = 0, ""
    for each in audit.entries(connection):
        target.write(json.dumps(_facts(each), ensure_ascii=False) + "\n")
        count, head = each.n, each.hash.hex()
    return count, head


def _facts(entry: Entry) -> dict[str, Any]:
    """Give an entry as JSON has it: digests in hex; `detail` is the text that its digest is of."""
    facts = {name: getattr(entry, name) for name in _FACTS}
    return facts | {name: facts[name].hex() for name in _BYTES}


def _entries(file: Path) -> Iterator[Entry]:
    from patto_hub.ledger.audit import Entry

    with file.open(encoding="utf-8") as lines:
        for line in lines:
            facts = json.loads(line)
            yield Entry(**facts | {name: bytes.fromhex(facts[name]) for name in _BYTES})


def _noted(entries: Iterator[Entry], seen: set[str]) -> Iterator[Entry]:
    for each in entries:
        seen.add(each.hash.hex())
        yield each


commands: Commands = {
    "list": (list_, "Chi ha fatto che cosa e quando. | Who did what and when."),
    "export": (export, "Scrive tutto l'audit in un file. | Write the whole audit to a file."),
    "verify": (verify, "Verifica un audit esportato, senza registro. | Verify an exported audit, without a ledger."),
}
