import pytest

from patto_connectors.errors import Malformed
from patto_connectors.soap import OutcomeWords, meaning, rejected_item

WORDS = OutcomeWords(already={"X001"})


@pytest.mark.parametrize(
    ("word", "means"), [("OK", "passed"), (" OK\n", "passed"), ("X001", "already"), ("KO", "refused")]
)
def test_F48_the_word_in_the_body_says_what_became_of_the_request(word, means):
    assert meaning({"Esito": word, "MessaggioErrore": "x"}, WORDS) == means


@pytest.mark.parametrize("answer", [{}, {"Esito": None}, {"Esito": ""}, {"Esito": "ok"}, {"Esito": ["OK", "KO"]}])
def test_F48_a_word_that_was_not_agreed_is_never_taken_for_a_success(answer):
    with pytest.raises(Malformed) as caught:
        meaning(answer, WORDS)

    assert (caught.value.code, caught.value.position) == ("soap.outcome", "Esito")


def test_the_word_may_stand_further_inside():
    words = OutcomeWords(field="esito.codEsito", passed={"E100"})

    assert meaning({"beneficiari": None, "esito": {"codEsito": "E100"}}, words) == "passed"


def test_a_word_that_may_name_a_person_is_not_shown():
    with pytest.raises(Malformed) as caught:
        meaning({"Esito": "RSSMRA80A01H501U assente"}, WORDS)

    assert "RSSMRA" not in caught.value.detail


def test_a_refusal_is_told_by_the_partners_code_only():
    item = rejected_item(3, {"Esito": "KO", "MessaggioErrore": "Sig. Prova sconosciuto"}, WORDS)

    assert (item.index, item.code) == (3, "KO")
    assert "Prova" not in item.detail
