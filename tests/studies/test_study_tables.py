"""What all studies write: JSON that every reader takes, and names that tell apart."""

import json
from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from specnet.messages import counted
from specnet.studies.engine.tables import json_text, names


def test_what_is_no_number_is_null():
    content = {"a": nan, "b": [1.5, -inf, {"c": (nan, "NaN", True)}], "d": 1}
    text = json_text(content)
    refused = lambda word: (_ for _ in ()).throw(AssertionError(word))  # noqa: E731
    expected = {"a": None, "b": [1.5, None, {"c": [None, "NaN", True]}], "d": 1}
    assert json.loads(text, parse_constant=refused) == expected


@given(labels=st.lists(st.text("ab-", min_size=1, max_size=60), unique=True, min_size=1))
def test_no_two_names_are_called_alike_and_none_is_long(labels):
    short = names(labels)
    called = [short(label) for label in labels]
    assert len(set(called)) == len(labels)
    assert max(map(len, called)) <= 26


def test_long_names_that_differ_in_their_ends_keep_them():
    short = names([f"a_recipe_with_a_rather_long_name_{end}" for end in ("max", "mean")])
    assert short("a_recipe_with_a_rather_long_name_mean").endswith("_mean")


def test_one_of_a_thing_is_no_plural():
    found = [counted(count, "filter") for count in (0, 1, 2000)]
    assert found == ["0 filters", "1 filter", "2,000 filters"]
    assert counted(1, "frequency", "frequencies") == "1 frequency"
    assert counted(2, "frequency", "frequencies") == "2 frequencies"
