"""The site, a worker and beat, until Ctrl-C or SIGTERM."""

import socket
import time
from urllib.error import URLError
from urllib.request import urlopen

from django.utils.translation import gettext as _

from sharing.demo.parties import PASSWORD, PEOPLE
from sharing.demo.processes import ProgramFailed, Programs
from sharing.demo.report import Report

HOST = "127.0.0.1"
READY_S = 60.0
POLL_S = 0.5


def port_is_free(port: int) -> bool:
    """Whether the site can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def start_site(programs: Programs, port: int) -> str:
    """Returns the site's address once it answers there. Raises ProgramFailed."""
    address = f"http://{HOST}:{port}/"
    arguments = ("--bind", f"{HOST}:{port}", "--no-control-socket", "--workers", "2", "--threads", "4")
    programs.start("site", ("gunicorn", "config.wsgi", *arguments))
    await_site(programs, address)
    return address


def await_site(programs: Programs, address: str) -> None:
    """Returns once it answers. Raises ProgramFailed."""
    until = time.monotonic() + READY_S
    while not _answers(address):
        programs.check()
        if time.monotonic() > until:
            raise ProgramFailed(_("The site does not answer at %(address)s.") % {"address": address})
        time.sleep(POLL_S)


def print_sign_ins(report: Report, address: str) -> None:
    """A regulator's first."""
    report.say(
        _("\nThe site is at %(address)s; sign in as one of these, all with the password %(password)s:")
        % {
            "address": address,
            "password": PASSWORD,
        }
    )
    names = {person.username: f"{person.first_name} {person.last_name}" for person in PEOPLE}
    rows = [(person.username, names[person.username], person.party) for person in PEOPLE if person.shown]
    report.table((_("user"), _("name"), _("of")), rows)


def serve(report: Report, programs: Programs) -> None:
    """Returns at Ctrl-C or SIGTERM. Raises ProgramFailed when a program ends by itself."""
    report.say(_("\nSite, worker and beat run; Ctrl-C ends them. Logs: %(logs)s") % {"logs": programs.logs})
    try:
        while True:
            programs.check()
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        report.say(_("\nEnding site, worker and beat …"))


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
