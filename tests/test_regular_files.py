"""Whatever stands at a path is named for what it is, and nothing is waited for."""

import os
import socket
import threading
from pathlib import Path

import pytest

from sim.regular_files import Unreadable, open_regular, why_unreadable


def why(path: str | Path) -> str:
    with pytest.raises(Unreadable) as caught:
        open_regular(path)
    return str(caught.value)


def test_a_regular_file_and_a_link_to_one_are_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to("a")
    for name in ("a", "b"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"abc"


def test_what_is_no_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "away").symlink_to("nowhere")
    (tmp_path / "plain").write_text("")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(tmp_path)  # the path of a socket is short
        try:
            listening.bind("plug")
        finally:
            os.chdir(here)
        assert why(tmp_path / "plug") == "a socket, not a file"
    assert why(tmp_path) == "a folder, not a file"
    assert why(tmp_path / "pipe") == "a pipe, not a file"
    assert why("/dev/null") == "a device, not a file"
    assert why(tmp_path / "round") == "a link that leads to itself"
    assert why(tmp_path / "away") == "a link to nothing"
    assert why(tmp_path / "none") == "no such file"
    assert why(tmp_path / "plain" / "x") == "a path through something that is no folder"


def test_names_that_no_file_can_have_are_told(tmp_path: Path) -> None:
    assert why(tmp_path / ("ä" * 200)) == "a name of 400 bytes, and a file system takes 255"
    assert why("a/" * 5000).endswith("bytes, more than the system takes")
    assert why("a\0b") == "the name holds a zero byte"
    assert why("a\ud800b") == "the name is not Unicode text"


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = threading.Thread(target=lambda: why(tmp_path / "pipe"), daemon=True)
    reading.start()
    reading.join(10)
    assert not reading.is_alive()


def test_every_reason_has_a_text() -> None:
    assert why_unreadable(MemoryError()) == "needs more memory than there is"
    assert why_unreadable(OSError()) == "cannot be opened (OSError)"
    assert why_unreadable(PermissionError(13, "Permission denied")) == (
        "cannot be opened (Permission denied)"
    )
