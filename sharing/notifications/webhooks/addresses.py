"""Which addresses of the network may be connected to: public ones only, whatever form they are written in.

The lists are those of IANA's special-purpose registries (RFC 6890), spelled out, since what Python calls global
differs between its releases.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared by carriers (RFC 6598); 100.100.100.200 is a cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent, behind a public address
        "169.254.0.0/16",  # link-local; 169.254.169.254 is most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocols; 192.0.0.192 is a cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
# Of IPv6 only this is handed out as public: not unique local, link-local, multicast, and not compatible forms.
PUBLIC_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocols, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which leads to any IPv4 address
        "3fff::/20",  # documentation
    )
]
# Forms of IPv6 that stand for the IPv4 address in their last 32 bits: mapped, and NAT64 (RFC 6052).
STANDS_FOR_4 = [IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")]


def is_allowed(text: str, extra: Iterable[Network] = ()) -> bool:
    """Whether the address is public, or in one of the `extra` networks. What is no address is not."""
    try:
        address = _plain(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    return is_public(address) or any(address.version == one.version and address in one for one in extra)


def is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    return address in PUBLIC_6 and not any(address in network for network in NOT_PUBLIC_6)


def _plain(address: Address) -> Address:
    if isinstance(address, IPv6Address) and any(address in network for network in STANDS_FOR_4):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
