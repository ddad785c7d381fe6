"""Where the daemon is reached: one for each user, and nobody else gets there or in between."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from tests.voice.daemon.kit import (
    Running,
    ask,
    running,
)
from whispera.daemon import client, lifecycle
from whispera.daemon.place import Place, place_of
from whispera.errors import DaemonError
from whispera.workspace import Workspace


def test_the_socket_and_what_is_around_it_are_the_users_alone(daemon: Running) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.lstat().st_mode)

    assert mode(Path(daemon.place.address)) == 0o600
    assert mode(daemon.place.directory) == 0o700
    assert mode(daemon.place.log) == 0o600


def test_there_is_one_daemon_and_the_second_says_who_runs(
    daemon: Running,
    workspace: Workspace,
) -> None:
    with pytest.raises(DaemonError, match=f"process {os.getpid()}"), lifecycle.claimed(daemon.place):
        pass
    assert ask(daemon, do="status")["ready"]


def test_a_socket_that_is_left_over_is_replaced(workspace: Workspace, directory: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(directory / "daemon.sock"))
    left.close()
    with running(workspace, directory) as one:
        assert ask(one, do="status")["ready"]
    assert not (directory / "daemon.sock").exists()


@pytest.mark.parametrize("what", ["file", "link", "dangling"])
def test_what_is_no_socket_is_neither_followed_nor_deleted(
    workspace: Workspace,
    directory: Path,
    what: str,
) -> None:
    place = Place(directory, str(directory / "daemon.sock"), directory)
    victim = directory / "victim"
    if what != "dangling":
        victim.write_text("precious")
    if what == "file":
        victim.rename(place.address)
    else:
        Path(place.address).symlink_to(victim)
    with pytest.raises(DaemonError, match="in the way"), lifecycle.claimed(place):
        lifecycle.bind(place)
    assert Path(place.address).is_symlink() or Path(place.address).read_text() == "precious"
    with pytest.raises((DaemonError, OSError)):
        client.Connection(place)


def test_a_directory_that_is_a_link_is_refused(directory: Path) -> None:
    (directory / "real").mkdir()
    (directory / "link").symlink_to(directory / "real")
    place = Place(directory / "link", str(directory / "link" / "daemon.sock"), directory)
    with pytest.raises(DaemonError, match="no directory, or a link"), lifecycle.claimed(place):
        pass


def test_a_directory_that_others_may_write_is_made_private_and_not_trusted_before(
    workspace: Workspace,
    directory: Path,
) -> None:
    with running(workspace, directory) as one:
        directory.chmod(0o777)
        with pytest.raises(DaemonError, match="others could write"):
            client.Connection(one.place)
    with running(workspace, directory) as one:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_the_place_is_short_enough_and_of_the_domain(
    workspace: Workspace,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(directory))
    assert place_of(workspace).address == str(directory / "whispera" / "daemon.sock")
    barista = Workspace(workspace.root, workspace.state, workspace.cache, domain="barista")
    assert place_of(barista).address == str(directory / "whispera" / "daemon-barista.sock")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    far = Workspace(workspace.root, Path("/home/" + "x" * 120), workspace.cache)
    assert len(place_of(far).address) < 100
    assert place_of(far).address != place_of(workspace).address
