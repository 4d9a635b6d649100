"""What the files below deploy/ say to nginx and systemd."""

import re
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = (DEPLOY / "nginx" / "infrashare.conf").read_text(encoding="utf-8")
TLS = NGINX[NGINX.index("listen 443") :]


def test_nginxs_own_answers_have_the_headers_of_the_sites():
    for header, value, sent in (
        ("Strict-Transport-Security", "own_hsts", "max-age=31536000; includeSubDomains"),
        ("X-Content-Type-Options", "own_nosniff", "nosniff"),
        ("Content-Security-Policy", "own_policy", "frame-ancestors 'none'"),
    ):
        assert f"    add_header {header} ${value} always;" in TLS
        upstream = f"upstream_http_{header.lower().replace('-', '_')}"
        [body] = re.findall(rf"map \${upstream} \${value} \{{(.+?)\}}", NGINX, re.DOTALL)
        # Where the site has sent its own, none is added beside it.
        assert re.search(rf'"" "?[^\n]*{re.escape(sent)}', body) and 'default "";' in body
    # A location with a header of its own would inherit none of these.
    assert TLS.count("add_header") == 3


def test_programs_that_call_in_clear_are_not_led_on():
    clear = NGINX[NGINX.index("listen 80;") : NGINX.index("listen 443")]
    assert re.search(r"location ~ \^/\(api\|ogc\)/ \{[^}]+return 403 ", clear)
    assert re.findall(r"return 30\d", clear) == ["return 301"]
    assert re.search(r"location / \{\s+return 301 https:", clear)


def test_one_address_has_a_limit_of_requests_everywhere():
    assert "limit_req_zone $binary_remote_addr zone=callers:10m rate=50r/s;" in NGINX
    assert TLS[: TLS.index("location /")].count("limit_req zone=callers") == 1
    assert "limit_req_status 429;" in NGINX


def test_a_worker_cannot_take_the_memory_of_the_host():
    unit = (DEPLOY / "systemd" / "infrashare-worker.service").read_text(encoding="utf-8")
    assert re.search(r"^MemoryMax=\d+%$", unit, re.MULTILINE)
