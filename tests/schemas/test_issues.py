from patto_schemas.issues import Issue, Severity


def test_an_issue_is_an_error_unless_said_otherwise():
    assert Issue("R1.start", "/started_on").severity is Severity.ERROR
