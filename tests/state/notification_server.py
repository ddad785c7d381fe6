"""A desktop's notification service on the session bus, in as much D-Bus as that takes.

`python notification_server.py FILE` writes one JSON object for each notification it is sent.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from pathlib import Path

NAME = "org.freedesktop.Notifications"
CALL, RETURN = 1, 2
PATH, INTERFACE, MEMBER, REPLY_TO, DESTINATION, SENDER, SIGNATURE = 1, 2, 3, 5, 6, 7, 8


def connect() -> socket.socket:
    address = os.environ["DBUS_SESSION_BUS_ADDRESS"].split(";")[0].split(",")[0]
    kind, _, path = address.removeprefix("unix:").partition("=")
    bus = socket.socket(socket.AF_UNIX)
    bus.connect("\0" + path if kind == "abstract" else path)
    bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
    assert bus.recv(200).startswith(b"OK")
    bus.sendall(b"BEGIN\r\n")
    return bus


def pad(data: bytes, size: int) -> bytes:
    return data + b"\0" * (-len(data) % size)


def text(value: str) -> bytes:
    return struct.pack("<I", len(value.encode())) + value.encode() + b"\0"


def message(kind: int, serial: int, fields: list[tuple[int, str, str | int]], body: bytes = b"") -> bytes:
    packed = b""
    for code, signature, value in fields:
        packed = pad(packed, 8) + bytes([code, 1]) + signature.encode() + b"\0"
        if signature == "u":
            packed = pad(packed, 4) + struct.pack("<I", int(value))
        elif signature == "g":
            packed += bytes([len(str(value))]) + str(value).encode() + b"\0"
        else:
            packed = pad(packed, 4) + text(str(value))
    head = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), serial, len(packed))
    return pad(head + packed, 8) + body


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def align(self, size: int) -> None:
        self.at += -self.at % size

    def number(self) -> int:
        self.align(4)
        self.at += 4
        return int(struct.unpack_from("<I", self.data, self.at - 4)[0])

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def text(self) -> str:
        return self.take(self.number() + 1)[:-1].decode()

    def signature(self) -> str:
        return self.take(self.take(1)[0] + 1)[:-1].decode()


def receive(bus: socket.socket) -> tuple[int, int, dict[int, str | int], Reader]:
    """Kind, serial, header fields and body of the next message."""
    head = bus.recv(16, socket.MSG_WAITALL)
    if len(head) < 16:
        sys.exit(0)
    _, kind, _, _, body_size, serial, fields_size = struct.unpack("<cBBBIII", head)
    rest = bus.recv(fields_size + -fields_size % 8 + body_size, socket.MSG_WAITALL)
    reader = Reader(rest)
    fields: dict[int, str | int] = {}
    while reader.at < fields_size:
        reader.align(8)
        code = reader.take(1)[0]
        signature = reader.signature()
        if signature == "u":
            fields[code] = reader.number()
        else:
            fields[code] = reader.signature() if signature == "g" else reader.text()
    return kind, serial, fields, Reader(rest[fields_size + -fields_size % 8 :])


def ask_bus(member: str, serial: int, body: bytes = b"", signature: str = "") -> bytes:
    bus_name = "org.freedesktop.DBus"
    fields: list[tuple[int, str, str | int]] = [
        (PATH, "o", "/org/freedesktop/DBus"),
        (INTERFACE, "s", bus_name),
        (MEMBER, "s", member),
        (DESTINATION, "s", bus_name),
    ]
    return message(CALL, serial, [*fields, (SIGNATURE, "g", signature)] if signature else fields, body)


def main() -> None:
    out = Path(sys.argv[1])
    bus = connect()
    bus.sendall(ask_bus("Hello", 1))
    bus.sendall(ask_bus("RequestName", 2, pad(text(NAME), 4) + struct.pack("<I", 0), "su"))
    number = 2
    while True:
        kind, serial, fields, body = receive(bus)
        if fields.get(REPLY_TO) == 2:
            print("ready", flush=True)
        if kind != CALL:
            continue
        number += 1
        reply, signature = b"", ""
        if fields[MEMBER] == "Notify":
            body.text(), body.number(), body.text()
            notice = {"title": body.text(), "body": body.text()}
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(notice) + "\n")
            reply, signature = struct.pack("<I", 1), "u"
        elif fields[MEMBER] == "GetServerInformation":
            for word in ("fake", "whispera", "1", "1.2"):
                reply = pad(reply, 4) + text(word)
            signature = "ssss"
        elif fields[MEMBER] == "GetCapabilities":
            entry = text("body")
            reply, signature = struct.pack("<I", len(entry)) + entry, "as"
        header: list[tuple[int, str, str | int]] = [
            (REPLY_TO, "u", serial),
            (DESTINATION, "s", fields[SENDER]),
        ]
        bus.sendall(
            message(RETURN, number, [*header, (SIGNATURE, "g", signature)] if signature else header, reply)
        )


if __name__ == "__main__":
    main()
