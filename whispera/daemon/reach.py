"""Reaching the daemon's socket, for what must begin at once: imports `os` and `_socket` alone.

`socket` would cost more than asking does, and `typing`, `json` or `pathlib` more than the rest of
`whispera trigger`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONNECT_S = 0.2
ANSWER_S = 1.5
"""The longest that is waited for an answer; a typed command loads the model itself in a fifth of that."""
_CREDENTIALS_BYTES = 12
"""Of `struct ucred`: process, user, group, 32 bits each."""


def runtime_directory() -> str:
    """The directory the system gives this user for sockets; empty where it is not this user's."""
    named = os.environ.get("XDG_RUNTIME_DIR", "")
    if sys.platform == "win32" or not named.startswith("/"):
        return ""
    try:  # `sudo` and `su` may leave that of somebody else in the environment
        return named if os.stat(named).st_uid == os.geteuid() else ""  # noqa: PTH116
    except OSError:
        return ""


def tell(request: bytes) -> bytes | None:
    """The answer of the daemon in the runtime directory to one line; None where it was not reached.

    Raises TimeoutError where it was reached and there is none.
    """
    directory = runtime_directory()
    if not directory or sys.platform == "win32":
        return None
    try:
        connection = connect(f"{directory}/whispera/daemon.sock")
    except OSError:
        return None
    try:
        connection.settimeout(ANSWER_S)
        connection.sendall(request)
        answer: bytes = connection.recv(65536)
    finally:
        connection.close()
    return answer


def connect(address: str) -> Any:
    """A connection to the socket of this user's daemon; raises OSError, also where it is somebody else's."""
    if sys.platform == "win32":
        raise OSError("there are no sockets of this kind here")
    import _socket
    import stat

    found = os.lstat(address)
    around = os.lstat(address.rpartition("/")[0])
    me = os.geteuid()
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != me:
        raise PermissionError(f"{address} is no socket of yours")
    if not stat.S_ISDIR(around.st_mode) or around.st_uid != me or around.st_mode & 0o022:
        raise PermissionError(f"others could write beside {address}")
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.settimeout(CONNECT_S)
        connection.connect(address)
        if peer_of(connection) not in (None, me):
            raise PermissionError(f"{address} is answered by another user")
    except BaseException:
        connection.close()
        raise
    return connection


def peer_of(connection: Any) -> int | None:
    """The user at the other end of a Unix socket, where the system tells (Linux); raises OSError."""
    if sys.platform != "linux":
        return None
    import _socket

    told = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, _CREDENTIALS_BYTES)
    return int.from_bytes(told[4:8], sys.byteorder)
