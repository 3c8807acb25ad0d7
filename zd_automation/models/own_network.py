"""Keeps ticket text in the building: connections are held against the desk's own networks before a word is sent."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from zd_automation.errors import ModelError

# This machine, and what RFC 1918, 4193 and 6598 keep off the internet (the last also carries private overlay networks).
INSIDE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...] | None


def read_networks(networks: Sequence[str], who: str) -> tuple[Network, ...]:
    """Networks in CIDR. Raises ModelError when one is none."""
    try:
        return tuple(ipaddress.ip_network(network) for network in networks)
    except ValueError:
        raise ModelError(
            f'{who}: networks must be like ["10.0.0.0/8"], the first address of each and its bits'
        ) from None


def check_literal(url: str, networks: Networks, who: str) -> None:
    """An address written as numbers is judged at once; a name when it is connected to."""
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    check_inside(host, networks, who)


def check_inside(address: str, networks: Networks, who: str) -> None:
    """Raises ModelError when the address lies outside all networks; None stands for anywhere."""
    ip = ipaddress.ip_address(address.split("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if networks is not None and not any(ip in network for network in networks):
        raise ModelError(
            f"{who} is at {ip}, outside the desk's networks, and ticket text must not leave the building; add its network "
            "to networks, or allow_public = true if text may go there"
        )


class GuardedAdapter(HTTPAdapter):
    """Holds the far end of every new connection against the networks, before a word is sent: names may change sides."""

    def __init__(self, networks: Networks, who: str) -> None:
        self._guard = (networks, who)
        super().__init__(max_retries=0, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called once by the base class; puts our kinds of connection in place of its own."""
        super().init_poolmanager(*args, **kwargs)
        networks, who = self._guard

        def check(connection: HTTPConnection) -> None:
            if connection.sock is not None:
                try:
                    check_inside(connection.sock.getpeername()[0], networks, who)
                except ModelError:
                    connection.close()
                    raise

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                check(self)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                check(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
