"""The partners' page and the README say what the code does."""

from __future__ import annotations

import re

from patto_plugins.microcredit.checks import CHECKS
from patto_plugins.microcredit.settings import BankSettings, LenderSettings
from patto_plugins.microcredit.translate import TABLE


def test_partners_page_lists_every_word(folder):
    page = (folder / "SCHEDA.md").read_text("utf-8")
    words = {
        word for entry in TABLE.values() for rule in entry.values() if isinstance(rule, dict) for word in rule["words"]
    }

    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", page)] == []


def test_readme_lists_every_setting_and_every_rule(folder):
    page = (folder / "README.md").read_text("utf-8")
    names = [*LenderSettings.model_fields, *BankSettings.model_fields, *(each.rule for each in CHECKS)]

    assert [name for name in names if f"`{name}`" not in page] == []


def test_readme_example_runs(folder, capsys):
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)[1]

    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page

    assert capsys.readouterr().out.splitlines()[-1] == "True"  # a busy machine may log before it
