"""What the files below deploy/ say to nginx, systemd, PostgreSQL, Redis, gunicorn and the site."""

import re
import shlex
import ssl
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.db import connection
from django.urls import reverse
from gunicorn.config import Config

from config.local import log_archive
from config.timetable import POST
from registry.importing.limits import MIB, MOST_BYTES

DEPLOY = Path(__file__).parents[2] / "deploy"
SEVERAL = DEPLOY / "several"
SERVICES = ["web", "worker", "post", "beat"]
WRITTEN = (DEPLOY.parent / "docs" / "deployment.md").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx" / "infrashare.conf").read_text(encoding="utf-8")
TLS, FIGURES = re.split(r"listen 9443", NGINX[NGINX.index("listen 443") :], maxsplit=1)


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


def test_nginx_writes_no_whole_request_into_a_log():
    """Lines of its own about a request hold all of it: at error where one is held back or answered late, at crit where
    the site is stopped, at alert where connections run out."""
    before_servers, *servers = re.split(r"^server \{", NGINX, flags=re.MULTILINE)
    assert re.findall(r"^error_log .+$", before_servers, re.MULTILINE) == ["error_log /var/log/nginx/error.log emerg;"]
    for server in servers:
        assert "error_log" not in server
        assert set(re.findall(r"access_log (.+);", server)) == {"/var/log/nginx/infrashare.log named"}
    [form] = re.findall(r"log_format named '(.+)';", NGINX)
    assert not re.search(r"\$(request|request_uri|args|query_string|http_\w+)\b", form)


def test_programs_that_call_in_clear_are_not_led_on():
    clear = NGINX[NGINX.index("listen 80;") : NGINX.index("listen 443")]
    assert re.search(r"location ~ \^/\(api\|ogc\)/ \{[^}]+return 403 ", clear)
    assert re.findall(r"return 30\d", clear) == ["return 301"]
    assert re.search(r"location / \{\s+return 301 https:", clear)


def test_one_address_has_a_limit_of_requests_everywhere():
    assert "limit_req_zone $caller zone=callers:10m rate=50r/s;" in NGINX
    assert TLS[: TLS.index("location /")].count("limit_req zone=callers") == 1
    assert "limit_req_status 429;" in NGINX


def test_who_reads_slowly_holds_no_thread_of_the_site_and_few_files_of_the_disk():
    assert "proxy_buffering" not in NGINX and "proxy_max_temp_file_size 1024m;" in TLS
    api = TLS[TLS.index("location /api/") :]
    assert "limit_conn takers 8;" in api and "limit_conn connections 500;" in api
    assert re.search(r'map \$arg_format \$taker \{\s+"" "";\s+default \$caller;', NGINX)


def test_large_bodies_are_taken_where_files_are_sent_and_few_at_once():
    assert re.findall(r"client_max_body_size (\w+);", TLS) == ["17m", "260m"]
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE < 17 * MIB and MOST_BYTES < 260 * MIB
    [(where, what)] = re.findall(r"location ~ (\S+) \{([^}]*client_max_body_size 260m;[^}]*)\}", TLS)
    assert "limit_conn senders 8;" in what and "limit_conn connections 500;" in TLS[: TLS.index("location /")]
    counted = re.findall(r"^limit_conn_zone (\$\w+) zone=(\w+):10m;$", NGINX, re.MULTILINE)
    assert counted == [("$caller", "connections"), ("$sender", "senders"), ("$taker", "takers")]
    # Who only opens the page sends nothing.
    assert re.search(r'map \$request_method \$sender \{\s+POST \$caller;\s+default "";', NGINX)

    taking = {
        reverse("web:imports"), reverse("web:demand-list-upload"), reverse("web:demand-upload", args=[7]),
        reverse("import-job-assets"), reverse("import-job-demands"),
    }  # fmt: skip
    assert {address for address in taking if re.search(where, address)} == taking
    for address in (
        "/",
        "/lists/7/paste/",
        "/imports/7/land/",
        "/api/v1/import-jobs/",
        "/api/v1/assets/",
        "/x/imports/",
    ):
        assert not re.search(where, address), address


