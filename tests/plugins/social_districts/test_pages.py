"""The partner's page and the README say what the code does."""

import re

from patto_plugins.social_districts.settings import DistrictSettings
from patto_plugins.social_districts.translate import TABLE


def test_partner_page_lists_every_word(folder):
    page = (folder / "SCHEDA.md").read_text("utf-8")
    words = {
        word for entry in TABLE.values() for rule in entry.values() if isinstance(rule, dict) for word in rule["words"]
    }

    assert {word for word in words if not re.search(rf"\b{word}\b", page)} == {"telefono", "cellulare", "altro"}


def test_readme_lists_every_setting(folder):
    page = (folder / "README.md").read_text("utf-8")

    assert [name for name in DistrictSettings.model_fields if f"`{name}`" not in page] == []


def test_readme_example_runs(folder, capsys):
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)[1]

    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page

    assert capsys.readouterr().out == "20\n"
