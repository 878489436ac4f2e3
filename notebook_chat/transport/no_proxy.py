"""Which addresses are reached without the environment's proxy: ``NO_PROXY`` in the forms that people write, and one's
own machine."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_RULE = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?"  # some write a whole address
    r"(?P<host>\[[^\]]*\](?:/\d+)?|[^:/\s]*(?:/\d+)?|[0-9a-f:.]+(?:/\d+)?)"
    r"(?::(?P<port>\d+|\*))?/?"
)


def is_own_machine(host: str) -> bool:
    """Whether a host is the machine that asks: a loopback address, or a name of one. What goes there goes through no
    proxy, which would reach its own machine instead and see key and prompt in clear.

    Args:
        host: A name or an address, as in a URL.
    """
    address = _address(host)
    if address is not None:
        return address.is_loopback
    name = host.lower().rstrip(".")
    return name in ("localhost", "ip6-localhost") or name.endswith(".localhost")


def bypasses(rules: str, host: str, port: int) -> bool:
    """Whether ``NO_PROXY`` leaves a host out.

    Args:
        rules: The variable's value: names with all that is beneath them (``example.org``, ``.example.org``), patterns
            with stars, addresses, networks (``10.0.0.0/8``), each with a port or without; ``*`` for everything.
        host: The host, as in a URL.
        port: The port that is asked.
    """
    return any(_applies(rule, host.lower().rstrip("."), port) for rule in re.split(r"[\s,;]+", rules.lower()))


def _applies(rule: str, host: str, port: int) -> bool:
    found = _RULE.fullmatch(rule)
    if not rule or found is None:
        return False
    if found["port"] not in (None, "*", str(port)):
        return False
    place = found["host"].replace("[", "").replace("]", "")
    address = _address(host)
    try:
        network = ip_network(place, strict=False)
    except ValueError:
        pass
    else:
        return address is not None and address in network
    if "*" in place:
        return fnmatchcase(host, place) or (place.startswith("*.") and host == place[2:])
    name = place.strip(".")
    return bool(name) and (host == name or (address is None and host.endswith(f".{name}")))


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
