import json

import pytest

from patto_schemas import ENTITIES
from patto_schemas.published import export


def test_everything_is_written(tmp_path):
    written = export(tmp_path / "new" / "folder")

    assert len(written) == 2 * len(ENTITIES)
    assert all(path.stat().st_size for path in written)
    assert json.loads((tmp_path / "new" / "folder" / "pact.schema.json").read_text())["title"] == "Pact"


def test_one_entity_in_one_format(tmp_path):
    assert [path.name for path in export(tmp_path, "pact", "xsd")] == ["pact.xsd"]
    assert [path.name for path in export(tmp_path, form="json-schema")] == sorted(
        f"{kind}.schema.json" for kind in ENTITIES
    )


def test_an_unknown_entity_writes_nothing(tmp_path):
    with pytest.raises(KeyError):
        export(tmp_path / "x", "nothing")
    assert not (tmp_path / "x").exists()
