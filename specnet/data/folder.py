"""The `folder` source: a folder of images for each class, in one for each split where there is.

Files are only ever read. Those that are hidden or no images are left out, and counted.
"""

from pathlib import Path

from specnet.data.dataset import Dataset
from specnet.data.file_lists import read_files
from specnet.data.image_files import absolute, shown
from specnet.data.listing import Listing, classes_of, everything, is_folder, what_is
from specnet.data.splitting import Rule
from specnet.recipe.schema import FolderData


def load(settings: FolderData, rule: Rule = "names") -> Dataset:
    """Read `root/<class>/<image>` or `root/<train, validation or val, test>/<class>/<image>`.

    Raises:
        DataError: folders missing, empty or of the wrong form; files unreadable, unless
            `on_error` is `skip`.
    """
    root = absolute(settings.path)
    listing = _list(root, rule) if settings.labelled else everything(root, rule)
    return read_files(listing, root, settings, rule)


def _list(root: Path, rule: Rule) -> Listing:
    if not is_folder(root):
        message = f"found {what_is(root)}, expected a folder with one folder for each class"
        return Listing((), {}, [f"{shown(root)}: {message}; correct data.path"])
    return classes_of(root, rule)
