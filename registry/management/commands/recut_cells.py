from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.importing.command import find_organization
from registry.models import Organization


class Command(BaseCommand):
    help = str(
        gettext_lazy(
            "Cut the grid cells of restricted assets anew, as if each owner's were filed today: after a change of"
            " PLACE_CELL_HOLDS, or when an owner who filed them one by one wants smaller cells (docs/visibility.md)."
        )
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", metavar="CODE", help=_("code of the organization; without it, of all"))

    def handle(self, *args: Any, **options: Any) -> None:
        owners = [find_organization(options["owner"])] if options["owner"] else Organization.objects.order_by("code")
        with connection.cursor() as cursor:
            for owner in owners:
                cursor.execute("SELECT registry_recut_cells(%s)", [owner.pk])
                [changed] = cursor.fetchone()
                if changed:
                    text = ngettext(
                        "%(owner)s: %(count)d asset in another cell",
                        "%(owner)s: %(count)d assets in other cells",
                        changed,
                    )
                    self.stdout.write(text % {"owner": owner.code, "count": changed})
