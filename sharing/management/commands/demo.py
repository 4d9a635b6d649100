import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _

from sharing.demo.chain import run_chain
from sharing.demo.database import NotTheDemos
from sharing.demo.processes import ProgramFailed, Programs
from sharing.demo.report import Report
from sharing.demo.serving import port_is_free, print_sign_ins, serve, start_site


class Command(BaseCommand):
    help = "Run the whole chain on the data of Wuhan, report each step, and serve the result (docs/demo.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help=_("end after the report"))
        parser.add_argument("--port", type=int, default=8000, help=_("of the site"))
        parser.add_argument(
            "--folder", type=Path, default=settings.LOCAL_DIR / "demo", help=_("for the files it imports, and logs")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        folder: Path = options["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        serving, port = not options["no_serve"], options["port"]
        if serving and not port_is_free(port):
            raise CommandError(_("Port %(port)d is taken; choose another: make demo PORT=8001.") % {"port": port})
        report = Report(self.stdout)
        try:
            with Programs(folder / "logs") as programs:
                run_chain(report, programs, folder)
                if serving:
                    print_sign_ins(report, start_site(programs, port))
                    connection.close()
                    serve(report, programs)
        except (NotTheDemos, ProgramFailed) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(130)
        if report.shortfalls:
            sys.exit(1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does, its programs included."""
    raise KeyboardInterrupt
