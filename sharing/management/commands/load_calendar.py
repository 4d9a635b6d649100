from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.workflow import calendar


class Command(BaseCommand):
    help = str(gettext_lazy("Load public holidays, and weekend days worked in exchange, that deadlines count with."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        this_year = timezone.localdate().year
        parser.add_argument(
            "--country", default=settings.CALENDAR, help=_("ISO 3166 code; the setting CALENDAR when not given")
        )
        parser.add_argument(
            "--years", nargs="+", type=int, default=[this_year, this_year + 1], help=_("this year and the next")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            days = calendar.load(options["country"], options["years"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("%(days)d days of the calendar %(country)s.") % {"days": days, "country": options["country"]}
        )
