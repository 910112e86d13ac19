"""Which name and port leads where: the same table, and the same answers, as exec/redirects.ts."""

import errno
import json
import os
import socket

LOOPBACK = "127.0.0.1"
_TABLE = json.loads(os.environ.get("IOTHUB_EMULATOR_REDIRECTS") or "[]")


def port_of(host, port):
    """The emulator's port for a host and port (int, digits or service name); None for a host that is not its own.

    Raises ConnectionRefusedError for a port of its own names that it does not serve. A name asked for without a port
    (None or 0) has none here either: 0.
    """
    suffix = _suffix_of(host)
    if suffix is None:
        return None
    number = _number_of(port)
    if number == 0:
        return 0
    for row in _TABLE:
        if row["suffix"] == suffix and row["port"] == number:
            return row["to"]
    raise ConnectionRefusedError(errno.ECONNREFUSED, f"iothub-emulator serves no port {number} of {_text_of(host)}")


def _suffix_of(host):
    name = _text_of(host).lower()
    return next((row["suffix"] for row in _TABLE if name == row["suffix"] or name.endswith("." + row["suffix"])), None)


def _text_of(host):
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("ascii", "replace")
    return host if isinstance(host, str) else ""


def _number_of(port):
    if isinstance(port, (bytes, bytearray)):
        port = bytes(port).decode("ascii", "replace")
    if isinstance(port, str) and not port.isdigit():
        return socket.getservbyname(port)
    return int(port or 0)
