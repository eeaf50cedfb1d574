"""`patto erasure`: take all that the ledger keeps of a pact and its person, for good; and see or lift what stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from patto_hub.cli.shell import AsJson, Exit, moment, shell_of

if TYPE_CHECKING:
    from patto_hub.cli.shell import Commands, Shell

_STILL_READ: Final = (
    "Qualcuno sta leggendo il registro: il suo giornale contiene ancora i dati; sarà svuotato da sé"
    " entro un'ora o al prossimo comando."
    " | Somebody is reading the ledger: its log still holds the data; it is emptied by itself within an hour"
    " or at the next command."
)
_OLD_COPIES: Final = (
    "Le copie del registro fatte prima (patto db backup) contengono ancora i dati: vanno eliminate."
    " | Copies of the ledger made before (patto db backup) still hold the data: they must be destroyed."
)


def pact(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="La chiave del patto, il CUP o il protocollo. | Its key.")],
    reason: Annotated[str, typer.Option(help="Chi l'ha deciso e perché, senza nomi. | Who decided it, and why.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Non chiedere conferma. | Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a pact's dossier, with its person, for good; readers are told to delete their copies."""
    from patto_hub.cli.ledgers import actor, desk
    from patto_hub.ledger import dossiers, erasure, secrets
    from patto_hub.road.erase import erase

    shell = shell_of(context)
    if not reason.strip():
        raise shell.halt("Serve un motivo: --reason '...' | A reason is needed: --reason '...'", Exit.USAGE)
    with desk(shell) as at:
        found = at.ledger.read_now(dossiers.pacts, name)
        secret = at.ledger.write_now(secrets.get, erasure.SECRET, at.world)
        if not found and (before := at.ledger.read_now(erasure.of_pact, secret, name)) is not None:
            shell.tell(
                f"È già cancellato (n. {before}); non resta niente da fare."
                f" | It is erased already (no. {before}); nothing is left to do."
            )
            return
        _confirm(shell, len(found), yes=yes)
        done = at.ledger.erase_now(
            erase,
            pacts={each.head_id for each in found},
            secret=secret,
            reason=reason,
            actor=actor(),
            now=at.now,
        )
        wiped = at.ledger.wipe_now()
    if not wiped:
        shell.warn(_STILL_READ)
    if as_json:
        shell.give({name: getattr(done, name) for name in done.__slots__})
        return
    shell.tell(
        f"Cancellazione n. {done.number}: {done.records} schede, {done.aside} righe da parte, {done.pages} pagine"
        f" originali; {done.told} organizzazioni avvisate di cancellare la propria copia."
        f" | Erasure no. {done.number}: {done.records} records, {done.aside} rows set aside, {done.pages} raw pages;"
        f" {done.told} organisations told to delete their copy."
    )
    shell.warn(_OLD_COPIES)


def _confirm(shell: Shell, found: int, *, yes: bool) -> None:
    """Ask before dossiers are erased; without any, or without a yes, the command ends here."""
    if not found:
        raise shell.halt("Nessun patto con questo identificativo. | No pact has this identifier.")
    if not yes and not typer.confirm(
        shell.say(
            f"{found} fascicoli saranno cancellati per sempre. Procedere?"
            f" | {found} dossiers will be erased for good. Go on?"
        )
    ):
        raise shell.halt("Niente è stato cancellato. | Nothing was erased.")


def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the erasures that stand: what they were about is refused if it comes again."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import erasure

    shell = shell_of(context)
    with desk(shell) as at:
        found = at.ledger.read_now(erasure.standing)
    if as_json:
        shell.give(
            [{"number": number, "at": moment(when), "names": count, "actor": who} for number, when, count, who in found]
        )
        return
    shell.table(
        ("N. | No.", "Quando | When", "Nomi e chiavi | Names and keys", "Chi | Who"),
        [(number, moment(when), count, who) for number, when, count, who in found],
    )


def lift(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Il numero della cancellazione. | The erasure's number.")],
    reason: Annotated[
        str, typer.Option(help="Perché il trattamento è di nuovo lecito. | Why it may be processed again.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Take the person or pact in again when a partner sends it; what was erased does not come back by itself."""
    from patto_hub.cli.ledgers import desk
    from patto_hub.ledger import erasure

    shell = shell_of(context)
    if not reason.strip():
        raise shell.halt("Serve un motivo: --reason '...' | A reason is needed: --reason '...'", Exit.USAGE)
    with desk(shell) as at:
        count = at.write(
            "erasure.lift",
            lambda connection: erasure.lift(connection, number),
            lambda lifted: (f"audit:{number}", {"reason": reason, "names": lifted}),
        )
    if not count:
        raise shell.halt(f"Nessuna cancellazione n. {number} in vigore. | No erasure no. {number} stands.")
    if as_json:
        shell.give({"number": number, "names": count})
        return
    shell.tell(f"Cancellazione n. {number} revocata. | Erasure no. {number} lifted.")


commands: Commands = {
    "pact": (pact, "Cancella un patto e la sua persona. | Erase a pact and its person."),
    "list": (list_, "Elenca le cancellazioni in vigore. | List the erasures that stand."),
    "lift": (lift, "Revoca una cancellazione. | Lift an erasure."),
}
