"""One POST to a real server of this machine, by http and by https."""

import socket
import threading
import time
from ipaddress import ip_network
from typing import Any

import pytest
import trustme

from sharing.notifications.webhooks import calling
from sharing.notifications.webhooks.calling import READ_AT_MOST, Answer, Caller
from tests.receiver import Receiver, Session, Told, receiver, with_status

BODY = '{"name":"东湖路"}'.encode()


def post(url: str, caller: Caller | None = None) -> Answer:
    return (caller or Caller()).post(url, {"webhook-id": "msg_1", "Content-Type": "application/json"}, BODY)


def at(*addresses: str) -> Caller:
    """A caller for whom every name has these addresses."""
    return Caller(resolve=lambda host, port: addresses)


def test_a_post_arrives_as_it_is_and_its_answer_is_told(hooks: Receiver):
    hooks.answer = with_status(202, "收到".encode())
    answer = post(hooks.url + "?a=b")
    assert (answer.status_code, answer.text, answer.error) == (202, "收到", "")
    assert answer.succeeded
    [told] = hooks.told
    assert (told.path, told.body) == ("/hooks?a=b", BODY)
    assert told.headers == {
        "host": f"127.0.0.1:{hooks.port}", "user-agent": "Infrashare-Webhooks", "connection": "close",
        "content-type": "application/json", "content-length": str(len(BODY)), "webhook-id": "msg_1",
        "accept-encoding": "identity",
    }  # fmt: skip


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_a_success(hooks: Receiver, status: int):
    hooks.answer = with_status(status)
    assert post(hooks.url).succeeded


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_a_failure_and_followed_nowhere(hooks: Receiver, status: int):
    with receiver() as elsewhere:
        hooks.answer = with_status(status, Location=elsewhere.url)
        answer = post(hooks.url)
        assert (answer.succeeded, answer.status_code, answer.error) == (False, status, f"HTTP {status}")
        assert (len(hooks.told), elsewhere.told) == (1, [])


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure(hooks: Receiver, status: int):
    hooks.answer = with_status(status, b"no")
    answer = post(hooks.url)
    assert (answer.succeeded, answer.status_code, answer.text, answer.gone) == (False, status, "no", status == 410)


@pytest.mark.parametrize(("text", "seconds"), [("120", 120), ("9999999", 86400), ("soon", 0), ("-1", 0), ("1.5", 0)])
def test_how_long_a_receiver_asks_to_wait_is_heard_up_to_a_day(hooks: Receiver, text: str, seconds: int):
    hooks.answer = with_status(503, Retry_After=text)
    assert post(hooks.url).wait.total_seconds() == seconds


def test_no_proxy_of_the_environment_is_asked(hooks: Receiver, monkeypatch: pytest.MonkeyPatch):
    with receiver() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(hooks.url).succeeded
        assert (len(hooks.told), proxy.told) == (1, [])


# --- Where to -------------------------------------------------------------------------------------------------------


def test_by_tls_the_checked_address_is_called_under_its_name(secure_hooks: Receiver):
    answer = post(secure_hooks.url, at("127.0.0.1"))
    assert (answer.status_code, answer.error) == (204, "")
    [told] = secure_hooks.told
    assert told.headers["host"] == f"hooks.example.test:{secure_hooks.port}"


