"""Malformed folders, archives and sets of TFDS: the right images, or one error that says where."""

import io
import os
import random
import shutil
import signal
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from specnet.data import load
from specnet.data.splitting import cut
from specnet.errors import SpecnetError
from specnet.recipe.schema import FolderData, NpzData, TfdsData

pytestmark = pytest.mark.faults

SECONDS = 20  # for a set of a few images, on a busy machine
SIDE = 8


@contextmanager
def in_time():
    """Raise TimeoutError where something hangs."""

    def late(*_):
        raise TimeoutError(f"still reading after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read_or_refused(settings, where):
    """The dataset, or None where an error names the place, on lines without control characters."""
    try:
        with in_time():
            return load(settings)
    except SpecnetError as error:
        message = str(error)
        message.encode()  # can be printed
        assert str(where) in message or "data: class" in message, message
        assert "unexpected" not in message
        assert "Errno" not in message, message
        return None


def content(draw, kind=None):
    """An image file of a random kind, and the levels that another decoder finds in it."""
    kind = kind or draw.choice(["png", "png16", "tif", "tif16", "bmp", "jpg", "webp", "gif"])
    levels = np.random.default_rng(draw.randrange(2**32)).integers(0, 256, (SIDE, SIDE))
    deep = kind.endswith("16")
    pixels = (levels * 257).astype(np.uint16) if deep else levels.astype(np.uint8)
    if kind == "gif":
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "GIF")
        return buffer.getvalue(), levels, 0
    name = f".{kind.removesuffix('16')}"
    quality = [cv2.IMWRITE_WEBP_QUALITY, 101] if kind == "webp" else []
    encoded = cv2.imencode(name, pixels, quality)[1]
    if kind == "jpg":
        return encoded.tobytes(), cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), 2
    return encoded.tobytes(), levels, 1 if kind == "webp" else 0


def odd_name(draw, suffix):
    names = ["caf\udce9", "a\nb", "\x1b[31m", "=1+1", "$x_1$", "[red]", "x" * 200, "é", " ", "-rf"]
    return draw.choice(names) + str(draw.randrange(10**6)) + suffix


def malform(folder, draw):
    """Do one strange thing to a folder of classes."""
    inside = draw.choice([path for path in folder.rglob("*") if path.is_dir()] or [folder])
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    victim = draw.choice(files) if files else inside / "none"
    suffix = draw.choice([".png", ".TIF", ".jpg", ".txt", "", ".heic"])
    new = inside / odd_name(draw, suffix)

    def cut_short():
        victim.write_bytes(victim.read_bytes()[: draw.randrange(200)])

    def flip():
        damaged = bytearray(victim.read_bytes() or b"x")
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        victim.write_bytes(damaged)

    def rename_class():
        names = ["Test", "val", "Training", "training_set", "test_set", "x\udcff", "__MACOSX"]
        target = inside.with_name(draw.choice(names))
        if inside.parent != folder.parent and not target.exists():
            inside.rename(target)

    things = [
        cut_short,
        flip,
        rename_class,
        lambda: os.mkfifo(new),
        lambda: new.symlink_to(draw.choice(["/dev/zero", "nowhere", ".", "..", new.name])),
        lambda: new.symlink_to(draw.choice([inside, folder, victim])),
        lambda: new.mkdir(),
        lambda: new.write_bytes(draw.choice([b"", b"no image", bytes(1000)])),
        lambda: new.write_bytes(b"BM" + bytes(16) + b"\xff\xff\x00\x00" * 2 + bytes(99)),
        lambda: new.write_bytes(content(draw)[0]),
        lambda: shutil.rmtree(inside),
        lambda: victim.unlink(missing_ok=True),
    ]
    with suppress(OSError):  # an earlier one has removed it all, or left a link
        draw.choice(things)()


def test_folders(trials, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "cache"))
    read = 0
    for seed in range(trials(40)):
        draw = random.Random(seed)
        root = tmp_path / f"set{seed}"
        for name in ("ant", "bee", "cat")[: draw.randint(1, 3)]:
            (root / name).mkdir(parents=True)
            for i in range(draw.randint(0, 6)):
                kind = draw.choice(["png", "tif16", "jpg"])
                (root / name / f"{i}.{kind.removesuffix('16')}").write_bytes(content(draw, kind)[0])
        for _ in range(draw.randint(0, 3)):
            malform(root, draw)
        skip = draw.choice(["skip", "fail"])
        labelled = draw.random() < 0.8
        settings = FolderData(
            source="folder", path=root, image_size=SIDE, channels=1, on_error=skip,
            labelled=labelled,
        )  # fmt: skip
        dataset = read_or_refused(settings, root)
        if dataset is not None:
            read += 1
            assert_images_are_those_of_files(dataset, root, labelled)
        shutil.rmtree(root, ignore_errors=True)
    assert read


