from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing import trail
from sharing.models import TrailLink


class Command(BaseCommand):
    help = str(gettext_lazy("Check that history was not changed, and print its newest hash, to be noted elsewhere."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="HASH", help=_("a hash noted earlier, which must still be there"))

    def handle(self, *args: Any, **options: Any) -> None:
        trail.extend()
        if broken := trail.broken():
            raise CommandError(_("History was changed: %(count)d links do not hold.") % {"count": broken})
        since = options["since"]
        if since and not TrailLink.objects.filter(hash=since).exists():
            raise CommandError(_("History was changed: the hash %(hash)s is not in it.") % {"hash": since})
        head = TrailLink.objects.last()
        self.stdout.write(str(head) if head else _("Nothing has happened yet."))
