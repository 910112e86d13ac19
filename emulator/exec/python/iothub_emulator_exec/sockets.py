"""Dials of the emulator's names go to its ports on this machine; every other dial is left alone.

Two places suffice. Every resolver of the standard library (socket.create_connection, http.client, asyncio's loop) and
urllib3, aiohttp and paho above it ask socket.getaddrinfo; what dials a name without that calls socket.socket.connect.
TLS and HTTP still say the name that the program asked for.
"""

import socket

from .redirects import LOOPBACK, port_of

_getaddrinfo = socket.getaddrinfo
_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def install():
    socket.getaddrinfo = getaddrinfo
    socket.socket.connect = connect
    socket.socket.connect_ex = connect_ex


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    to = port_of(host, port)
    if to is None:
        return _getaddrinfo(host, port, family, type, proto, flags)
    # Asked for by aiohttp, and met by no address on a machine that has the loopback interface only (getaddrinfo(3)).
    return _getaddrinfo(LOOPBACK, to, family, type, proto, flags & ~socket.AI_ADDRCONFIG)


def connect(self, address):
    return _connect(self, _redirected(address))


def connect_ex(self, address):
    try:
        return _connect_ex(self, _redirected(address))
    except ConnectionRefusedError as error:
        return error.errno


def _redirected(address):
    if not isinstance(address, tuple) or len(address) < 2:
        return address  # of another family, as AF_UNIX
    to = port_of(address[0], address[1])
    return address if to is None else (LOOPBACK, to)
