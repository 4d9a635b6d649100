"""Addresses as what is counted: whose calls and whose guesses."""

import ipaddress


def plain_address(address: str) -> str:
    """One of IPv4 as such, where a socket of IPv6 has it as one of its own; else every such caller would be of one
    network.

    >>> plain_address("::ffff:203.0.113.5"), plain_address("2001:db8::1"), plain_address("unknown")
    ('203.0.113.5', '2001:db8::1', 'unknown')
    """
    try:
        mapped = ipaddress.IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return str(mapped) if mapped else address


def network_of(address: str) -> str:
    """Of IPv6 the network of 64 bits: whoever has one of its addresses has all of them.

    >>> network_of("2001:db8:1:2::5"), network_of("::ffff:203.0.113.5"), network_of("203.0.113.5")
    ('2001:db8:1:2::', '203.0.113.5', '203.0.113.5')
    """
    plain = plain_address(address)
    try:
        network = ipaddress.IPv6Network(f"{plain.partition('%')[0]}/64", strict=False)
    except ValueError:
        return plain
    return str(network.network_address)
