"""Brings a ledger's schema to the one that this code knows, in one transaction: kept whole or not at all."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from patto_hub.ledger import backup
from patto_hub.ledger.store import make_engine
from patto_hub.ledger.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"


class WrongSchema(Exception):  # noqa: N818 - the ledger is at fault, not the program
    """The ledger's schema is not the one that this program knows; the message says what to do."""


def head() -> str:
    """Name the newest migration that this program knows."""
    newest = _script().get_current_head()
    if newest is None:
        message = f"no migrations in {MIGRATIONS}: the installation is incomplete"
        raise WrongSchema(message)
    return newest


def current(path: Path) -> str | None:
    """Name the migration that a ledger has reached; None for a new or missing file.

    Raises:
        WrongSchema: the file is a database of something else.
    """
    if not path.exists():
        return None
    return _with_connection(path, reached)


def reached(connection: Connection) -> str | None:
    """Name the migration that an open database has reached; None for an empty one.

    Raises:
        WrongSchema: it is a database of something else.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None and (tables := _tables(connection)):
        message = (
            f"Il file contiene un database che non è un registro di Patto (tabelle: {', '.join(tables[:5])})."
            " Indicare un altro file in [hub] ledger."
            f" | This file holds a database that is no Patto ledger (tables: {', '.join(tables[:5])})."
            " Name another file under [hub] ledger."
        )
        raise WrongSchema(message)
    return found


def pending(path: Path) -> list[str]:
    """List the migrations that a ledger still needs, in the order in which they run.

    Raises:
        WrongSchema: the ledger was written by a newer program, or is no ledger.
    """
    return _pending(current(path), path)


def require_current(path: Path) -> None:
    """Let a ledger be opened only if its schema is exactly the one that this program knows.

    Raises:
        WrongSchema: it is missing, older or newer; the message says which and what to do.
    """
    steps = pending(path)
    if steps:
        message = (
            f"Il registro {path} non è aggiornato: mancano {len(steps)} migrazioni ({', '.join(steps)})."
            " Eseguire: patto db upgrade (prima ne viene fatta una copia)."
            f" | The ledger {path} lacks {len(steps)} migrations ({', '.join(steps)})."
            " Run: patto db upgrade (it makes a copy first)."
        )
        raise WrongSchema(message)


def upgrade(path: Path, *, also: Sequence[Path] = ()) -> list[str]:
    """Bring the ledger in this file to the newest schema, made if missing; gives the migrations that ran.

    A ledger that holds data is first copied to `<name>.before-<migration>.db` beside it. `also` names further folders
    of migrations.

    Raises:
        WrongSchema: the ledger was written by a newer program, or is no ledger.
        sqlite3.Error: the copy or a migration failed; the ledger is as it was.
    """
    start = current(path)
    steps = _pending(start, path, also)
    if not steps:
        return []
    if start is None:
        backup.make_empty(path)
    else:
        backup.make(path, path.with_name(f"{path.stem}.before-{steps[-1]}.db"), replace=True)
    _in_one_transaction(path, lambda connection: command.upgrade(_config(connection, also), "head"))
    return steps


def downgrade(path: Path, revision: str) -> None:
    """Take the schema back to a migration (`base` for none); what later ones brought is dropped."""
    _in_one_transaction(path, lambda connection: command.downgrade(_config(connection), revision))


def differences(path: Path) -> list[str]:
    """Say where a ledger's schema differs from `tables.metadata`; empty if it does not."""
    return _with_connection(path, compared)


def compared(connection: Connection) -> list[str]:
    """Say where the schema that a connection sees differs from `tables.metadata`; empty if it does not."""
    return [repr(each) for each in compare_metadata(MigrationContext.configure(connection), metadata)]


def revise(message: str, revision: str) -> None:
    """Write a new migration from what `tables.metadata` has and the migrations have not; for developers.

    `python -c "from patto_hub.ledger import upgrade; upgrade.revise('Add a table of visits.', '0002')"`
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        upgrade(path)
        _with_connection(
            path,
            lambda connection: command.revision(_config(connection), message, autogenerate=True, rev_id=revision),
        )


def _pending(start: str | None, path: Path, also: Sequence[Path] = ()) -> list[str]:
    known = [each.revision for each in _script(also).walk_revisions()][::-1]
    if start is None:
        return known
    if start not in known:
        message = (
            f"Il registro {path} è alla migrazione {start}, che questa versione non conosce (la sua ultima è"
            f" {known[-1]}): è stato scritto da una versione più nuova. Installare quella, o ripristinare una copia."
            f" | The ledger {path} is at migration {start}, unknown to this version (whose newest is {known[-1]}):"
            " a newer version wrote it. Install that one, or restore a backup."
        )
        raise WrongSchema(message)
    return known[known.index(start) + 1 :]


def _tables(connection: Connection) -> list[str]:
    rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [row.name for row in rows if row.name != "alembic_version"]


def _in_one_transaction(path: Path, work: Callable[[Connection], object]) -> None:
    def run(connection: Connection) -> None:
        # A table that is made anew is dropped in between: with foreign keys on that would delete what refers to it.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            work(connection)
            _check_references(connection)
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")

    _with_connection(path, run)


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        message = f"the migration would leave a row of {broken[0]} that refers to nothing in {broken[2]}: undone"
        raise WrongSchema(message)


def _with_connection(path: Path, work: Callable[[Connection], T]) -> T:
    engine = make_engine(path)
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


def _config(connection: Connection | None = None, also: Sequence[Path] = ()) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _plain(MIGRATIONS))
    config.set_main_option("file_template", "step_%%(rev)s")
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(_plain, (MIGRATIONS / "versions", *also))))
    return config


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")  # a percent sign begins a variable in Alembic's settings


def _script(also: Sequence[Path] = ()) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(also=also))
