"""The address of this computer in its network."""

from __future__ import annotations

import socket

from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots

# addresses for documentation (RFC 5737, RFC 3849): nobody's, and connecting a datagram socket sends nothing
_AWAY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def ip(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """The addresses this computer sends from; nothing is sent and nobody is asked."""
    found = addresses()
    if not found:
        return BuiltinResult("This computer is not connected to a network.", ok=False)
    return BuiltinResult(f"The address of this computer in its network is {' and '.join(found)}.")


def addresses() -> list[str]:
    """The IPv4 and IPv6 address of the interface that leads out, those there are."""
    found = []
    for family, away in _AWAY:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((away, 9))
                address = str(probe.getsockname()[0])
        except OSError:
            continue
        if not address.startswith("127.") and address not in ("0.0.0.0", "::", "::1"):
            found.append(address)
    return found
