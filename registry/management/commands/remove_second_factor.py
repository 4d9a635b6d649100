from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from registry.accounts import second_factor
from registry.models import User


class Command(BaseCommand):
    help = "Removes the second factor of a person who has lost it, recovery codes too, and signs them out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(_("Nobody signs in as “%(name)s”.") % {"name": options["username"]})
        removed = second_factor.remove(person)
        self.stdout.write(_("%(who)s has none now (%(n)d removed).") % {"who": person, "n": removed})
