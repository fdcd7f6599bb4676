"""`specnet doctor` through the real command line."""

import json


def fits(line: str) -> bool:
    """Whether a line has 80 columns at most, or more for a path that stays whole."""
    return len(line.rstrip()) <= 80 or max(map(len, line.split())) > 54


def test_a_machine_where_all_is_well(specnet, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "cache"))
    told = specnet("doctor").stdout
    for expected in ("backend", "transforms cpu:0", "loops", "All is well"):
        assert expected in told
    assert "FAILED" not in told
    assert all(map(fits, told.splitlines()))
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_well_is_said_with_what_to_do(specnet_anew, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("KERAS_BACKEND", "tensorfow")
    monkeypatch.setenv("SPECNET_CACHE", "file/cache")
    told = specnet_anew("doctor", code=1).stdout
    assert told.count("FAILED") == 2
    assert "set KERAS_BACKEND to tensorflow or jax or torch" in " ".join(told.split())
    assert "set SPECNET_CACHE" in told
    assert all(map(fits, told.splitlines()))

    found = json.loads(specnet_anew("doctor", "--json", code=1).stdout)
    assert found["well"] is False
    states = {check["what"]: check["state"] for check in found["checks"]}
    assert [what for what, state in states.items() if state == "failed"] == ["backend", "cache"]


def test_json_is_one_object_with_what_was_measured(specnet_here, monkeypatch, tmp_path):
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "cache"))
    found = json.loads(specnet_here("doctor", "--json").stdout)
    assert found["well"] is True
    measured = {check["what"]: check["measured"] for check in found["checks"]}
    assert 0 < measured["transforms cpu:0"]["error"] < 1e-5
