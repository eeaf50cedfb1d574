import pytest
from pydantic import ValidationError

from patto_connectors.soap import OutcomeWords, SoapSettings


def test_a_key_that_is_not_known_is_refused():
    with pytest.raises(ValidationError, match="extra_forbidden"):
        SoapSettings.model_validate({"http": {"base_url": "https://anagrafe.example"}, "address": "x"})


def test_a_word_means_one_thing():
    with pytest.raises(ValidationError, match="one of passed, already and refused"):
        OutcomeWords(passed={"OK"}, already={"OK"})