def test_the_first_certificate_needs_no_nginx_that_needs_it():
    """certbot puts its answer where Debian's own page lies, which is served before this file is, and by it."""
    [folder] = re.findall(r"certbot certonly --webroot -w (\S+) ", WRITTEN)
    assert (folder, f"root {folder};" in NGINX) == ("/var/www/html", True)


def test_what_the_commands_of_the_authority_make_is_taken_by_both_sides(tmp_path: Path):
    commands = [line for line in WRITTEN.splitlines() if line.startswith("openssl ")]
    options = (["-passout", "pass:x"], [], ["-passin", "pass:x"])
    for command, more in zip(commands, options, strict=True):
        subprocess.run([*shlex.split(command), *more], cwd=tmp_path, check=True, capture_output=True)

    for purpose in ("sslserver", "sslclient"):
        told = subprocess.run(
            ["openssl", "verify", "-purpose", purpose, "-CAfile", "authority.pem", "-verify_hostname",
             "web.infrashare.internal", "web.pem"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.stdout == "web.pem: OK\n", told.stderr
    assert "ENCRYPTED" in (tmp_path / "authority.key").read_text()


def test_a_network_of_ipv6_is_one_caller():
    [body] = re.findall(r"map \$remote_addr \$caller \{(.+?)\n\}", NGINX, re.DOTALL)
    forms = [form.replace("?<", "?P<") for form in re.findall(r'"~(.+)" \$network/64;', body)]
    assert "default $binary_remote_addr;" in body and len(forms) == 2

    def caller(address: str) -> str:
        return next(
            (found["network"] for form in forms if (found := re.search(form, str(ip_address(address))))), address
        )

    ends = ("::1", "::", "1:2:3:4", "0:1:2:3", "1:2::", "0:0:1:0", "1::")
    for network in ("2001:db8:1:2", "2001:db8:1:0", "2001:db8:0:0", "2001:0:0:9"):
        seen = {caller(f"{network}:{end}".replace(":::", "::")) for end in ends}
        assert len(seen) <= 3 and "" not in seen, (network, seen)
    assert caller("2001:db8:1:2::1") != caller("2001:db8:1:3::1")
    assert caller("203.0.113.9") == "203.0.113.9"


def test_figures_are_for_who_shows_a_certificate():
    assert re.search(r"location = /metrics/ \{\s+return 404;", TLS)
    assert (
        "ssl_verify_client on;" in FIGURES and "ssl_client_certificate /etc/infrashare/tls/authority.pem;" in FIGURES
    )
    assert re.findall(r"location (.+?) \{\s+(\w+)", FIGURES) == [("= /metrics/", "proxy_pass"), ("/", "return")]


def unit(name: str) -> dict[str, list[str]]:
    """What a unit says, by key."""
    text = (DEPLOY / "systemd" / f"infrashare-{name}.service").read_text(encoding="utf-8")
    said: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        said.setdefault(key, []).append(value)
    return said


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_as_credentials_and_stand_in_no_file_of_settings(name: str):
    said = unit(name)
    secrets = {line.partition(":")[0] for line in said["LoadCredentialEncrypted"]}

    own = {"web": {"SECOND_FACTOR_KEYS", "WEBHOOK_KEYS", "METRICS_TOKEN"}, "post": {"WEBHOOK_KEYS"}}
    assert secrets == {"SECRET_KEY", "SECRET_KEY_FALLBACKS"} | own.get(name, set())
    assert {f"{secret}_FILE=%d/{secret}" for secret in secrets} <= set(said["Environment"])
    example = (DEPLOY / "environment.example").read_text(encoding="utf-8")
    assert re.findall(r"^\w*(?:SECRET|KEYS?|TOKEN|PASSWORD)\w*=", example, re.MULTILINE) == []
    assert "@" not in re.search(r"^EMAIL_URL=(.*)$", example, re.MULTILINE)[1]


def manage(tmp_path: Path, *command: str) -> list[str]:
    """What deploy/manage would give to systemd-run, in whose place stands a program that tells its arguments."""
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "systemd-run").chmod(0o755)
    script = tmp_path / "manage"
    script.write_text((DEPLOY / "manage").read_text(encoding="utf-8").replace("cd /opt/infrashare", f"cd {tmp_path}"))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DATABASE_URL": "postgis:///of-the-shell"}
    return subprocess.run(
        ["sh", script, *command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_commands_run_as_the_site_with_the_same_settings_and_credentials(tmp_path: Path):
    told = manage(tmp_path, "audit", "a b")

    assert {"--uid=infrashare", "--gid=infrashare", "--pipe"} <= set(told)
    assert "--property=EnvironmentFile=/etc/infrashare/environment" in told
    for name in ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "SECOND_FACTOR_KEYS", "WEBHOOK_KEYS"):
        assert f"--property=LoadCredentialEncrypted={name}:/etc/infrashare/credentials/{name}" in told
    assert told[-5:] == ["/usr/bin/env", "/opt/infrashare/.venv/bin/python", "manage.py", "audit", "a b"]


def test_a_key_from_before_is_no_more_than_an_option(tmp_path: Path):
    """SetCredential is what systemd takes where the file that LoadCredential names is missing."""
    for name in SERVICES:
        assert unit(name)["SetCredential"] == ["SECRET_KEY_FALLBACKS:,"]
    assert "--property=SetCredential=SECRET_KEY_FALLBACKS:," in manage(tmp_path, "audit")
    code = "import config.settings; print(config.settings.SECRET_KEY_FALLBACKS)"
    (tmp_path / "none").write_text(",")
    assert settings_of_site({"SECRET_KEY_FALLBACKS_FILE": str(tmp_path / "none")}, code) == "[]"


def test_what_is_written_of_servers_are_commands_that_reach_them():
    operations = (DEPLOY.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    named = set(re.findall(r"deploy/manage ([a-z_]+)", operations + WRITTEN))
    assert named <= set(get_commands()) and {"end_sessions", "remove_second_factor", "trail", "migrate"} <= named
    assert re.findall(r"machine.py run python manage.py (\w+)", operations) == ["shell"]
    # Where `make up` is not told of the servers that there are, it makes some.
    assert WRITTEN.count("make up)") == WRITTEN.count("(set -a; . /etc/infrashare/environment; make up)") == 2


def test_tables_are_changed_by_their_owner_by_an_account_that_no_service_runs_as(tmp_path: Path):
    told = manage(tmp_path, "migrate", "--plan")

    assert {"--uid=infrashare-owner", "--gid=infrashare-owner"} <= set(told)
    assert told[-6:] == [
        "/usr/bin/env", "DATABASE_URL=postgis://infrashare_owner@//run/postgresql/infrashare",
        "/opt/infrashare/.venv/bin/python", "manage.py", "migrate", "--plan",
    ]  # fmt: skip
    for name in SERVICES:
        assert (unit(name)["User"], unit(name)["Group"]) == (["infrashare"], ["infrashare"])


@pytest.mark.parametrize("name", ["web", "beat"])
def test_the_site_may_call_nothing_but_its_host(name: str):
    assert (unit(name)["IPAddressDeny"], unit(name)["IPAddressAllow"]) == (["any"], ["localhost"])


@pytest.mark.parametrize("name", ["worker", "post"])
def test_workers_may_call_no_private_network_and_only_hosts_that_are_listed(name: str):
    denied = {ip_network(one) for one in unit(name)["IPAddressDeny"][0].split() if "/" in one}

    for address in ("10.1.2.3", "172.20.0.1", "192.168.1.1", "100.100.100.200", "fd00::1"):
        assert any(ip_address(address) in network for network in denied), address
    assert {"link-local", "multicast"} <= set(unit(name)["IPAddressDeny"][0].split())
    assert re.search(r"^WEBHOOK_HOSTS=\S+", (DEPLOY / "environment.example").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_start_once_the_clock_is_right(name: str):
    assert all("time-sync.target" in unit(name)[key][0].split() for key in ("After", "Wants"))
    # Which is reached at once where nothing waits for it.
    assert "`systemctl enable --now systemd-time-wait-sync`" in WRITTEN


@pytest.mark.parametrize("path", [DEPLOY / "systemd/infrashare-web.service", SEVERAL / "infrashare-web.conf"])
def test_no_process_of_the_site_begins_in_the_midst_of_an_upgrade(path: Path):
    told = path.read_text(encoding="utf-8")
    assert "/gunicorn " in told and not re.search(r"^[^#\n]*--max-requests", told, re.MULTILINE)


def test_over_the_net_postgresql_and_redis_take_certificates_and_no_passwords():
    hba = (DEPLOY / "postgresql" / "pg_hba.conf").read_text(encoding="utf-8")
    lines = [line.split() for line in hba.splitlines() if line and not line.startswith("#")]
    assert {line[0] for line in lines} == {"local", "hostssl", "host"}
    assert {(line[0], line[4]) for line in lines if line[0] != "local"} == {("hostssl", "cert"), ("host", "reject")}
    assert lines[-1] == ["host", "all", "all", "all", "reject"]

    redis = (SEVERAL / "redis.conf").read_text(encoding="utf-8")
    for said in ("port 0", "tls-auth-clients yes", 'tls-protocols "TLSv1.3"', "tls-ca-cert-file "):
        assert re.search(rf"^{re.escape(said)}", redis, re.MULTILINE), said


def settings_of(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\w+) ?= ?'?(.*?)'?$", path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [DEPLOY / "postgresql/infrashare.conf", SEVERAL / "postgresql-primary.conf", SEVERAL / "postgresql-standby.conf"],
    ids=lambda path: path.name,
)
def test_postgresql_knows_every_setting_and_takes_its_value(path: Path):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, vartype, enumvals FROM pg_settings")
        known = {name: (kind, allowed) for name, kind, allowed in cursor.fetchall()}
    for name, value in settings_of(path).items():
        kind, allowed = known[name]
        assert kind != "bool" or value in ("on", "off"), name
        assert kind != "enum" or value in allowed, name


def test_a_server_archives_its_log_as_the_drills_do():
    said = settings_of(DEPLOY / "postgresql" / "infrashare.conf")
    archived = log_archive.settings(Path("/var/lib/infrashare-wal"))
    assert {name: said[name] for name in archived} == archived
    assert " /var/lib/infrashare-wal " in unit("backup")["ExecStart"][0]


def test_a_standby_and_its_primary_agree_on_who_it_is():
    primary, standby = (settings_of(SEVERAL / f"postgresql-{which}.conf") for which in ("primary", "standby"))
    name = primary["synchronous_standby_names"]
    assert (standby["primary_slot_name"], f"application_name={name} " in standby["primary_conninfo"]) == (name, True)
    assert f"user={name} " in standby["primary_conninfo"] and "sslmode=verify-full" in standby["primary_conninfo"]
    assert name in (DEPLOY / "postgresql" / "pg_hba.conf").read_text(encoding="utf-8")


def test_gunicorn_on_other_hosts_shows_a_certificate_and_asks_nginx_for_one():
    text = (SEVERAL / "infrashare-web.conf").read_text(encoding="utf-8").replace("\\\n", " ")
    program, *arguments = re.findall(r"^ExecStart=(\S.+)$", text, re.MULTILINE)[0].split()
    told = Config().parser().parse_args(arguments)
    assert (program, told.args) == ("/opt/infrashare/.venv/bin/gunicorn", ["config.wsgi"])
    assert int(told.cert_reqs) == ssl.CERT_REQUIRED and told.ca_certs == "/etc/infrashare/tls/authority.pem"
    upstream = (SEVERAL / "nginx-upstream.conf").read_text(encoding="utf-8")
    assert told.bind[0].rpartition(":")[2] == "8443" and upstream.count(".infrashare.internal:8443 ") == 2
    assert {"proxy_ssl_verify on;", "proxy_ssl_protocols TLSv1.3;"} <= set(upstream.splitlines())


ENVIRONMENTS = [DEPLOY / "environment.example", SEVERAL / "environment.example"]


def environment_of(path: Path) -> dict[str, str]:
    """As systemd reads it, which takes all between single quotes as it stands."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    said = dict(re.findall(r"^(\w+)='([^'\\]*)'$", "\n".join(lines), re.MULTILINE))
    assert len(said) == len(lines)
    return said


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.parent.name)
def test_a_shell_reads_from_the_environment_what_systemd_does(path: Path):
    said = environment_of(path)
    told = subprocess.run(
        ["sh", "-euac", '. "$1"; env -0', "sh", path], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        check=True,
    ).stdout.split("\0")  # fmt: skip

    assert {name: value for name, _, value in (line.partition("=") for line in told) if name.isupper()} == {
        "PATH": "/usr/bin:/bin", "PWD": str(Path.cwd()), **said,
    }  # fmt: skip


def test_static_files_are_laid_out_where_no_service_may_write(tmp_path: Path):
    """As what browsers run would be changed there for everybody."""
    told = manage(tmp_path, "collectstatic", "--no-input")
    assert {"--uid=infrashare-owner", "--gid=infrashare-owner"} <= set(told)

    root = environment_of(DEPLOY / "environment.example")["STATIC_ROOT"]
    assert root == "/var/lib/infrashare-owner/static"
    for name in SERVICES:
        assert (unit(name)["StateDirectory"], unit(name)["ProtectSystem"]) == (["infrashare"], ["strict"])
        assert "ReadWritePaths" not in unit(name)


def test_where_web_and_workers_share_the_folder_of_uploads_they_may_write_to_it():
    uploads = environment_of(SEVERAL / "environment.example")["MEDIA_ROOT"]
    for name in ("infrashare-web.conf", "infrashare-calls.conf"):
        said = (SEVERAL / name).read_text(encoding="utf-8")
        assert re.findall(r"^ReadWritePaths=-?(.+)$", said, re.MULTILINE) == [uploads], name
        assert re.findall(r"^RequiresMountsFor=(.+)$", said, re.MULTILINE) == [uploads], name


def test_the_site_takes_the_addresses_of_several_servers_as_secure():
    said = {name: value for path in ENVIRONMENTS for name, value in environment_of(path).items()}
    assert settings_of_site(said) == "ok"
    assert "REDIS_URL" in settings_of_site(said | {"REDIS_URL": "redis://redis.infrashare.internal:6379/0"})


def settings_of_site(environment: dict[str, str], code: str = "import config.settings; print('ok')") -> str:
    """What the site's settings say to an environment: what `code` prints, or why they refuse it."""
    keys = dict.fromkeys(("SECRET_KEY", "SECOND_FACTOR_KEYS", "WEBHOOK_KEYS"), "0" * 64)
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=DEPLOY.parent, env={"PATH": "/usr/bin:/bin", **keys, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return (ended.stdout or ended.stderr).strip().splitlines()[-1]


def test_logs_are_kept_and_sent_elsewhere_to_whom_the_certificate_names():
    kept = (DEPLOY / "journald" / "infrashare.conf").read_text(encoding="utf-8")
    assert {"Storage=persistent", "Seal=yes", "MaxRetentionSec=180day", "ForwardToSyslog=yes"} <= set(kept.split())
    sent = (DEPLOY / "rsyslog" / "infrashare.conf").read_text(encoding="utf-8")
    for said in (
        'streamDriverMode="1"', 'streamDriverAuthMode="x509/name"', "streamDriverPermittedPeers=", 'protocol="tcp"',
        'action.resumeRetryCount="-1"', 'file="/var/log/nginx/infrashare.log"', 'file="/var/log/postgresql/*.log"',
    ):  # fmt: skip
        assert said in sent, said
    assert "log_timezone = 'UTC'" in (DEPLOY / "postgresql" / "infrashare.conf").read_text(encoding="utf-8")
    assert "$time_iso8601" in NGINX


def test_a_worker_cannot_take_the_memory_of_the_host():
    assert re.fullmatch(r"\d+%", *unit("worker")["MemoryMax"])


def test_a_task_that_runs_out_of_memory_ends_alone():
    """By itself systemd stops a service of which the kernel has ended a process."""
    assert unit("worker")["OOMPolicy"] == unit("post")["OOMPolicy"] == ["continue"]


def test_a_worker_of_its_own_tells_people_however_long_other_work_takes():
    [post, worker] = [
        (DEPLOY / "systemd" / f"infrashare-{name}.service").read_text(encoding="utf-8") for name in ("post", "worker")
    ]
    assert re.search(rf" --queues {POST} ", post) and "--queues" not in worker
    assert f"infrashare-web {' '.join(f'infrashare-{name}' for name in SERVICES[1:])}" in WRITTEN
