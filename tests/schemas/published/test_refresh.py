import json

import pytest

from patto_schemas import ENTITIES
from patto_schemas.published import FORMATS
from patto_schemas.published import refresh as module
from patto_schemas.published.export import artefact
from patto_schemas.published.refresh import ARTEFACTS, PROMISES, broken, promised

COMMAND = "python -m patto_schemas.published.refresh"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", ENTITIES)
def test_the_committed_artefact_is_not_stale(kind, form):
    name, content = artefact(kind, form)

    assert (ARTEFACTS / name).read_bytes() == content, f"run: {COMMAND}"


def test_no_artefact_is_left_over():
    names = {artefact(kind, form)[0] for kind in ENTITIES for form in FORMATS}

    assert {path.name for path in ARTEFACTS.iterdir()} == names


def test_no_change_breaks_readers_without_a_step_of_the_version():
    assert broken() == []


def test_every_entity_has_committed_promises():
    assert set(promised()) == set(ENTITIES)


def test_a_broken_promise_stops_the_refresh(tmp_path, monkeypatch):
    promises = json.loads(PROMISES.read_text())
    promises["pact"]["Pact.vanished"] = {"required": False, "allows": {}}
    promises["vanished"] = {}
    monkeypatch.setattr(module, "PROMISES", tmp_path / "v1.json")
    module.PROMISES.write_text(json.dumps(promises))

    with pytest.raises(ValueError, match=r"pact: Pact.vanished was removed\nvanished: the entity was removed"):
        module.refresh()
