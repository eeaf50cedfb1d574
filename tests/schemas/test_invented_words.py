from patto_schemas import invented_words as words


def test_words_differ_and_double_names_have_their_blank():
    for listed in (words.FAMILY_NAMES, words.MALE_NAMES, words.FEMALE_NAMES, words.GOALS, words.DUTIES, words.COURSES):
        assert len(set(listed)) == len(listed)
    assert "De Luca" in words.FAMILY_NAMES
