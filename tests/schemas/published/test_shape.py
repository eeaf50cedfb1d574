from patto_schemas import ENTITIES
from patto_schemas.published.shape import Scalar, form_of


def test_a_form_has_the_fields_of_the_model_in_order():
    for kind, entity in ENTITIES.items():
        form = form_of(kind)

        assert [field.name for field in form.shapes[form.root].fields] == list(entity.model_fields)


def test_each_sort_of_value_is_recognised():
    fields = {field.name: field for field in form_of("pact").shapes["Pact"].fields}
    indemnity = {field.name: field for field in form_of("pact").shapes["Indemnity"].fields}

    assert isinstance(fields["revision"].type, Scalar)
    assert fields["revision"].type.sort == "integer"
    assert fields["modified_at"].type.sort == "dateTime"
    assert fields["valid_to"].type.sort == "date"
    assert fields["goals"].type == "Goal"
    assert fields["goals"].many
    assert fields["closure"].type == "Closure"
    assert not fields["closure"].required
    assert indemnity["monthly_amount"].type.sort == "decimal"
    assert indemnity["monthly_amount"].required
