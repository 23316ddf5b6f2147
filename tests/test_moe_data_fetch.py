"""Getting data: downloads that are checked, local files, and what takes their place."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from support_moe import (
    ROWS,
    cicids_table,
    flows_file,
    some_flows,
    unsw_table,
    write_cicids,
    write_unsw,
)

from moe_ids.data import load
from moe_ids.data.command import cli
from moe_ids.data.fetch import SOURCES, Archive, Source, download, take
from moe_ids.data.places import find
from moe_ids.errors import CaseStudyError


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Source]:
    """A server on this machine that has one archive, packed as the real one is."""
    folder = tmp_path / "publisher"
    folder.mkdir()
    file = write_cicids(tmp_path / "made.csv", cicids_table(some_flows()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(file, "TrafficLabelling /Friday.pcap_ISCX.csv")
        archive.writestr("../../outside.csv", file.read_bytes())
        archive.writestr("TrafficLabelling /readme.txt", "no data")
    (folder / "flows.zip").write_bytes(packed.getvalue())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        digest = hashlib.sha256(packed.getvalue()).hexdigest()
        address = f"http://127.0.0.1:{server.server_port}/flows.zip"
        yield Source("the page", "the terms", {"features": Archive(address, digest)})
        server.shutdown()
        thread.join()


def test_a_download_is_checked_and_unpacked_into_one_folder(
    publisher: Source, tmp_path: Path
) -> None:
    files = download("cicids2017", tmp_path / "real", source=publisher)
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [
        "real/cicids2017/Friday.pcap_ISCX.csv",
        "real/cicids2017/outside.csv",
    ]
    assert not list(tmp_path.parent.glob("outside.csv"))
    assert [one.name for one in (tmp_path / "real").iterdir()] == ["cicids2017"]
    assert len(load("cicids2017", files[0])) == ROWS


def test_an_archive_with_other_bytes_is_refused_and_leaves_nothing(
    publisher: Source, tmp_path: Path
) -> None:
    wrong = Archive(publisher.archives["features"].url, "0" * 64)
    with pytest.raises(CaseStudyError, match="not the published archive"):
        download("cicids2017", tmp_path / "real", source=Source("", "", {"features": wrong}))
    assert not [one for one in (tmp_path / "real").rglob("*") if one.is_file()]


def test_without_a_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    nowhere = Archive("http://127.0.0.1:9/archive.zip", "0" * 64)
    with pytest.raises(CaseStudyError, match="could not be downloaded") as told:
        download("cicids2017", tmp_path, source=Source("the page", "", {"features": nowhere}))
    assert "--from" in told.value.next_step


def test_what_is_shared_by_hand_has_no_download(tmp_path: Path) -> None:
    with pytest.raises(CaseStudyError, match="no download of unsw_nb15") as told:
        download("unsw_nb15", tmp_path, source=SOURCES["unsw_nb15"])
    assert "https://research.unsw.edu.au/projects/unsw-nb15-dataset" in told.value.next_step


def test_local_files_are_taken_after_a_look(tmp_path: Path) -> None:
    write_unsw(tmp_path / "mine" / "part.csv", unsw_table(some_flows()))
    take("unsw_nb15", tmp_path / "mine", tmp_path / "real")
    assert len(load("unsw_nb15", tmp_path / "real" / "unsw_nb15")) == ROWS
    with pytest.raises(CaseStudyError, match="no column Flow Duration"):
        take("cicids2017", tmp_path / "mine", tmp_path / "real")
    assert not (tmp_path / "real" / "cicids2017").exists()


def test_real_data_are_found_where_they_were_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows_file(tmp_path / "data")
    monkeypatch.delenv("MOE_IDS_DATA", raising=False)
    place = find("cicids2017", tmp_path)
    assert (place.name, place.stands_in) == ("flows", True)
    assert find("unsw_nb15", tmp_path).name == "flows-unsw"
    assert not find("flows", tmp_path).stands_in

    write_unsw(tmp_path / "mine" / "part.csv", unsw_table(some_flows()))
    take("unsw_nb15", tmp_path / "mine", tmp_path / ".course" / "real")
    place = find("unsw_nb15", tmp_path)
    assert (place.name, place.stands_in) == ("unsw_nb15", False)
    assert len(load(place.name, place.path)) == ROWS

    write_cicids(tmp_path / "elsewhere" / "cicids2017_part.csv", cicids_table(some_flows()))
    monkeypatch.setenv("MOE_IDS_DATA", str(tmp_path / "elsewhere"))
    assert find("cicids2017", tmp_path).path.name == "cicids2017_part.csv"


def test_a_folder_for_real_data_that_is_not_there_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows_file(tmp_path / "data")
    monkeypatch.setenv("MOE_IDS_DATA", str(tmp_path / "mistyped"))
    with pytest.raises(CaseStudyError, match=r"MOE_IDS_DATA names .*mistyped, which is no folder"):
        find("cicids2017", tmp_path)
    assert find("flows", tmp_path).name == "flows"


def test_without_any_data_the_error_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(CaseStudyError, match="flows are not in") as told:
        find("flows", tmp_path)
    assert "dvc pull" in told.value.next_step
    with pytest.raises(CaseStudyError, match="no kind of data called 'kdd99'"):
        find("kdd99", tmp_path)


def test_the_command_makes_looks_and_takes(tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(cli, ["make", "--rows", str(ROWS), "--out", str(tmp_path / "made")])
    assert made.exit_code == 0, made.output
    looked = runner.invoke(cli, ["look", "flows", str(tmp_path / "made")])
    assert "2,000 rows, 21 features" in looked.output
    assert "infinite rates" in looked.output
    mine = write_cicids(tmp_path / "mine" / "a.csv", cicids_table(some_flows()))
    words = ["fetch", "cicids2017", "--from", str(mine), "--out", str(tmp_path / "real")]
    taken = runner.invoke(cli, words)
    assert taken.exit_code == 0, taken.output
    assert "Sharafaldin" in taken.output


def test_the_command_tells_an_error_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "flows.csv").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "moe_ids.data", "look", "flows", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "flows.csv holds no rows" in done.stderr
    assert "Traceback" not in done.stderr
