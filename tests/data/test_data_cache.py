"""The cache: what it returns is what decoding would return, whatever happens to it."""

import errno
import io
import multiprocessing
import os
import resource
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from specnet import environment
from specnet.data import cache, images
from specnet.errors import DataError

SHAPE = (5, 4, 3)
COUNT = cache.CHUNK + 37  # more than one chunk
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, *SHAPE), np.uint8)


def png(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


SAMPLES = [cache.Encoded(f"image {i}", i % 7, png(image)) for i, image in enumerate(IMAGES)]


def read(samples=SAMPLES, identity="test"):
    return cache.decoded(identity, len(samples), SHAPE, lambda: samples)


def unused():
    raise AssertionError("decoded again")


def assert_whole(decoded):
    np.testing.assert_array_equal(decoded.split.images, IMAGES)
    np.testing.assert_array_equal(decoded.split.labels, np.arange(COUNT) % 7)
    assert decoded.split.labels.dtype == np.int32
    assert decoded.unreadable == ()


def test_a_second_reading_decodes_nothing():
    assert_whole(read())
    again = cache.decoded("test", COUNT, SHAPE, unused)
    assert_whole(again)
    assert isinstance(again.split.images, np.memmap)
    assert not again.split.images.flags.writeable


def test_large_images_are_decoded_few_at_a_time(monkeypatch):
    decoded = []
    monkeypatch.setattr(cache.Footer, "add", _noting(decoded, cache.Footer.add))
    monkeypatch.setattr(cache, "CHUNK_BYTES", 40 * IMAGES[0].nbytes)
    assert_whole(read())
    assert max(decoded) == max(40, os.cpu_count())
    assert sum(decoded) == COUNT


def _noting(counts, add):
    def noted(footer, samples, results):
        counts.append(len(samples))
        return add(footer, samples, results)

    return noted


def test_another_identity_or_shape_is_another_entry():
    read()
    for identity, shape in [("other", SHAPE), ("test", (4, 5, 3)), ("test", (5, 4, 1))]:
        with pytest.raises(AssertionError, match="decoded again"):
            cache.decoded(identity, COUNT, shape, unused)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_entry_is_built_again(cache_folder, data):
    read()
    (entry,) = cache_folder.iterdir()
    content = bytearray(entry.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    entry.unlink()  # maps of the whole file stay valid
    entry.write_bytes(content)
    assert_whole(read())
    assert_whole(cache.decoded("test", COUNT, SHAPE, unused))


def with_damage(places):
    return [s._replace(content=b"no") if i in places else s for i, s in enumerate(SAMPLES)]


@pytest.mark.parametrize("writable", [True, False])
def test_unreadable_images_are_named_and_the_others_keep_their_labels(
    cache_folder, monkeypatch, writable
):
    if not writable:
        block_cache(cache_folder, monkeypatch)
    places = [0, 5, cache.CHUNK - 1, cache.CHUNK, COUNT - 1]
    found = read(with_damage(places))
    np.testing.assert_array_equal(found.split.images, np.delete(IMAGES, places, axis=0))
    np.testing.assert_array_equal(found.split.labels, np.delete(np.arange(COUNT) % 7, places))
    assert isinstance(found.split.images, np.memmap) == writable
    assert [row.path for row in found.unreadable] == [f"image {i}" for i in places]
    assert all("not a JPEG" in row.reason for row in found.unreadable)


def test_nothing_readable_is_an_empty_split():
    found = read(with_damage(range(COUNT)))
    assert found.split.images.shape == (0, *SHAPE)
    assert len(found.unreadable) == COUNT


def block_cache(folder, monkeypatch):
    (folder / "file").touch()
    monkeypatch.setenv("SPECNET_CACHE", str(folder / "file" / "cache"))


def test_where_nothing_can_be_written_images_stay_in_memory(cache_folder, monkeypatch):
    block_cache(cache_folder, monkeypatch)
    found = read()
    assert_whole(found)
    assert not isinstance(found.split.images, np.memmap)
    assert "no cache can be kept here (Not a directory)" in found.note
    assert read().note == found.note


def test_what_fits_neither_on_the_disk_nor_in_memory_is_refused(cache_folder, monkeypatch):
    block_cache(cache_folder, monkeypatch)
    monkeypatch.setattr(environment, "physical_memory", lambda: IMAGES.nbytes - 1)
    with pytest.raises(DataError, match=r"17.2 KiB of decoded images fit neither .* SPECNET_CACHE"):
        read()


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_in_the_place_of_an_entry_is_not_read(cache_folder, kind):
    read()
    (entry,) = cache_folder.iterdir()
    entry.unlink()
    os.mkfifo(entry) if kind == "pipe" else entry.mkdir()
    assert_whole(read())


def test_the_digest_tells_names_labels_and_contents_apart(cache_folder, monkeypatch):
    whole = read().split.digest
    assert read().split.digest == whole  # from the cache
    for change in ({"name": "other"}, {"label": 6}, {"content": png(IMAGES[1])}):
        changed = [SAMPLES[0]._replace(**change), *SAMPLES[1:]]
        assert read(changed, str(change)).split.digest != whole
    smaller = cache.decoded("test", COUNT, (2, 2, 1), lambda: SAMPLES)
    assert smaller.split.digest == whole
    block_cache(cache_folder, monkeypatch)
    assert read().split.digest == whole


@pytest.mark.parametrize("count", [COUNT - 1, COUNT + 1])
def test_more_or_fewer_images_than_there_should_be_are_refused(count):
    with pytest.raises(DataError, match=f"images were found where there should be {count}"):
        cache.decoded("test", count, SHAPE, lambda: SAMPLES)


@pytest.mark.parametrize("room", [0, 100, IMAGES.nbytes // 2, IMAGES.nbytes + 130])
def test_a_disk_that_fills_up_leaves_no_trace_and_the_images_in_memory(cache_folder, room):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        found = read()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_whole(found)
    assert list(cache_folder.iterdir()) == []


def _read_whole(barrier):
    barrier.wait()
    assert_whole(read())


def test_processes_that_build_an_entry_at_once_all_get_it(cache_folder):
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(3)
    processes = [context.Process(target=_read_whole, args=(barrier,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [path.suffix for path in cache_folder.iterdir()] == [".npy"]


def test_only_what_was_abandoned_is_cleared_away(cache_folder):
    old, fresh = cache_folder / f"{cache.PART}a.part", cache_folder / f"{cache.PART}b.part"
    somebodys = cache_folder / "film.part"
    for path in (old, fresh, somebodys):
        path.touch()
    for path in (old, somebodys):
        os.utime(path, (0, time.time() - cache.ABANDONED_SECONDS - 60))
    read()
    assert not old.exists()
    assert fresh.exists()
    assert somebodys.exists()


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("SPECNET_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache.folder() == tmp_path / ".cache" / "specnet"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "specnet"


def test_what_cannot_be_read_once_is_read_the_next_time(tmp_path, monkeypatch):
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for file, image in zip(files, IMAGES, strict=False):
        file.write_bytes(png(image))
    samples = [cache.Encoded(file.name, 0, file) for file in files]
    with monkeypatch.context() as patch:
        patch.setattr(images, "read_regular", _failing_at(files[1], images.read_regular))
        assert [each.path for each in read(samples).unreadable] == ["1.png"]
    assert read(samples).unreadable == ()
    files[2].unlink()  # what is not there is remembered
    assert len(read(samples, "less").unreadable) == 1
    assert cache.decoded("less", 3, SHAPE, unused).unreadable[0].path == "2.png"


def _failing_at(wanted, read_regular):
    def read(path, limit):
        if path == wanted:
            raise OSError(errno.EMFILE, "Too many open files")
        return read_regular(path, limit)

    return read
