"""The cooperative's page and the README say what the code does."""

from __future__ import annotations

import re

from patto_plugins.cooperatives.checks import CHECKS
from patto_plugins.cooperatives.profiles import PROFILES
from patto_plugins.cooperatives.settings import CooperativeSettings
from patto_plugins.cooperatives.translate import TABLE


def test_the_page_lists_every_word(folder):
    page = (folder / "SCHEDA.md").read_text("utf-8").casefold()
    words = {
        word for entry in TABLE.values() for rule in entry.values() if isinstance(rule, dict) for word in rule["words"]
    }

    assert len(words) > 15
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", page)] == []


def test_the_page_lists_every_sheet_and_column(folder):
    page = (folder / "SCHEDA.md").read_text("utf-8")
    plain = page.replace("**", "")
    titled = {f"{title} {name}" for title in ("Mattina", "Pomeriggio") for name in ("entrata", "uscita")}
    titled |= {"Firma tirocinante", "Firma tutor"}

    for each in (each for profile in PROFILES for each in profile.registers):
        assert each.name in page
        for name in (*each.columns, *each.above):
            words = name.split() if name in titled else [name]
            assert all(word in plain for word in words), name


def test_readme_lists_every_setting_and_every_rule(folder):
    page = (folder / "README.md").read_text("utf-8")
    names = [*CooperativeSettings.model_fields, *(each.rule for each in CHECKS)]

    assert [name for name in names if f"`{name}`" not in page] == []


def test_readme_example_runs(folder, capsys):
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)[1]

    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page

    assert capsys.readouterr().out == "True\n"
