"""Why rows were set aside, for whoever ran the command: the most frequent reasons, in words, with who can mend them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_hub.cli.shell import Shell
    from patto_hub.ledger.quarantine import Reason
    from patto_hub.ledger.runs import Outcome
    from patto_hub.ledger.store import Ledger

FOLLOW = (
    "Una riga che non si legge come record ha altri controlli davanti (codici fiscali, date, regole):"
    " guardarla tutta prima di rimandarla."
    " | A row that cannot be read as a record has further checks before it (tax codes, dates, rules):"
    " look at all of it before sending it again."
)


async def reasons_of(ledger: Ledger, outcome: Outcome | None) -> Sequence[Reason]:
    """Give why a run has set rows aside; nothing if it has not."""
    from patto_hub.ledger import quarantine

    if outcome is None or not outcome.balance.quarantined:
        return ()
    return await ledger.read(quarantine.reasons, outcome.run.job, outcome.run.id)


def facts(shell: Shell, reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """Give the reasons for a machine."""
    return [
        {"code": each.code, "owner": each.owner, "rows": each.rows, "reason": _sentence(shell, each)}
        for each in reasons
    ]


def tell_aside(shell: Shell, job: str, reasons: Sequence[Reason]) -> None:
    """Say the reasons, and how to see the rows."""
    from patto_schemas.catalogue import OWNERS, checks_follow
    from patto_schemas.issues import Owner

    for each in reasons:
        owner = OWNERS[shell.language][Owner(each.owner)]
        who = shell.say("può correggere | can be mended by")
        shell.warn(f"  {each.rows:,} x {each.code}: {_sentence(shell, each)} ({who} {owner})")
    if any(checks_follow(each.code) for each in reasons):
        shell.warn(FOLLOW)
    command = f"patto quarantine list --job {job}"
    shell.warn(f"→ Quali righe, perché e chi corregge: {command} | → Which rows, why and who can fix: {command}")


def _sentence(shell: Shell, reason: Reason) -> str:
    from patto_schemas.catalogue import explain
    from patto_schemas.issues import Issue

    shown = next((each for each in json.loads(reason.issues) if each["code"] == reason.code), None)
    if shown is None:
        return reason.code
    said = explain(Issue(shown["code"], shown["where"], values=shown.get("values", {})), shell.language)
    return f"{said.rstrip('.')} ({shown['where']})." if shown["where"] else said
