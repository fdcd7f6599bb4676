"""Every test of the data package has a cache of its own, empty at first."""

import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SPECNET_CACHE", str(folder))
    return folder
