from patto_schemas.catalogue.entry import Entry
from patto_schemas.issues import Owner


def test_an_entry_is_the_senders_unless_said_otherwise():
    assert Entry("a", "b", "", "c", "d").owner is Owner.PARTNER
