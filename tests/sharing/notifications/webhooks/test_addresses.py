from ipaddress import ip_network

import pytest

from sharing.notifications.webhooks.addresses import is_allowed


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3",  # this machine
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # private
        "100.64.0.1", "100.100.100.200", "100.127.255.255",  # carriers, and a cloud's metadata
        "169.254.1.1", "169.254.169.254", "168.63.129.16", "192.0.0.192",  # link-local, and clouds' metadata
        "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1",  # documentation, benchmarks, relays
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",  # multicast, reserved, broadcast
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1",  # this machine, link-local, site-local
        "fc00::1", "fd00:ec2::254", "fd20:ce::254",  # unique local, and clouds' metadata
        "ff02::1", "ff0e::1",  # multicast
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1",  # mapped
        "::127.0.0.1", "::ffff:0:127.0.0.1",  # compatible, translated
        "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",  # NAT64
        "2002:7f00:1::", "2002:808:808::1",  # 6to4, wherever it leads
        "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:20::1",  # Teredo, ORCHID
        "2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1",  # documentation, discard, not handed out
        "", "localhost", "1.2.3", "0x7f.0.0.1",  # no addresses
    ],
)  # fmt: skip
def test_what_is_not_public_is_not_connected_to(address: str):
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "169.253.0.1",
        "192.0.1.1", "223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888", "2400:3200::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    ],
)  # fmt: skip
def test_what_is_public_is(address: str):
    assert is_allowed(address)


def test_a_setting_allows_further_networks_in_each_of_their_forms():
    extra = [ip_network("10.1.0.0/16"), ip_network("::1/128")]
    allowed = ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "::1", "8.8.8.8")
    assert [one for one in allowed if is_allowed(one, extra)] == list(allowed)
    assert not any(is_allowed(one, extra) for one in ("10.2.0.1", "127.0.0.1", "::2", "fe80::1"))