@pytest.mark.parametrize("name", ["other.example.test", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(secure_hooks: Receiver, name: str):
    answer = post(secure_hooks.url.replace("hooks.example.test", name), at("127.0.0.1"))
    assert "certificate verify failed" in answer.error
    assert secure_hooks.told == []


def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused(
    secure_hooks: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    assert "certificate verify failed" in post(secure_hooks.url, at("127.0.0.1")).error
    assert secure_hooks.told == []


def test_a_name_at_no_public_address_is_not_connected_to(hooks: Receiver, settings):
    settings.WEBHOOK_EXTRA_NETWORKS = []
    answer = post(f"http://localhost:{hooks.port}/")
    assert (answer.status_code, answer.error) == (None, "localhost is not, or not only, at public addresses")
    assert hooks.told == []


@pytest.mark.parametrize(
    "hidden", ["10.0.0.1", "169.254.169.254", "100.100.100.200", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "0.0.0.0"]
)
def test_one_private_address_among_the_addresses_of_a_name_is_enough_to_refuse_it(hooks: Receiver, hidden: str):
    answer = post(f"http://hooks.example.test:{hooks.port}/", at("127.0.0.1", hidden))
    assert answer.error == "hooks.example.test is not, or not only, at public addresses"
    assert hooks.told == []


def test_a_name_that_leads_elsewhere_after_the_check_is_not_followed_there(hooks: Receiver, monkeypatch):
    """DNS rebinding: the second look-up would tell another address, so there is none."""
    told = iter([["127.0.0.1"], ["10.0.0.1"]])
    looked_up, connected = [], []
    monkeypatch.setattr(socket, "getaddrinfo", spying(socket.getaddrinfo, looked_up))
    monkeypatch.setattr(socket.socket, "connect", spying(socket.socket.connect, connected))
    caller = Caller(resolve=lambda host, port: next(told))
    assert post(f"http://hooks.example.test:{hooks.port}/", caller).succeeded
    assert {args[0] for args in looked_up} <= {"127.0.0.1"}
    assert [args[1] for args in connected] == [("127.0.0.1", hooks.port)]
    second = post(f"http://hooks.example.test:{hooks.port}/", caller)
    assert second.error == "hooks.example.test is not, or not only, at public addresses"
    assert (len(hooks.told), len(connected)) == (1, 1)


def spying(function: Any, calls: list[Any]) -> Any:
    def spy(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        return function(*args, **kwargs)

    return spy


def test_when_the_first_address_takes_no_connection_the_next_is_tried(hooks: Receiver):
    assert post(f"http://hooks.example.test:{hooks.port}/", at("127.0.0.2", "127.0.0.1")).succeeded


def test_what_cannot_be_reached_is_a_failure_with_its_reason(own_network: None):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refused = post(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert "refused" in refused.error
    unknown = post("http://no-such-name.invalid/")
    assert unknown.status_code is None
    assert "gaierror" in unknown.error


def test_an_address_that_is_no_longer_allowed_is_not_called(hooks: Receiver, settings):
    settings.WEBHOOK_ALLOW_HTTP = False
    assert post(hooks.url).error == "An address begins with https://."
    assert hooks.told == []


def test_a_name_is_looked_up_with_all_its_addresses(monkeypatch: pytest.MonkeyPatch):
    answers = [
        (2, 1, 6, "", ("1.1.1.1", 443)),
        (10, 1, 6, "", ("2606::1", 443, 0, 0)),
        (2, 1, 6, "", ("1.1.1.1", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)
    assert calling.resolve("example.com", 443) == ["1.1.1.1", "2606::1"]


# --- How long and how much ----------------------------------------------------------------------------------------


def drip(session: Session, told: Told) -> None:
    """A head, byte by byte, that never ends."""
    session.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        session.wfile.write(b"x")
        time.sleep(0.02)


def silence(session: Session, told: Told) -> None:
    session.rfile.read(1)  # until the caller hangs up


def continue_for_ever(session: Session, told: Told) -> None:
    while True:
        session.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


@pytest.mark.parametrize("answer", [drip, silence, continue_for_ever])
@pytest.mark.parametrize("by_tls", [False, True])
def test_a_receiver_that_does_not_come_to_an_end_is_left_in_time(
    hooks: Receiver, secure_hooks: Receiver, answer: Any, by_tls: bool
):
    server = secure_hooks if by_tls else hooks
    server.answer = answer
    begun = time.monotonic()
    caller = at("127.0.0.1")
    caller.limit_s = 0.5
    told = post(server.url, caller)
    assert (told.status_code, told.error) == (None, "no answer in time")
    assert 450 <= told.duration_ms < 1500
    assert time.monotonic() - begun < 2


def test_a_server_that_takes_a_connection_and_never_speaks_tls_is_left_in_time(own_network: None):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        caller = Caller(limit_s=0.5)
        answer = post(f"https://127.0.0.1:{mute.getsockname()[1]}/", caller)
    assert answer.error == "no answer in time"
    assert answer.duration_ms < 1500


def test_of_a_huge_answer_the_beginning_is_read(hooks: Receiver):
    sent = []

    def pour(session: Session, told: Told) -> None:
        session.send_response(200)
        session.end_headers()
        while True:
            session.wfile.write(b"x" * 65536)
            sent.append(65536)

    hooks.answer = pour
    answer = post(hooks.url)
    assert (answer.status_code, answer.text) == (200, "x" * READ_AT_MOST)
    assert hooks.hung_up.wait(5)
    assert sum(sent) < 16 * 1024 * 1024  # what the system's buffers took


def test_a_compressed_answer_is_not_blown_up(hooks: Receiver):
    hooks.answer = with_status(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip")
    assert post(hooks.url).text == "\x1f\N{REPLACEMENT CHARACTER}\x08\N{REPLACEMENT CHARACTER}"


def test_an_answer_in_chunks_is_put_together(hooks: Receiver):
    def chunks(session: Session, told: Told) -> None:
        session.protocol_version = "HTTP/1.1"
        session.send_response(200)
        session.send_header("Transfer-Encoding", "chunked")
        session.end_headers()
        session.wfile.write(b"3\r\none\r\n4\r\n two\r\n0\r\n\r\n")

    hooks.answer = chunks
    assert post(hooks.url).text == "one two"


def test_what_no_one_foresaw_is_a_failure_too_and_logged(hooks: Receiver, caplog: pytest.LogCaptureFixture):
    def broken(host: str, port: int) -> list[str]:
        raise ZeroDivisionError("oh")

    assert post(hooks.url, Caller(resolve=broken)).error == "ZeroDivisionError: oh"
    assert "unforeseen" in caplog.text


def test_a_body_that_stops_halfway_or_comes_slowly_does_not_undo_the_status(hooks: Receiver):
    def half(session: Session, told: Told) -> None:
        session.send_response(200)
        session.send_header("Content-Length", "10")
        session.end_headers()
        session.wfile.write(b"half")

    def slow(session: Session, told: Told) -> None:
        session.send_response(200)
        session.end_headers()
        while True:
            session.wfile.write(b"x")
            time.sleep(0.1)

    for answering, seen in ((half, "half"), (slow, "x")):
        hooks.answer = answering
        answer = post(hooks.url, Caller(limit_s=0.5))
        assert (answer.succeeded, answer.text[: len(seen)], answer.error) == (True, seen, "")
        assert answer.duration_ms < 1500


@pytest.mark.parametrize(
    "bytes_sent",
    [b"nonsense\r\n\r\n", b"\0\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200],
)
def test_what_is_no_http_is_a_failure(own_network: None, bytes_sent: bytes):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(bytes_sent)

        thread = threading.Thread(target=serve)
        thread.start()
        answer = post(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert answer.status_code is None
    assert answer.error and "\0" not in answer.error


def test_a_setting_of_networks_reaches_no_further_than_it_says(hooks: Receiver, settings):
    settings.WEBHOOK_EXTRA_NETWORKS = [ip_network("127.0.0.2/32")]
    assert "public addresses" in post(f"http://localhost:{hooks.port}/").error
    assert hooks.told == []
