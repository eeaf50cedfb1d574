from random import Random

from patto_schemas import MonitoringRecord, Name, Need
from patto_schemas.invent import Inventor


def test_a_record_waits_for_its_subject_unless_it_is_a_project():
    inventor = Inventor(Random(1))
    record = inventor.monitoring_record(inventor.pact())
    project = MonitoringRecord.model_validate({**record.model_dump(), "subject": "project"})

    assert record.needs() == (Need("pact", Name("local", record.subject_id)),)
    assert project.needs() == ()
