from ipaddress import ip_network

import pytest

from sharing.notifications.webhooks.target import BadAddress, Target, parse


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", Target(True, "example.com", 443, "/")),
        ("https://Hooks.Example.com/a/b?c=d&e=%20", Target(True, "hooks.example.com", 443, "/a/b?c=d&e=%20")),
        ("https://example.com:8443/", Target(True, "example.com", 8443, "/")),
        ("https://xn--fsqu00a.xn--0zwm56d/", Target(True, "xn--fsqu00a.xn--0zwm56d", 443, "/")),
        ("https://8.8.8.8/", Target(True, "8.8.8.8", 443, "/")),
        ("https://[2606:4700:4700::1111]:1024/", Target(True, "2606:4700:4700::1111", 1024, "/")),
    ],
)
def test_an_address_is_taken_apart(url: str, expected: Target):
    assert parse(url) == expected


def test_the_host_header_names_a_port_that_is_not_usual():
    hosts = [
        parse(url).authority for url in ("https://a.com/", "https://a.com:443/", "https://a.com:8443/", "https://[2606::1]/")
    ]  # fmt: skip
    assert hosts == ["a.com", "a.com", "a.com:8443", "[2606::1]"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "https://"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("example.com", "https://"),
        ("", "https://"),
        ("https://", "no name of a server"),
        ("https:///hooks", "no name of a server"),
        ("https://user:secret@example.com/", "no user or password"),
        ("https://user@example.com/", "no user or password"),
        ("https://example.com/#here", "before its #"),
        ("https://example.com/#", "before its #"),
        ("https://example.com:25/", "port 443"),
        ("https://example.com:80/", "port 443"),
        ("https://example.com:0/", "port 443"),
        ("https://example.com:99999/", "no address of a web server"),
        ("https://[::1/", "no address of a web server"),
        ("https://exa mple.com/", "no spaces"),
        ("https://example.com/a\r\nHost: b", "no spaces"),
        ("https://例子.测试/", "xn--"),
        ("https://example.com\\@10.0.0.1/", "no spaces"),
        ("https://example..com/", "no name of a server"),
        ("https://-a.com/", "no name of a server"),
        ("https://2130706433/", "no name of a server"),
        ("https://0x7f.1/", "no name of a server"),
        ("https://127.1/", "no name of a server"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://169.254.169.254/latest/meta-data/", "not a public address"),
        ("https://[::ffff:169.254.169.254]/", "not a public address"),
        ("https://[::1]/", "not a public address"),
    ],
)
def test_an_address_that_no_webhook_may_go_to_is_refused_with_what_to_write(url: str, why: str):
    with pytest.raises(BadAddress, match=why):
        parse(url)


def test_http_and_networks_of_ones_own_need_settings(settings):
    settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_EXTRA_NETWORKS = [ip_network("10.0.0.0/8")]
    assert parse("http://10.0.0.1/hooks") == Target(False, "10.0.0.1", 80, "/hooks")
    assert parse("http://localhost:8001").authority == "localhost:8001"
    with pytest.raises(BadAddress, match="port 443"):
        parse("http://localhost:443")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hooks.partner.example/", True),
        ("https://a.b.operator.example/", True),
        ("https://operator.example/", False),
        ("https://evil-operator.example/", False),
        ("https://hooks.partner.example.evil.example/", False),
        ("https://8.8.8.8/", False),
    ],
)
def test_where_hosts_are_listed_webhooks_go_to_these_alone(settings, url: str, allowed: bool):
    settings.WEBHOOK_HOSTS = ["hooks.partner.example", ".operator.example"]
    if allowed:
        parse(url)
    else:
        with pytest.raises(BadAddress, match="is none of the servers that webhooks may go to"):
            parse(url)
