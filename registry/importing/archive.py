"""Zip archives from strangers: named members only, bounded in size, unpacked into a folder of their own."""

import shutil
import zipfile
from pathlib import Path

from django.utils.translation import gettext as _

from registry.importing.table import UnreadableFile

MAX_UNPACKED_BYTES = 2 << 30
MAX_MEMBERS = 10_000
SHAPEFILE_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})


def check_archive(path: Path) -> list[zipfile.ZipInfo]:
    """The files in the archive at `path`.

    Raises UnreadableFile when it is none, is encrypted, or would unpack beyond MAX_UNPACKED_BYTES or MAX_MEMBERS.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise UnreadableFile(_("The archive is damaged.")) from error
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise UnreadableFile(_("The archive is too large when unpacked."))
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile(_("The archive is encrypted."))
    return members


def unpack_shapefiles(path: Path, folder: Path) -> dict[str, Path]:
    """Unpack the parts of every Shapefile in the archive into `folder`: layer name -> path of its .shp.

    Members are written under names of our own, so a name such as `../../x` leads nowhere, and a copy stops at the
    size its directory entry states, so an entry that lies fills no disk.
    """
    layers: dict[str, Path] = {}
    members = [member for member in check_archive(path) if not member.filename.startswith("__MACOSX/")]
    stems = sorted({_stem(m.filename) for m in members if Path(m.filename).suffix.lower() == ".shp"})
    with zipfile.ZipFile(path) as archive:
        for number, stem in enumerate(stems):
            for member in members:
                suffix = Path(member.filename).suffix.lower()
                if _stem(member.filename) == stem and suffix in SHAPEFILE_PARTS:
                    target = folder / f"layer{number}{suffix}"
                    with archive.open(member) as source, target.open("wb") as sink:
                        shutil.copyfileobj(source, sink)
            layers[Path(stem).name] = folder / f"layer{number}.shp"
    if not layers:
        raise UnreadableFile(_("The archive holds no Shapefile (.shp)."))
    return layers


def _stem(filename: str) -> str:
    return filename[: -len(Path(filename).suffix)] if Path(filename).suffix else filename
