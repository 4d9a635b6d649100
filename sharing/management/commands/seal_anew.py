from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from registry.accounts import second_factor
from registry.sealing import Unopened
from sharing.notifications.webhooks import signing


class Command(BaseCommand):
    help = (
        "Seals what is kept sealed by the first of SECOND_FACTOR_KEYS and WEBHOOK_KEYS, so that the others can go. "
        "All or nothing."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = {"factors": second_factor.seal_anew(), "endpoints": signing.seal_anew()}
        except Unopened as error:
            raise CommandError(_("Something was sealed by a key that is listed no longer: list it again.")) from error
        self.stdout.write(_("Sealed anew: secrets of %(factors)d apps and of %(endpoints)d webhooks.") % found)
