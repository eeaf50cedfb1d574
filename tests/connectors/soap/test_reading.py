import logging

import pytest
from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.soap import Wsdl, load_service
from patto_connectors.soap.reading import read_element

XMLNS = 'xmlns="urn:prova:anagrafe:tipi"'
FOUND = f"<trovati {XMLNS}>{{}}</trovati>"


@pytest.fixture
def read(service):
    def give(text, operation="cerca", **how):
        return read_element(etree.fromstring(text), service.operation(operation).reply.body.type, **how)

    return give


def person(read, inner, attributes=""):
    return read(FOUND.format(f"<Persona{attributes}>{inner}</Persona>"))["Persona"][0]


def test_what_is_declared_is_there_and_what_may_repeat_is_a_list(read):
    assert read(FOUND.format("")) == {"Persona": [], "Elenchi": None}
    assert person(read, "<Cognome>A</Cognome>") == {
        "codice": None, "Cognome": "A", "Nascita": None, "Comune": None, "Stato": None,
        "Citta": None, "Recapito": [],
    }  # fmt: skip


def test_words_stay_the_partners_words(read):
    assert person(read, "<Cognome>A</Cognome><Nascita>31/12/1999</Nascita>")["Nascita"] == "31/12/1999"


def test_a_value_that_is_not_of_its_type_is_neither_lost_nor_logged(read, caplog):
    with caplog.at_level(logging.DEBUG):
        found = person(read, "<Nascita>Prova, il 3 marzo</Nascita>")

    assert found["Nascita"] == "Prova, il 3 marzo"
    assert "Prova" not in caplog.text


def test_text_with_attributes_is_a_mapping(read):
    found = person(read, '<Recapito tipo="tel" uso="casa">080</Recapito><Recapito>x</Recapito>', ' codice="7"')

    assert found["codice"] == "7"
    assert found["Recapito"] == [{"tipo": "tel", "@uso": "casa", ".": "080"}, {"tipo": None, ".": "x"}]


def test_what_stands_in_a_group_that_may_repeat_is_a_list(wsdl):
    group = b'<xs:sequence maxOccurs="unbounded"><xs:element name="Nota" type="xs:string"/></xs:sequence>'
    types = (wsdl.parent / "tipi" / "anagrafe.xsd").read_bytes()
    declared = b'<xs:element name="Elenchi" type="t:parole" minOccurs="0"/>'
    assert declared in types
    beside = {"tipi/anagrafe.xsd": types.replace(declared, group)}
    kind = load_service(Wsdl(content=wsdl.read_bytes(), beside=beside)).operation("cerca").reply.body.type

    for notes in ([], ["a"], ["a", "b"]):
        found = read_element(etree.fromstring(FOUND.format("".join(f"<Nota>{each}</Nota>" for each in notes))), kind)
        assert found["Nota"] == notes


def test_a_list_of_words_is_a_list(read):
    assert read(FOUND.format("<Elenchi> uno\n due </Elenchi>"))["Elenchi"] == ["uno", "due"]


def test_F36_what_nobody_declared_is_kept_under_its_name(read):
    found = person(read, '<Nuovo>1</Nuovo><Cognome>A</Cognome><Altro a="2"><b>3</b></Altro>')

    assert (found["Nuovo"], found["Altro"], found["Cognome"]) == ("1", {"@a": "2", "b": "3"}, "A")


def test_F37_the_order_of_elements_is_not_looked_at_and_a_missing_one_is_none(read):
    found = person(read, "<Comune>Lecce</Comune><Cognome>A</Cognome>")

    assert (found["Cognome"], found["Nascita"], found["Comune"]) == ("A", None, "Lecce")


def test_a_single_element_that_comes_twice_shows_both(read):
    assert person(read, "<Cognome>A</Cognome><Cognome>B</Cognome>")["Cognome"] == ["A", "B"]
    assert person(read, "<Cognome/><Cognome>B</Cognome>")["Cognome"] != "B"


def test_elements_without_the_namespace_are_taken_too(read):
    assert person(read, '<Cognome xmlns="">A</Cognome>')["Cognome"] == "A"


def test_text_between_elements_is_kept(read):
    assert person(read, "<Cognome>A</Cognome>")["Cognome"] == "A"
    assert read(FOUND.format("in manutenzione"))["."] == "in manutenzione"


def test_elements_where_text_was_agreed_are_told_by_their_place(read):
    with pytest.raises(Malformed) as caught:
        person(read, "\n<Cognome><b>Prova</b></Cognome>")

    assert caught.value.code == "soap.body"
    assert caught.value.position == "riga 2, /trovati/Persona[1]/Cognome[1]"
    assert "Prova" not in str(caught.value)


def test_what_is_required_can_be_asked_for(read):
    fine = FOUND.format("<Persona><Cognome>A</Cognome><Comune>Lecce</Comune></Persona>")

    assert read(fine, whole=True)["Persona"][0]["Comune"] == "Lecce"
    with pytest.raises(Malformed, match="lacks Cognome"):
        read(FOUND.format("<Persona><Comune>Lecce</Comune></Persona>"), whole=True)
