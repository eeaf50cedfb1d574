from __future__ import annotations

import json

import pytest

from patto_connectors.errors import Refused, Unreachable
from patto_connectors.iso20022.outbox import Gone, Letter, Outbox, reference

PAID = Gone(id="payment_order-1", end_to_end_id="P-1", digest="d")
LETTER = Letter(name="PATTO1.xml", content="<Document/>", digest="d", payments=(PAID,))


def test_what_was_written_down_is_known_again(tmp_path):
    Outbox(tmp_path).keep(LETTER)

    assert Outbox(tmp_path).letters() == [LETTER]


def test_what_was_handed_over_is_known_without_its_names_and_accounts(tmp_path):
    outbox = Outbox(tmp_path)
    outbox.keep(LETTER)
    outbox.handed_over(LETTER)

    (kept,) = outbox.letters()

    assert (kept.content, kept.payments) == ("", (PAID,))
    assert [path.name for path in tmp_path.iterdir()] == ["PATTO1.xml.json"]


def test_a_folder_that_is_not_there_is_no_empty_memory(tmp_path):
    with pytest.raises(Unreachable) as caught:
        Outbox(tmp_path / "gone").letters()

    assert caught.value.code == "payment.outbox"
    with pytest.raises(Unreachable):
        Outbox(tmp_path / "gone").keep(LETTER)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"name": "a", "payments": [1]}', json.dumps({"name": "x"})])
def test_a_memory_that_cannot_be_read_lets_nothing_leave(tmp_path, content):
    (tmp_path / "PATTO1.xml.json").write_text(content)

    with pytest.raises(Refused) as caught:
        Outbox(tmp_path).letters()

    assert caught.value.code == "payment.outbox"


def test_a_reference_is_that_of_its_payments_in_their_order():
    other = Gone(id="payment_order-2", end_to_end_id="P-2", digest="e")
    names = {
        reference("PATTO", "pain.001.001.09", "IT60", payments)
        for payments in ([PAID], [PAID, other], [other, PAID], [PAID])
    }

    assert len(names) == 3
    assert all(len(name) <= 35 for name in names)
