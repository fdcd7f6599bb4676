"""The folder of a study: only its own, and only an empty or a new one."""

import json

import pytest
from pydantic import TypeAdapter

from specnet.cli.common import named
from specnet.errors import RunError, UsageError
from specnet.studies import robustness
from specnet.studies.compare import study as compare
from specnet.studies.engine import store
from specnet.studies.tune import study as tune


def test_a_folder_with_other_things_is_refused_and_stays_as_it_is(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in (".1old.txt", "notes.txt"):
        (mine / name).write_text("keep")
    told = pytest.raises(UsageError, match=r"--out .*mine: holds other things \(\.1old\.txt")
    with told, store.opened(mine, "study.json"):
        pass
    assert sorted(file.name for file in mine.iterdir()) == [".1old.txt", "notes.txt"]


def test_a_new_an_empty_and_an_own_folder_are_taken(tmp_path):
    out = tmp_path / "out"
    for _ in range(2):  # new, and then with a lock only, as a killed study leaves it
        with store.opened(out, "study.json"):
            pass
    (out / "study.json").write_text("{}")
    (out / "report.md").write_text("")
    with store.opened(out, "study.json"):
        pass


@pytest.mark.parametrize("name", ["figures", ".lock", "trials"])
def test_links_in_the_folder_of_a_study_are_refused_by_name(tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / "study.json").write_text("{}")
    (out / name).symlink_to(tmp_path)
    with pytest.raises(RunError, match=f"{name}: is a link"), store.opened(out, "study.json"):
        pass


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="cannot be read as a folder"):
        store.check_own(tmp_path / "out", "study.json")


@pytest.mark.parametrize("kind", [compare, tune, robustness])
def test_a_study_is_not_taken_for_one_of_another_kind(tmp_path, kind):
    (tmp_path / "study.json").write_text(json.dumps({"asked": {kind.ASKS: [], "seed": 0}}))
    for other in (compare, tune, robustness):
        if other is kind:
            store.check_own(tmp_path, asks=other.ASKS)
        else:
            with pytest.raises(UsageError, match="and no study of this kind"):
                store.check_own(tmp_path, asks=other.ASKS)


def test_a_damaged_study_is_left_to_whoever_reads_it(tmp_path):
    (tmp_path / "study.json").write_text("{")
    store.check_own(tmp_path, asks=compare.ASKS)
    with pytest.raises(RunError, match=r"study.json: is damaged"):
        store.recall(tmp_path, dict)


def test_the_empty_text_names_no_folder():
    with pytest.raises(UsageError, match="--out: is empty"):
        named("")


@pytest.mark.parametrize("text", ["", "[]", '{"a": "x"}', "[" * 10**5])
def test_a_damaged_record_is_an_error_with_its_name(tmp_path, text):
    file = tmp_path / "record.json"
    file.write_text(text)
    with pytest.raises(RunError, match=r"record.json: is damaged .*delete it, run again"):
        store.read_record(file, TypeAdapter(dict[str, int]))
