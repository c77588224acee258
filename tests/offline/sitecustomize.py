"""No way out: put this folder on PYTHONPATH, and that Python reaches nothing but its own machine.

Any connection to another host, and any look-up of a name, raises `NoWayOut`. Loopback and Unix
sockets stay open, because a kernel and its client talk over them. What was tried is also written
to the file that OFFLINE_LOG names, so that code which swallows the error is seen nevertheless.
"""

import os
import sys


class NoWayOut(RuntimeError):
    """Somebody here tried to reach another machine."""


def _is_local(host):
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hosts(event, arguments):
    """The hosts that an audit event of the interpreter is about: one, or none."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # The address of a Unix socket is a path; a connected socket sends to None.
        return address[:1] if isinstance(address, tuple) else ()
    if event == "socket.getnameinfo":
        return arguments[0][:1]
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return arguments[:1]
    return ()


def _refuse(event, arguments):
    if not event.startswith("socket."):
        return
    for host in _hosts(event, arguments):
        if not _is_local(host):
            if log := os.environ.get("OFFLINE_LOG"):
                with open(log, "a", encoding="utf-8") as kept:  # noqa: PTH123
                    kept.write(f"{host}\n")
            raise NoWayOut(
                f"offline: {event} to {host!r} was refused. Lessons and library work without a "
                "network, and only this machine (loopback) can be reached here."
            )


# An audit hook sees every socket, also those that compiled code opens through Python, and nothing
# can take it off again.
sys.addaudithook(_refuse)
