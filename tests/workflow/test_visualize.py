"""Views of a run, from weights on disk to pictures on disk."""

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from runs_at_hand import classifier, untrained

from specnet import recipe, workflow
from specnet.errors import DataError, UsageError
from specnet.models import builder
from specnet.training import snapshots
from specnet.workflow import pictures as visualizing
from specnet.workflow.pictures.pages import PER_PAGE, pages
from specnet.workflow.pictures.subject import Picture, Subject
from specnet.workflow.pictures.writing import write as write_picture

MODEL = """model:
  - low_pass: {cutoff: 0.2, name: band}
  - conv2d: {filters: 5, kernel_size: 3, name: spatial}
  - learned_spectral_pooling: {strides: 1.5, name: strides}
  - spectral_kernel_conv2d: {filters: 13, kernel_size: 3, name: many}
  - global_average_pooling2d
  - dense: {units: 8}

"""


@pytest.fixture
def run(tmp_path):
    return untrained(tmp_path, MODEL)


@pytest.fixture
def named(monkeypatch):
    """Names files and leaves them unwritten, of fewer pages: drawing takes most of the time."""
    monkeypatch.setattr("specnet.workflow.pictures.pages.PAGES", 1)
    monkeypatch.setattr(
        "specnet.workflow.visualize_run.write",
        lambda picture, folder, form: folder / f"{picture.name}.{form}",
    )


def test_every_view_of_the_table_can_be_resolved_and_an_unknown_one_lists_them():
    assert visualizing.chosen(None) == list(visualizing.VIEWS)
    assert visualizing.chosen(["impulse", "filters", "impulse"]) == ["impulse", "filters"]
    for name in ("filters", "impulse", "profile"):
        assert callable(visualizing.resolve(name))
    with pytest.raises(UsageError, match=r"no view 'filtres'; there are: filters, impulse"):
        visualizing.chosen(["filtres"])


@pytest.mark.parametrize("count", [1, 11, 12, 13, 24, 48])
def test_every_filter_is_on_one_page_and_no_page_is_crowded(count):
    found = list(pages(count, 100))
    shown = [k for page in found for k in range(count)[page.rows]]
    assert shown == list(range(count))
    assert max(len(range(count)[page.rows]) for page in found) <= PER_PAGE
    assert len({page.suffix for page in found}) == len(found)
    assert "--layer shows all" in found[-1].hint
    assert not any(page.hint for page in pages(count, count))


def test_spatial_kernels_strides_and_pass_bands_take_part_in_all_three_views(run, named):
    written = workflow.visualize(run, ["filters", "impulse", "profile"])
    files = {each.file.name for each in written}
    assert len(files) == len(written)
    for layer in ("spatial", "strides", "band"):
        ways = ("filters", "filters-parts", "filters-phase", "impulse", "profile")
        assert {f"{way}-{layer}.png" for way in ways} <= files
    assert "filters-many-1.png" in files
    assert "filters-many-2.png" not in files
    (last,) = (each.shows for each in written if each.file.name == "impulse-many-1.png")
    assert last == "filters 0 to 11 of 65 in space; --layer shows all"


SIGNALS = """
data: {source: chirps, length: 33, train: 8, validation: 8, test: 8}
model:
  - spectral_conv1d: {filters: 2, name: conv}
  - rfft1d
  - low_pass1d: {learnable: true, name: band}
  - irfft1d
  - global_average_pooling1d: {name: mean}
"""
VOLUMES = """
data: {source: npz_volumes, path: volumes.npz, size: [4, 5, 6], validation: 0.2, test: 0.2}
model:
  - spectral_conv3d: {filters: 2, name: conv}
  - rfft3d
  - low_pass3d: {learnable: true, name: band}
  - irfft3d
  - global_average_pooling3d: {name: mean}
"""