def assert_images_are_those_of_files(dataset, root, labelled):
    """Each image read is what OpenCV finds in some file below a folder of its class."""
    if any(path.is_symlink() for path in root.rglob("*")):
        return  # what it leads to may be of any class
    known = []
    for path in filter(Path.is_file, root.rglob("*")):
        raw = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(raw, cv2.IMREAD_ANYDEPTH) if len(raw) else None
        if image is not None and image.shape == (SIDE, SIDE):
            folders = [os.fsencode(part).decode(errors="backslashreplace") for part in path.parts]
            known.append((folders, np.rint(image / 257) if image.dtype == np.uint16 else image))
    for split in (dataset.train, dataset.validation, dataset.test):
        for image, label in zip(split.images[..., 0], split.labels, strict=True):
            name = dataset.classes[label]
            pool = [levels for folders, levels in known if not labelled or name in folders]
            assert min(np.abs(image.astype(int) - levels).max() for levels in pool) <= 2


def random_arrays(draw):
    """Arrays of images and labels, perhaps odd ones."""
    rng = np.random.default_rng(draw.randrange(2**32))
    count = draw.choice([0, 1, 12, 40])
    images = rng.integers(0, 256, (count, SIDE, SIDE, draw.choice([1, 3])), np.uint8)
    labels = np.arange(count) % draw.choice([1, 2, 3])
    image_forms = [
        lambda x: x, lambda x: x, lambda x: x, lambda x: x / 255, lambda x: x / np.float32(255),
        lambda x: np.asfortranarray(x), lambda x: x.astype(int), lambda x: x.astype(np.uint16),
        lambda x: x * np.nan, lambda x: x * 1j, lambda x: np.moveaxis(x, 3, 1), lambda x: x[..., 0],
        lambda x: x.astype(object), lambda x: x > 9, lambda x: x[:-1], lambda x: x * 1.0,
        lambda x: x[None], lambda x: x / 255 + 1e-6,
    ]  # fmt: skip
    label_forms = [
        lambda y: y, lambda y: y, lambda y: y, lambda y: y[:, None], lambda y: y.astype(float),
        lambda y: np.eye(3, dtype=draw.choice([bool, int, float, np.uint8]))[y], lambda y: y - 1,
        lambda y: (y - 1).astype(np.uint32), lambda y: (y - 1).astype(np.uint64),
        lambda y: y.astype(object), lambda y: y.astype(str), lambda y: y.astype(bool),
        lambda y: y * np.nan, lambda y: y + 0.5, lambda y: y[:-1], lambda y: y * 1j,
        lambda y: y.astype(">i4"), lambda y: y + 1, lambda y: np.array(1), lambda y: y * 2**40,
        lambda y: y.astype("M8[s]"), lambda y: np.eye(3)[y] * 0.9, lambda y: y.astype(np.float16),
    ]  # fmt: skip
    return images, labels, draw.choice(image_forms)(images), draw.choice(label_forms)(labels)


