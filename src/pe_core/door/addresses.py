"""Which addresses of the internet a connection may go to.

The lists are written out, because Python's ``is_global`` calls some public that lead inside:
IPv4 addresses inside IPv6 ones, NAT64, 6to4, Teredo, multicast.
Source: IANA's registries of special-purpose addresses (RFC 6890), multicast (RFC 5771).
"""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_V4 = tuple(
    IPv4Network(line)
    for line in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared behind a provider's NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; clouds tell secrets there
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_V6 = IPv6Network("2000::/3")
"""All that is given out; loopback, mapped IPv4, NAT64, private and multicast lie outside it."""
_NOT_V6 = tuple(
    IPv6Network(line)
    for line in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)
"""What stands before an IPv4 address in the lower half of an ISATAP address (RFC 5214)."""


def is_public(address: str) -> bool:
    """Return whether a literal address is one machine on the internet; a name is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inside = (int(found) >> 32) & 0xFFFFFFFF
        return found in _V6 and inside not in _ISATAP and not any(found in net for net in _NOT_V6)
    return not any(found in net for net in _NOT_V4)
