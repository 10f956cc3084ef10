"""A sharded library's folder, and how an ordinary library becomes one and back: papers are carried, nothing is embedded again."""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict
from typing import TYPE_CHECKING

from rag import config, files, identity
from rag.errors import ConfigError, IndexDamaged, IndexMismatch
from rag.library import parcels
from rag.library.core import SHARDS, Library
from rag.library.placing import place_of
from rag.library.progress import Meter, Progress
from rag.library.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rag.library.parcels import Parcel
    from rag.schema import Paper

FORMAT = 1
"""Of the file that makes a folder a sharded library."""

MOST = 4096
"""Shards that a library may have."""


def shards_of(folder: Path) -> list[Path]:
    """The folders of a sharded library's shards; none where the folder is no such library. IndexDamaged where its list can't be read."""
    path = folder / SHARDS
    if not path.is_file():
        return []
    cure = 'put the file back: {"format": 1, "shards": NUMBER}'
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        form, n = held["format"], held["shards"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{str(path)!r} can't be read ({type(error).__name__}); {cure}", part="shards") from error
    if form != FORMAT:
        raise IndexMismatch(f"library {str(folder)!r} has shards of format {form!r}, this version reads {FORMAT}; install a newer footnote")
    if type(n) is not int or not 1 <= n <= MOST:
        raise IndexDamaged(f"{str(path)!r} gives {n!r:.40} as its number of shards; {cure}", part="shards")
    found = [_folder(folder, number) for number in range(n)]
    if link := next((place for place in (path, *found) if place.is_symlink()), None):
        raise IndexDamaged(f"library {str(folder)!r} holds a link, {link.name!r}, which none of ours does", part="folder")
    return found


def _folder(folder: Path, number: int) -> Path:
    return folder / f"shard-{number}"


def write_whole(path: Path, value: object) -> None:
    """Write a small file that is whole or not there."""
    beside = path.with_name(f"{path.name}.part")
    with beside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(value))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def create(location: str | Path, n: int) -> Path:
    """Make an empty library of `n` shards; its folder. ConfigError where something is there."""
    folder = config.library_folder(str(location))
    with _made(folder, n):
        pass
    return folder


@contextlib.contextmanager
def _made(folder: Path, n: int) -> Iterator[list[Shard]]:
    """A new library of `n` shards, made beside `folder` and put there when the block ends; nothing is left where it fails."""
    if not 1 <= n <= MOST:
        raise ConfigError(f"a library may have 1 to {MOST} shards, not {n}")
    with _beside(folder) as place:
        with contextlib.ExitStack() as opened:
            yield [opened.enter_context(Shard.open(_folder(place, number), embedder=None, create=True)) for number in range(n)]
        write_whole(place / SHARDS, {"format": FORMAT, "shards": n})


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder that takes the place of `folder`, which must be empty or missing, when the block ends well."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{str(folder)!r} is not empty; name a folder that is new")
    place = folder.with_name(f".{folder.name}.partial")
    files.remove(place)
    place.mkdir(parents=True)
    try:
        yield place
        if folder.exists():
            folder.rmdir()
        place.rename(folder)
    except BaseException:
        files.remove(place)
        raise


def split_up(source: str | Path, target: str | Path, n: int, *, progress: Callable[[Progress], None] | None = None) -> int:
    """Make a library of `n` shards of an ordinary one, which stays as it is; how many papers. Nothing is embedded again."""
    folder = config.library_folder(str(target))
    if shards_of(config.library_folder(str(source))):
        raise ConfigError(f"{str(source)!r} is sharded already; run `footnote library join` first")
    with Library.open(source, embedder=None) as found, _made(folder, n) as shards:
        parts = found._parts  # noqa: SLF001  # carried as it is stored
        with parts.writing():
            rows = [int(row) for (row,) in parts.records.db.execute("SELECT row FROM papers ORDER BY row")]
            of, manifest = parcels.families(parts), parts.records.all_meta()
            shards[0].note_all(parts.records.db.execute("SELECT place, item, stamp FROM followed WHERE row IS NULL").fetchall())
            papers = parts.records.papers(sorted({*of.values()}))
            homes = {row: _home(paper, n) for row, paper in papers.items()}
            meter = Meter("reading", progress, len(rows))
            for start in range(0, len(rows), parcels.PAGE):
                page = rows[start : start + parcels.PAGE]
                held = parts.records.papers(page)
                goes: dict[int, list[int]] = defaultdict(list)
                for row in page:
                    goes[homes[of[row]] if row in of else _home(held[row], n)].append(row)
                for number, own in sorted(goes.items()):
                    shards[number].put(parcels.lift(parts, own), manifest)
                meter.tell(start + len(page))
        return len(rows)


def _home(paper: Paper, n: int) -> int:
    return place_of(identity.keys_for(paper), paper.paper_id, n)


def join(source: str | Path, target: str | Path, *, progress: Callable[[Progress], None] | None = None) -> int:
    """Make an ordinary library of a sharded one, which stays as it is; how many papers. Nothing is embedded again."""
    folder, places = config.library_folder(str(target)), shards_of(config.library_folder(str(source)))
    if not places:
        raise ConfigError(f"{str(source)!r} is no sharded library; `footnote library status` tells what there is")
    with contextlib.ExitStack() as opened:
        shards = [opened.enter_context(Shard.open(path, embedder=None)) for path in places]
        rows = sorted(row * len(shards) + n for n, one in enumerate(shards) for row in one.all_rows())
        manifest = next((held for one in shards if (held := one.manifest())), {})
        meter = Meter("reading", progress, len(rows))
        with _beside(folder) as place, Shard.open(place, embedder=None, create=True) as whole:
            whole.note_all(shards[0].noted())
            for start in range(0, len(rows), parcels.PAGE):
                page = rows[start : start + parcels.PAGE]
                found: dict[int, Parcel] = {}
                for n, one in enumerate(shards):
                    own = [row // len(shards) for row in page if row % len(shards) == n]
                    if own:
                        found.update((row * len(shards) + n, parcel) for row, parcel in zip(own, one.lift(own), strict=True))
                whole.put([found[row] for row in page], manifest)
                meter.tell(start + len(page))
    return len(rows)
