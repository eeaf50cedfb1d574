from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from textwrap import dedent

import pytest
from sqlalchemy import create_engine

from patto_hub.ledger import backup, upgrade
from patto_hub.ledger.tables import metadata

LATER = """
    '''Add a note to each run, and make its table anew.'''
    import sqlalchemy as sa
    from alembic import op

    revision = "test2"
    down_revision = "{head}"
    branch_labels = None
    depends_on = None

    def upgrade():
        with op.batch_alter_table("run", recreate="always") as batch:
            batch.add_column(sa.Column("note", sa.Text(), nullable=False, server_default="-"))
        op.execute("UPDATE run SET note = job")
        op.create_index("ix_run_note", "run", ["note"])

    def downgrade():
        with op.batch_alter_table("run") as batch:
            batch.drop_index("ix_run_note")
            batch.drop_column("note")
"""
STEPS = ["0001", "0002", "0003"]
"""All migrations, in order: each release adds its own."""
KILLED = """
    import os, signal, sys
    from pathlib import Path
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from patto_hub.ledger import upgrade

    path, also, last = Path(sys.argv[1]), [Path(each) for each in sys.argv[3:]], int(sys.argv[2])
    seen = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def count(*_):
        global seen
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

    upgrade.upgrade(path, also=also)
    print("statements", seen)
"""


def killed_at(statement, path, *also):
    """Upgrade in a process of its own that is killed before its n-th statement; gives how it ended and what it said."""
    command = [sys.executable, "-c", dedent(KILLED), str(path), str(statement), *map(str, also)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def schema(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic_version%'")
        return {
            (kind, name): None if sql is None else sorted(re.split(r",?\s*\n\s*", sql.strip()))
            for kind, name, sql in rows
        }


@pytest.fixture
def later(tmp_path):
    folder = tmp_path / "later"
    folder.mkdir()
    (folder / "step_test2.py").write_text(dedent(LATER.format(head=upgrade.head())), encoding="utf-8")
    return folder


@pytest.fixture
def used(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO partner (id, name, plugin) VALUES (1, 'foggia', 'test')")
        connection.executemany(
            "INSERT INTO run (job, partner_id, fence, owner, reason, state, started_at)"
            " VALUES (?, 1, 1, 'h', 'cli', 'done', ?)",
            [(f"foggia/{n}", n) for n in range(500)],
        )
        connection.commit()
    return path


def runs_in(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*), sum(started_at) FROM run").fetchone()


def test_the_migrated_schema_is_exactly_that_of_the_tables(path, tmp_path):
    made = tmp_path / "made.db"
    engine = create_engine(f"sqlite:///{made}")
    metadata.create_all(engine)
    engine.dispose()

    assert schema(path) == schema(made), "write a migration: see patto_hub.ledger.upgrade.revise"
    assert upgrade.differences(path) == []


def test_the_way_back_leaves_nothing(path):
    upgrade.downgrade(path, "base")

    assert schema(path) == {}
    assert upgrade.upgrade(path) == STEPS


def test_a_new_ledger_is_made_and_needs_nothing_more(tmp_path):
    path = tmp_path / "new.db"

    assert upgrade.current(path) is None
    assert upgrade.pending(path) == STEPS
    assert upgrade.upgrade(path) == STEPS
    assert upgrade.upgrade(path) == []
    assert upgrade.current(path) == upgrade.head()
    upgrade.require_current(path)


def test_a_folder_may_have_any_name(tmp_path, later):
    folder = tmp_path / "100% di più?x=1#è"
    folder.mkdir()
    moved = later.rename(folder / "later")

    assert upgrade.upgrade(folder / "ledger.db", also=[moved]) == [*STEPS, "test2"]
    assert upgrade.current(folder / "ledger.db") == "test2"
    assert "ledger.db" in {each.name for each in folder.iterdir()}


def test_a_new_ledger_can_give_space_back(path):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_a_ledger_that_lacks_a_migration_is_not_opened_and_is_told_what_to_do(tmp_path):
    with pytest.raises(upgrade.WrongSchema, match="patto db upgrade"):
        upgrade.require_current(tmp_path / "none.db")


def test_a_ledger_of_a_newer_version_is_refused_untouched(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()

    for refuses in (upgrade.require_current, upgrade.upgrade, upgrade.pending):
        with pytest.raises(upgrade.WrongSchema, match="9999"):
            refuses(path)

    assert path.read_bytes() == before


def test_a_database_of_something_else_is_refused_untouched(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (x)")

    with pytest.raises(upgrade.WrongSchema, match="recipes"):
        upgrade.upgrade(path)

    assert list(schema(path)) == [("table", "recipes")]


def test_an_upgrade_copies_the_ledger_first(used, later):
    assert upgrade.upgrade(used, also=[later]) == ["test2"]

    copy = backup.check(used.with_name("ledger.before-test2.db"))
    assert copy.migration == STEPS[-1]
    assert copy.rows["run"] == 500
    assert runs_in(used) == (500, 124_750)


def test_a_migration_that_would_break_references_is_undone(used, later):
    step = later / "step_test2.py"
    step.write_text(step.read_text().replace("UPDATE run SET note = job", "DELETE FROM partner"))

    with pytest.raises(upgrade.WrongSchema, match="refers to nothing"):
        upgrade.upgrade(used, also=[later])

    assert upgrade.current(used) == STEPS[-1]
    assert runs_in(used) == (500, 124_750)


def test_F05_a_kill_anywhere_in_the_first_migration_is_made_good_by_the_next_start(tmp_path):
    _, told = killed_at(0, tmp_path / "whole.db")
    statements = int(told.split()[-1])

    for n in (9, statements // 2, statements):
        path = tmp_path / f"{n}.db"
        code, _ = killed_at(n, path)
        assert code == -9
        assert upgrade.upgrade(path) == STEPS
        assert upgrade.differences(path) == []

    assert statements > 40


def test_F05_a_kill_anywhere_in_a_later_migration_leaves_the_data_and_the_next_start_goes_on(used, later, tmp_path):
    original = used.read_bytes()
    whole = tmp_path / "whole.db"
    whole.write_bytes(original)
    _, told = killed_at(0, whole, later)
    statements = int(told.split()[-1])

    for n in (statements - 6, statements - 2, statements):
        used.write_bytes(original)
        code, _ = killed_at(n, used, later)
        assert code == -9
        assert upgrade.current(used) == STEPS[-1]
        assert runs_in(used) == (500, 124_750)
        assert upgrade.upgrade(used, also=[later]) == ["test2"]
        assert runs_in(used) == (500, 124_750)