def test_archives(trials, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "data.npz"
    read = 0
    for seed in range(trials(150)):
        draw = random.Random(seed)
        images, labels, x, y = random_arrays(draw)
        save = draw.choice([np.savez, np.savez_compressed])
        extra = draw.choice([{}, {}, {}, {"x_test": x}, {"more": y}, {"x_val": x, "y_val": y}])
        save(path, x_train=x, y_train=y, **extra)
        if draw.random() < 0.4:
            damage(path, draw)
        channels = draw.choice([1, 3])
        settings = NpzData(source="npz", path=path, image_size=SIDE, channels=channels)
        dataset = read_or_refused(settings, path)
        if dataset is not None:
            read += 1
            assert_rows_are_those_of_arrays(dataset, images, labels, y, channels)
    assert read


def damage(path, draw):
    raw = bytearray(path.read_bytes())
    what = draw.randrange(4)
    if what == 0:
        del raw[draw.randrange(len(raw)) :]
    elif what == 1:
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
    elif what == 2:
        start = draw.randrange(len(raw))
        raw[start : start + 64] = bytes(64)
    else:  # a header that declares another shape
        buffer = io.BytesIO(bytes(raw))
        with zipfile.ZipFile(buffer) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, member in members.items():
                shapes = (b"(40,", b"(%d," % draw.choice([4, 41, 10**9, 10**18]))
                archive.writestr(name, member.replace(*shapes))
        return
    path.write_bytes(raw)


def assert_rows_are_those_of_arrays(dataset, images, labels, stored, channels):
    """Every image is one of those stored, with its label."""
    if stored.dtype == bool and stored.ndim == 1:
        labels = labels.astype(bool)
    elif not np.array_equal(np.asarray(stored).reshape(len(labels), -1).astype(float).argmax(1),
                            labels) and stored.size == len(labels):  # fmt: skip
        labels = stored.reshape(-1).astype(int)
    plain = [
        np.asarray(Image.fromarray(i[..., 0] if i.shape[-1] == 1 else i).convert("L"), int)
        for i in images
    ]
    splits = [dataset.train, dataset.validation, dataset.test]
    for split in splits:
        for image, label in zip(split.images, split.labels, strict=True):
            grey = (
                image[..., 0] if channels == 1 else np.asarray(Image.fromarray(image).convert("L"))
            )
            first = image.astype(int)[..., 0]
            near = [
                min(np.abs(grey - other).max(), np.abs(first - whole[..., 0].astype(int)).max())
                for other, whole in zip(plain, images, strict=True)
            ]
            assert min(near) <= 1
            assert label == labels[int(np.argmin(near))]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A set of 30 images in TFDS's own form."""
    library = pytest.importorskip("tensorflow_datasets")
    folder = tmp_path_factory.mktemp("tfds")
    info = library.features.FeaturesDict(
        {
            "image": library.features.Image(shape=(SIDE, SIDE, 1)),
            "label": library.features.ClassLabel(names=["a", "b"]),
        }
    )
    rows = [
        (i, {"image": np.full((SIDE, SIDE, 1), 2 * i, np.uint8), "label": i % 2}) for i in range(30)
    ]
    library.dataset_builders.store_as_tfds_dataset(
        "tiny", "1.0.0", info, {"train": rows}, data_dir=folder
    )
    return folder


def test_sets_of_tfds(trials, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "cache"))
    parts = ["train", "train[:50%]", "train[20:]", "train[:0%]", "test", "train[", "", "train[-3:]"]
    for seed in range(trials(8)):
        draw = random.Random(seed)
        folder = tmp_path / f"set{seed}"
        shutil.copytree(tiny, folder)
        monkeypatch.setenv("TFDS_DATA_DIR", str(folder))
        damage_set(folder, draw)
        chosen = {name: draw.choice(parts[:4] if draw.random() < 0.8 else parts)
                  for name in ("train", "validation", "test")}  # fmt: skip
        settings = TfdsData(source="tfds", name="tiny", image_size=SIDE, channels=1, splits=chosen)
        dataset = read_or_refused(settings, "tiny")
        if dataset is not None:
            for split in (dataset.train, dataset.validation, dataset.test):
                levels = split.images[:, 0, 0, 0]
                assert set(split.labels) <= {0, 1}
                np.testing.assert_array_equal(split.labels, levels // 2 % 2)
                assert (split.images == levels[:, None, None, None]).all()


def damage_set(folder, draw):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    victim = draw.choice(files)
    raw = bytearray(victim.read_bytes())
    what = draw.randrange(6)
    if what == 0:
        victim.unlink()
    elif what == 1:
        victim.write_bytes(raw[: draw.randrange(len(raw))])
    elif what == 2:
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
        victim.write_bytes(raw)
    elif what == 3:
        victim.unlink()
        os.mkfifo(victim)
    elif what == 4:
        victim.unlink()
        victim.symlink_to(draw.choice(["/dev/zero", "nowhere"]))


def test_one_file_more_moves_no_other(trials):
    labels = np.arange(2000) % 2
    names = [b"%d" % i for i in range(2000)]
    before = cut(labels, {"validation": 0.1, "test": 0.1}, names)
    where = {names[i]: split for split, rows in before.items() for i in rows}
    for seed in range(trials(20)):
        draw = random.Random(seed)
        kept = sorted(draw.sample(range(2000), draw.randint(1500, 2000)))
        new = [b"new %d" % i for i in range(draw.randint(0, 300))]
        after = cut(
            np.array([*labels[kept], *(i % 2 for i in range(len(new)))]),
            {"validation": 0.1, "test": 0.1},
            [*(names[i] for i in kept), *new],
        )
        for split, rows in after.items():
            assert all(where[names[kept[i]]] == split for i in rows if i < len(kept))
