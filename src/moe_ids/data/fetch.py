"""Get the real data sets: download them where their publishers allow it, or take local files."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from moe_ids.data.loading import LOADERS
from moe_ids.data.tables import data_files
from moe_ids.errors import CaseStudyError

_CHUNK = 1 << 20
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip with CSV files: its address and the SHA-256 of its bytes."""

    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a data set comes from.

    Args:
        page: the publisher's, with the terms.
        terms: who may use the data for what, and what to cite.
        archives: by the name of the form; empty where the publisher has no address to load from.
    """

    page: str
    terms: str
    archives: Mapping[str, Archive]


_CIC = "http://cicresearch.ca/CICDataset/CIC-IDS-2017/Dataset/CIC-IDS-2017/CSVs"
#: The publisher gives MD5 sums beside the archives (4f83860a... and 5ca3f8f6...); the SHA-256 sums
#: are those of the archives with these MD5 sums.
SOURCES = {
    "cicids2017": Source(
        page="https://www.unb.ca/cic/datasets/ids-2017.html",
        terms="Free for researchers; cite Sharafaldin, Lashkari, Ghorbani (ICISSP 2018).",
        archives={
            "features": Archive(
                f"{_CIC}/MachineLearningCSV.zip",
                "c3f26274b36c837ccf28ffd2dbf4582941c30b3ee70a635c6e5b2f87c4727928",
            ),
            "flows": Archive(
                f"{_CIC}/GeneratedLabelledFlows.zip",
                "7bdbef286f8893f31c6db12105fa097fa5c2dcc6733179037a08129d150ea27a",
            ),
        },
    ),
    "unsw_nb15": Source(
        page="https://research.unsw.edu.au/projects/unsw-nb15-dataset",
        terms="Free for academic research; cite Moustafa, Slay (MilCIS 2015).",
        archives={},
    ),
}


def download(name: str, folder: Path, *, form: str = "features", source: Source) -> list[Path]:
    """Download a data set and unpack its CSV files.

    Args:
        name: of the data set; the files go to the folder of that name in ``folder``.
        folder: with all real data.
        form: which archive.
        source: where from.

    Returns:
        The files.

    Raises:
        CaseStudyError: there is nothing to download from, no network, or not the right bytes.
    """
    if form not in source.archives:
        forms = ", ".join(source.archives)
        raise CaseStudyError(
            f"There is no download of {name}" + (f" in the form {form!r}." if forms else "."),
            why=f"There are {forms}." if forms else "The publisher shares it by hand, on a page.",
            next_step=f"See {source.page}; then `python -m moe_ids.data fetch {name} --from "
            "FOLDER` with the folder where your files are.",
        )
    archive = source.archives[form]
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        packed = Path(temporary) / "archive.zip"
        found = _receive(archive.url, packed, source.page)
        if found != archive.sha256:
            raise CaseStudyError(
                f"What {archive.url} sent is not the published archive.",
                why=f"Its SHA-256 is {found}, and should be {archive.sha256}.",
                next_step=f"Try again later, or download by hand from {source.page}.",
            )
        unpacked = _unpack(packed, Path(temporary))
        # Only whole files reach the place where they are looked for.
        return [file.replace(target / file.name) for file in unpacked]


def take(name: str, files_from: Path, folder: Path) -> list[Path]:
    """Copy local files of a data set to where the commands look, after a look at each.

    Args:
        name: of the data set.
        files_from: a file or a folder.
        folder: with all real data.

    Returns:
        The copies.

    Raises:
        CaseStudyError: these are no files of this data set.
    """
    LOADERS[name](files_from)
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    copies = []
    for file in data_files(files_from):
        copy = target / file.name
        if not (copy.exists() and copy.samefile(file)):
            shutil.copyfile(file, copy)
        copies.append(copy)
    return copies


def _receive(url: str, path: Path, page: str) -> str:
    """Download to a file; the SHA-256 of what came."""
    digest = hashlib.sha256()
    try:
        # The addresses are those of the table above, over http as the publisher has them; the
        # checksum is what makes the bytes trusted.
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer, path.open("wb") as file:  # noqa: S310
            size = int(answer.headers.get("Content-Length") or 0) or None
            with tqdm(total=size, unit="B", unit_scale=True, desc=url.rsplit("/")[-1]) as bar:
                while chunk := answer.read(_CHUNK):
                    file.write(chunk)
                    digest.update(chunk)
                    bar.update(len(chunk))
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise CaseStudyError(
            f"{url} could not be downloaded.",
            why=f"{error}. Perhaps there is no network here.",
            next_step=f"Download it elsewhere from {page}, and give its folder with --from. The "
            "course's own flows need no network.",
        ) from None
    return digest.hexdigest()


def _unpack(packed: Path, target: Path) -> list[Path]:
    files = []
    with zipfile.ZipFile(packed) as archive:
        for member in archive.infolist():
            # Folders inside differ from archive to archive, and one ends in a blank.
            name = Path(member.filename).name
            if member.is_dir() or not name.lower().endswith(".csv"):
                continue
            with archive.open(member) as inside, (target / name).open("wb") as file:
                shutil.copyfileobj(inside, file)
            files.append(target / name)
    return sorted(files)
