"""run.json and the records of studies hold what the system calls a name, whatever its bytes."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet import recipe
from specnet.errors import RecipeError
from specnet.runs import facts
from specnet.studies.engine import store

NAMES = st.binary(max_size=6).map(os.fsdecode)
TEXTS = st.text(st.sampled_from('\\u"dce9d83d\udce9\U0001f600'), max_size=12)
MODEL = "model: [flatten, {dense: {units: 2}}]\n"
ANY = st.one_of(NAMES, TEXTS)


@given(ANY)
def test_every_name_of_a_file_is_read_back(name):
    content = {"status": "finished", "command": ["--out", name], "converted_from": name}
    assert facts.parse(Path("run.json"), facts.dump(content))["command"][1] == name


@given(ANY)
def test_the_rest_of_a_text_is_what_it_was(name):
    found = json.loads(facts.without_lone_surrogates(json.dumps([name, 1])))
    assert found == [name.encode("utf-8", "replace").decode(), 1]


@pytest.mark.parametrize("name", ["caf\udce9", "café"])
def test_a_study_goes_on_whatever_it_is_called(name, tmp_path):
    store.remember(tmp_path, title="a study", machine={"command": ["compare", "--out", name]})
    assert store.recall(tmp_path, dict)["title"] == "a study"


def test_a_recipe_is_read_from_a_folder_of_any_name_and_says_what_cannot_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("caf\udce9").mkdir()
    file = Path("caf\udce9/x.yaml")
    file.write_text(f"data: {{source: gratings}}\n{MODEL}", encoding="utf-8")
    assert recipe.load(file).model[0].where == "caf\\xe9/x.yaml:2"
    file.write_text(f"data: {{source: folder, path: d, image_size: 8}}\n{MODEL}", encoding="utf-8")
    with pytest.raises(RecipeError) as error:
        recipe.load(file)
    where = f"data.path: {tmp_path}/caf\\xe9/d"
    assert [*error.value.problems] == [f"caf\\xe9/x.yaml:1: {where}: is not UTF-8; rename it"]
