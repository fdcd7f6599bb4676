"""Which files of a folder are images, of which class and split, and what else lies there.

Links to folders are followed; each folder is read once, so that they cannot lead in circles.
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from specnet.data.dataset import class_problems
from specnet.data.image_files import shown, special
from specnet.data.images import EXTENSIONS
from specnet.data.splitting import Rule

# The folders that may hold a split, in upper or lower case.
SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid"),
    "test": ("test", "testing"),
}
# What computers put next to files, in lower case.
SYSTEM = ("thumbs.db", "desktop.ini", ".ds_store", "__macosx", "@eadir", "$recycle.bin")
NEWER = (".tif", ".tiff")  # not read by the versions whose rule is `order`
SHOWN_KINDS = 6
_WORDS = "|".join(word for words in SPLITS.values() for word in words)
_LIKE_A_SPLIT = re.compile(rf"(?<![a-z])({_WORDS})(set|data|images?|imgs?)?(?![a-z])")

Labelled = tuple[Path, int]


@dataclass
class Found:
    """The images below a folder, how many other files of which kind, and links not followed."""

    images: list[Path] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    repeated: list[Path] = field(default_factory=list)

    def count(self, name: str) -> None:
        """Count a file that is left out."""
        self.others[_kind(name)] += 1


@dataclass(frozen=True)
class Listing:
    """The files of each split that has a folder, what is wrong, what else is to be said, and the
    folder that holds the classes to train on.
    """

    classes: tuple[str, ...]
    files: dict[str, list[Labelled]]
    problems: list[str]
    notes: tuple[str, ...] = ()
    train: Path | None = None


def below(folder: Path, rule: Rule = "names") -> Found:
    """Return what is below a folder, at any depth, images in order."""
    found = Found()
    here = (folder.absolute(), folder.resolve())
    seen = {_identity(path) for each in here for path in each.parents}
    waiting = [folder]
    while waiting:
        at = waiting.pop()
        if (identity := _identity(at)) in seen:
            found.repeated.append(at)
            continue
        seen.add(identity)
        for name in os.listdir(at):
            path = at / name
            if _is_hidden(name):
                found.count(name)
            elif is_folder(path):
                if rule == "names" or not path.is_symlink():
                    waiting.append(path)
            elif path.suffix.lower() in EXTENSIONS and not _is_newer(path, rule):
                found.images.append(path)
            else:
                found.count(name)
    found.images.sort()
    return found


def classes_of(root: Path, rule: Rule = "names") -> Listing:
    """List `root/<class>/<image>` or `root/<split>/<class>/<image>`."""
    folders, problems = _split_folders(root)
    if "train" not in folders:
        return Listing((), {}, problems)
    names = [path.name for path in subfolders(folders["train"])]
    if not names:
        return Listing((), {}, [*problems, _no_class_folders(folders["train"])])
    problems += class_problems(tuple(map(shown, names)), shown(folders["train"]))
    total, files, notes = Found(), {}, []
    for split, folder in folders.items():
        files[split], wrong = _labelled(folder, names, rule, total)
        problems += wrong
        absent = sorted(set(names) - {path.name for path in subfolders(folder)})
        if absent:
            notes.append(f"{shown(folder)}: has no folder of {', '.join(map(shown, absent))}")
    around = {root, *folders.values()}
    loose = [path for folder in around for path in folder.iterdir() if not is_folder(path)]
    notes += notes_on(root, total, sorted(loose))
    return Listing(tuple(map(shown, names)), files, problems, tuple(notes), folders["train"])


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder that are no computer's own, in order."""
    return sorted(p for p in folder.iterdir() if not _is_hidden(p.name) and is_folder(p))


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder or a link to one."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:  # a broken link, say
        return False


def notes_on(root: Path, found: Found, loose: Sequence[Path] = ()) -> list[str]:
    """Say what is left out, a line each: `loose` are files next to the folders that are read."""
    notes = []
    beside = [path for path in loose if not _is_hidden(path.name)]
    images = [path for path in beside if path.suffix.lower() in EXTENSIONS]
    if images:
        notes.append(
            f"{shown(root)}: left out {len(images)} images that are in no class's folder, the "
            f"first {shown(images[0])}"
        )
    for path in loose:
        if path not in images:
            found.count(path.name)
    if kinds := describe(found.others):
        notes.append(f"{shown(root)}: left out {kinds}")
    if found.repeated:
        notes.append(
            f"{shown(root)}: left out {len(found.repeated)} links to folders that are read "
            f"already or hold these, the first {shown(found.repeated[0])}"
        )
    return notes


