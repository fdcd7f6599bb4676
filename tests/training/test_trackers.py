"""Trackers have what metrics.csv has, by their own readers; a run that resumes goes on in them."""

import importlib.util
import io
import struct
import sys

import numpy as np
import pytest
from crashing import Crash, Crashing
from PIL import Image
from recipes_at_hand import tiny, write

from specnet import recipe, workflow
from specnet.errors import RecipeError, RunError
from specnet.runs import Run, files
from specnet.training import trackers
from specnet.training.trackers import following

pytestmark = pytest.mark.usefixtures("undrawn")


PICTURE = np.random.default_rng(5).integers(0, 256, (8, 6, 3), "uint8")


INSTALLED = [
    name
    for name, needed in trackers.PACKAGES.items()
    if all(importlib.util.find_spec(each) for each in needed)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of two epochs that was killed in the second, and its trackers with it."""
    folder, told = tmp_path_factory.mktemp("tracked"), Crashing()
    changes = ("training.epochs=2", "data.validation=8")
    loaded = tiny(folder, f"training.trackers=[{', '.join(INSTALLED)}]", *changes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(following, "filter_pictures", lambda *_: {"gaussian": PICTURE})
        with pytest.raises(Crash):
            workflow.train(loaded, folder / "run", Crashing(6))
        found = workflow.train(loaded, folder / "run", told, resume=True).run
    assert told.notes == []
    assert files.links_in(found.path) == []
    return found


def tracked_by(name):
    return pytest.mark.skipif(name not in INSTALLED, reason=f"{name} is not installed")


def rows_of(run):
    return {
        name: [(row["epoch"], pytest.approx(row[name])) for row in run.metrics()]
        for name in ("loss", "val_loss", "accuracy", "val_accuracy", "seconds")
    }


@tracked_by("tensorboard")
def test_tensorboard_has_every_epoch_once(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run.path / "tensorboard")).Reload()
    for name, expected in rows_of(run).items():
        found = [(t.step, float(tensor(t))) for t in events.Tensors(name)]
        assert found == expected
    first, _ = events.Tensors("filters/gaussian")
    encoded = first.tensor_proto.string_val[2]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encoded))), PICTURE)
    (text,) = events.Tensors("recipe")
    assert "source: gratings" in text.tensor_proto.string_val[0].decode()


def tensor(event):
    from tensorboard.util.tensor_util import make_ndarray

    return make_ndarray(event.tensor_proto)


@tracked_by("mlflow")
def test_mlflow_has_every_epoch_once(run):
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{run.path}/mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("specnet")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.status == "FINISHED"
    assert found.data.params["model.1.gaussian.filters"] == "4"
    flat = recipe.flattened(recipe.load(run.path / "recipe.yaml"))
    assert sorted(found.data.params.values()) == sorted(flat.values())
    for name, expected in rows_of(run).items():
        history = client.get_metric_history(found.info.run_id, name)
        assert [(each.step, each.value) for each in history] == expected
    kept = run.path / "mlflow" / "artifacts" / found.info.run_id / "artifacts"
    assert (kept / "recipe.yaml").read_text() == (run.path / "recipe.yaml").read_text()
    assert len(list((kept / "images").glob("filters-gaussian*.png"))) == 2


@tracked_by("wandb")
def test_wandb_has_every_epoch_once(run):
    from wandb.proto import wandb_internal_pb2

    written = sorted((run.path / "wandb").glob("offline-run-*/*.wandb"))
    assert len(written) == 2
    assert len({file.name for file in written}) == 1
    read = wandb_internal_pb2.Record.FromString
    records = [read(data) for file in written for data in log_records(file.read_bytes())]
    history = [
        {item.key or "|".join(item.nested_key): item.value_json for item in record.history.item}
        for record in records
        if record.WhichOneof("record_type") == "history"
    ]
    for name, expected in rows_of(run).items():
        assert [(int(each["epoch"]), float(each[name])) for each in history] == expected
    assert [each["filters/gaussian|height"] for each in history] == ["8", "8"]
    assert len(list(run.path.glob("wandb/offline-run-*/files/recipe.yaml"))) == 2


def log_records(content):
    """The records of a file in LevelDB's log format, behind a header of 7 bytes."""
    at, record = 7, b""
    while at + 7 <= len(content):
        if 32768 - at % 32768 < 7:  # a header does not span blocks
            at += 32768 - at % 32768
            continue
        length, kind = struct.unpack_from("<HB", content, at + 4)
        record += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield record
            record = b""


def test_filters_are_drawn_by_the_name_of_their_layer(tmp_path):
    from specnet.models import builder

    (picture,) = following.filter_pictures(builder.build(tiny(tmp_path)), "tiny").items()
    name, pixels = picture
    assert name == "gaussian"
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert len(np.unique(pixels)) > 10


@pytest.mark.parametrize(
    ("data", "layer"),
    [
        ("{source: chirps, length: 33}", "spectral_conv1d"),
        ("{source: npz_volumes, path: x.npz, size: [4, 5, 6]}", "spectral_conv3d"),
    ],
)
def test_filters_of_signals_and_of_volumes_are_drawn_too(data, layer, tmp_path):
    from specnet.models import builder

    text = f"data: {data}\nmodel: [{{{layer}: {{filters: 2}}}}, flatten, {{dense: {{units: 2}}}}]"
    model = builder.build(recipe.load(write(tmp_path, text, "m")))
    (picture,) = following.filter_pictures(model, "m").items()
    assert picture[0] == layer
    assert len(np.unique(picture[1])) > 10


def test_a_tracker_that_fails_does_not_stop_a_training_and_later_has_it_all(tmp_path, monkeypatch):
    kept = []

    class Tracker:
        fails = True

        def __init__(self, subject):
            kept.append(subject.resumed)

        def epoch(self, number, values, pictures):
            if self.fails and number == 2:
                raise OSError(28, "No space left on device")
            kept.append(number)

        def close(self, finished):
            kept.append(finished)

    monkeypatch.setattr(following, "filter_pictures", lambda *_: {})
    monkeypatch.setitem(
        sys.modules,
        "specnet.training.trackers.wandb",
        type("module", (), {"Tracker": Tracker}),
    )
    monkeypatch.setattr("specnet.training.trackers.find_spec", lambda name: name)
    told, changes = Crashing(), ["training.trackers=[wandb]", "data.validation=8"]
    loaded = tiny(tmp_path, *changes, "training.epochs=2")
    workflow.train(loaded, tmp_path / "run", told)
    assert kept == [False, 1]
    assert "wandb stopped" in told.notes[0]
    assert "No space left" in told.notes[0]
    Tracker.fails = False
    longer = tiny(tmp_path, *changes, "training.epochs=3")
    workflow.train(longer, tmp_path / "run", resume=True)
    assert kept == [False, 1, True, 2, 3, True]


def test_a_missing_package_is_told_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr("specnet.training.trackers.find_spec", lambda name: None)
    loaded = tiny(tmp_path, "training.trackers=[tensorboard, mlflow]")
    with pytest.raises(RecipeError) as error:
        workflow.train(loaded, tmp_path / "run")
    assert "training.trackers[1]: mlflow needs mlflow, sqlalchemy, alembic; pip install mlflow" in (
        str(error.value)
    )
    assert not (tmp_path / "run").exists()


def test_an_unknown_tracker_is_a_problem_of_the_recipe(tmp_path):
    with pytest.raises(RecipeError, match=r"training\.trackers\[0\]: must be 'tensorboard'.*'tb'"):
        tiny(tmp_path, "training.trackers=[tb]")


def test_a_damaged_record_of_trackers_is_told(tmp_path):
    (tmp_path / following.STATE).write_text('{"identity": "../../x", "epochs": {}}')
    with pytest.raises(RunError, match="is damaged; delete it"):
        following._state(Run(tmp_path))