@pytest.mark.parametrize("text", [SIGNALS, VOLUMES], ids=["signals", "volumes"])
def test_signals_and_volumes_have_every_view_but_the_one_by_direction(
    text, named, tmp_path, monkeypatch, rng
):
    monkeypatch.chdir(tmp_path)
    np.savez("volumes.npz", x_train=rng.normal(size=(20, 4, 5, 6)), y_train=np.arange(20) % 2)
    run = classifier(tmp_path, "run", text)
    model = builder.build(recipe.load(run.path / "recipe.yaml"))
    for epoch in (0, 1):
        snapshots.save(run, epoch, model)
        model.set_weights([0.9 * weight for weight in model.get_weights()])
    files = {each.file.name for each in workflow.visualize(run)}
    layers = {"conv", "band"}
    assert {f"{view}-{layer}.png" for view in ("filters", "impulse") for layer in layers} < files
    assert {
        "training-conv.png",
        "training-conv-animation.png",
        "training-band.png",
        "method.png",
    } < files
    what = "signal" if text is SIGNALS else "volume"
    assert {f"features-00-{what}.png", "features-01-conv.png", "features-overview.png"} < files
    assert not any("profile" in name or "mean" in name for name in files)
    with pytest.raises(UsageError, match=rf"profile is .* of {what}s; take filters"):
        workflow.visualize(run, ["profile"])


def test_all_pages_of_one_layer_are_drawn_in_the_folder_of_the_run(run, named):
    written = workflow.visualize(run, ["impulse"], layer="many", form="svg")
    assert [each.file.name for each in written] == [f"impulse-many-{n}.svg" for n in range(1, 7)]
    assert written[-1].file.parent == run.path / "figures"
    assert workflow.visualize(run, ["impulse"], layer="dense") == []
    with pytest.raises(UsageError, match=r"tiny has no layer 'mane'; did you mean 'many'\?"):
        workflow.visualize(run, ["impulse"], layer="mane")


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("side", [1, 9])
def test_a_flat_image_is_shown_without_a_warning(run, named, tmp_path, side):
    Image.new("L", (side, side)).save(tmp_path / "black.png")
    written = workflow.visualize(run, ["features", "method"], image=tmp_path / "black.png")
    assert {each.view for each in written} == {"features", "method"}


def test_an_unreadable_image_is_explained(run, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    with pytest.raises(DataError, match=r"--image .*broken.png: not a JPEG"):
        workflow.visualize(run, ["features"], image=broken)
    with pytest.raises(DataError, match=r"--pooling .*missing.png: No such file"):
        workflow.visualize_pooling(tmp_path / "missing.png", tmp_path)


def test_a_view_of_an_image_gets_it_as_the_model_takes_it(run, tmp_path, monkeypatch, rng):
    pixels = rng.integers(0, 256, (16, 15, 3), dtype="uint8")
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    seen = []

    def pictures(subject):
        seen.append(subject)
        yield Picture("one", "an image", Figure())

    monkeypatch.setattr(visualizing, "resolve", lambda name: pictures)
    (one,) = workflow.visualize(run, ["features"], image=tmp_path / "mine.png")
    assert (one.view, one.file) == ("features", run.path / "figures" / "one.png")
    workflow.visualize(run, ["features"])
    workflow.visualize(run, ["filters"])
    mine, first, none = seen
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    np.testing.assert_array_equal(mine.image[..., 0], grey)
    np.testing.assert_allclose(mine.normalized, mine.image / np.float32(255), rtol=1e-6)
    assert first.image.shape == mine.image.shape
    assert none.image.size == 0  # reading data is for views of images alone


def test_a_model_without_filters_yields_no_picture(run):
    model = keras.Sequential([keras.Input((4, 5, 1)), keras.layers.Flatten()])
    image = np.zeros((4, 5, 1))
    subject = Subject(run, model, image.astype("uint8"), image)
    for name in ("filters", "impulse", "profile"):
        assert list(visualizing.resolve(name)(subject)) == []


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_stills_and_animations_are_written_whole(tmp_path, form):
    figures = tuple(Figure(figsize=(1, 1)) for _ in range(3))
    for number, figure in enumerate(figures):
        figure.text(0, 0.1, str(number))
    still = write_picture(Picture("still", "", figures[0]), tmp_path, form)
    assert still.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")
    assert still.suffix == f".{form}"
    moving = write_picture(Picture("moving", "", figures), tmp_path, form)
    with Image.open(moving) as animation:
        assert (animation.format, animation.n_frames) == ("GIF", 3)
    assert len(list(tmp_path.iterdir())) == 2