def describe(others: Counter[str]) -> str:
    """Return in words what is left out; nothing where these are files of computers alone."""
    kinds = [(kind, count) for kind, count in others.most_common() if kind.startswith(".")]
    other = others["others"] + sum(count for _, count in kinds[SHOWN_KINDS:])
    named = [f"{count} {shown(kind)}" for kind, count in kinds[:SHOWN_KINDS]]
    named += [f"{other} other files"] if other else []
    named += [f"{others['hidden']} hidden files or folders"] if others["hidden"] else []
    system = others["system"]
    return ", ".join(named + ([f"{system} of the system"] if system and named else []))


def _kind(name: str) -> str:
    suffix = Path(name).suffix.lower()
    if name.lower() in SYSTEM or name.startswith("._"):  # the second are macOS's, next to each file
        return "system"
    if name.startswith("."):
        return "hidden"
    return suffix if 1 < len(suffix) <= 8 else "others"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM


def _is_newer(path: Path, rule: Rule) -> bool:
    return rule == "order" and path.suffix.lower() in NEWER


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _split_folders(root: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the folder of each split, `root` itself for `train` where there are none."""
    present = subfolders(root)
    folders: dict[str, Path] = {}
    problems, where = [], shown(root)
    for split, words in SPLITS.items():
        found = [path for path in present if path.name.lower() in words]
        present = [path for path in present if path not in found]
        if len(found) > 1:
            problems.append(f"{where}: holds both {_names(found, ' and ')}; keep one of them")
        if found:
            folders[split] = found[0]
    if not folders:
        return {"train": root}, _like_splits(root, present)
    if "train" not in folders:
        found = list(folders.values())
        beside = f" beside {_names(present)}" if present else ""
        problems.append(
            f"{where}: holds {_names(found)}{beside}, and no train; put the classes to train on "
            "into a folder train, or give a class that has the name of a split another name"
        )
    elif present:
        problems.append(
            f"{where}: holds {folders['train'].name} beside {_names(present)}; expected only "
            "train, val and test"
        )
    return folders, problems


def _like_splits(root: Path, folders: list[Path]) -> list[str]:
    """Refuse what look like splits under other names, which would be taken for classes."""
    like = {path: _LIKE_A_SPLIT.search(path.name.lower()) for path in folders}
    words = {path: match[1] for path, match in like.items() if match}
    splits = {split for split, names in SPLITS.items() if set(words.values()) & set(names)}
    if "train" not in splits or len(splits) < 2:
        return []
    return [
        f"{shown(root)}: {_names(words)} look like splits, not classes; name such folders train, "
        "val and test"
    ]


def _names(paths: Iterable[Path], between: str = ", ") -> str:
    return between.join(shown(path.name) for path in paths)


def _labelled(
    folder: Path, names: list[str], rule: Rule, total: Found
) -> tuple[list[Labelled], list[str]]:
    files: list[Labelled] = []
    problems = []
    for class_folder in subfolders(folder):
        found = below(class_folder, rule)
        if class_folder.name not in names:
            problems.append(f"{shown(class_folder)}: this class has no folder in train")
        elif not found.images:
            problems.append(f"{shown(class_folder)}: no images ({_number(found)} other files)")
        else:
            files += ((path, names.index(class_folder.name)) for path in found.images)
        total.others += found.others
        total.repeated += found.repeated
    return files, problems


def _number(found: Found) -> int:
    return sum(found.others.values())


def _no_class_folders(folder: Path) -> str:
    found = below(folder)
    return (
        f"{shown(folder)}: found {len(found.images)} images and {_number(found)} other files but "
        "no folders; expected one folder for each class, with its images inside; "
        "an autoencoder needs none with data.labelled: false"
    )


def everything(root: Path, rule: Rule = "names") -> Listing:
    """List all images below the root, of one class."""
    found = below(root, rule) if is_folder(root) else Found()
    if not found.images:
        there = describe(found.others) or "nothing else"
        there = there if is_folder(root) else what_is(root)
        problem = f"{shown(root)}: no images (found {there}); correct data.path"
        return Listing(("image",), {}, [problem])
    files = [(path, 0) for path in found.images]
    return Listing(("image",), {"train": files}, [], tuple(notes_on(root, found)))


def what_is(path: Path) -> str:
    """Return in words what a path is that is no folder."""
    try:
        return special(path.stat().st_mode) or "a file"
    except OSError as error:
        return "nothing" if isinstance(error, FileNotFoundError) else str(error.strerror)
