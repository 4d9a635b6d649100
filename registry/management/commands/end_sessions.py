from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry import security
from registry.accounts import sessions
from registry.models import User


class Command(BaseCommand):
    help = "Ends the sessions of a person, or of everybody: who was signed in signs in again."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("username", nargs="?")
        whose.add_argument("--all", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            ended = sessions.end_all()
            security.note("sessions_ended", whose="all", ended=ended)
            self.stdout.write(_("Sessions that ended: %(n)d.") % {"n": ended})
            return
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(_("Nobody signs in as “%(name)s”.") % {"name": options["username"]})
        ended = sessions.end_of(person)
        security.note("sessions_ended", whose=person.pk, ended=ended)
        self.stdout.write(_("Sessions of %(who)s that ended: %(n)d.") % {"n": ended, "who": person})
