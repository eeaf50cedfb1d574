from __future__ import annotations

import pytest

from patto_connectors.files import Register


@pytest.mark.parametrize("sheet", ["Presenze", " PRESENZE  marzo 2026", "presenze_2026-03", "Presenze (2)"])
def test_a_sheet_is_wanted_however_its_name_is_written(sheet):
    assert Register(sheet="Presenze*").wants(sheet)


@pytest.mark.parametrize(("pattern", "sheet"), [("presenze", "Presenze marzo"), ("presenze*", "Assenze"), ("", "")])
def test_another_sheet_is_not_wanted(pattern, sheet):
    assert not Register(sheet=pattern).wants(sheet)
