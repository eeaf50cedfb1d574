"""The partner's page and the README say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import patto_plugins.training_catalogue as plugin
from patto_plugins.training_catalogue.attendance import KINDS
from patto_plugins.training_catalogue.enrolments import TABLE
from patto_plugins.training_catalogue.settings import (
    Attendance,
    CatalogueSettings,
    Closings,
    Courses,
    Enrolments,
    Requests,
)

FOLDER = Path(plugin.__file__).parent


def test_partner_page_lists_every_word():
    page = (FOLDER / "SCHEDA.md").read_text("utf-8")
    words = {
        word for entry in TABLE.values() for rule in entry.values() if isinstance(rule, dict) for word in rule["words"]
    }

    assert [word for word in sorted(words | set(KINDS)) if not re.search(rf"\b{word}\b", page)] == []


def test_readme_lists_every_setting():
    page = (FOLDER / "README.md").read_text("utf-8")
    parts = {
        "courses": Courses,
        "enrolments": Enrolments,
        "requests": Requests,
        "closings": Closings,
        "attendance": Attendance,
    }
    names = [f"{part}.{name}" for part, model in parts.items() for name in model.model_fields]

    assert set(CatalogueSettings.model_fields) == {"http", *parts}
    assert [name for name in ["http", *names] if f"`{name}`" not in page] == []


def test_readme_example_runs(capsys):
    code = re.search(r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)[1]

    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page

    courses, providers = capsys.readouterr().out.split()
    assert int(courses) > int(providers) > 1
