"""What all studies write: JSON that every reader takes."""

import json
from math import inf, nan

from specnet.experiments.tables import json_text


def test_what_is_no_number_is_null():
    content = {"a": nan, "b": [1.5, -inf, {"c": (nan, "NaN", True)}], "d": 1}
    text = json_text(content)
    refused = lambda word: (_ for _ in ()).throw(AssertionError(word))  # noqa: E731
    expected = {"a": None, "b": [1.5, None, {"c": [None, "NaN", True]}], "d": 1}
    assert json.loads(text, parse_constant=refused) == expected
