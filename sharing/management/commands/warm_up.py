from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext_lazy

from sharing.matching.warm_up import warm_up


class Command(BaseCommand):
    help = str(gettext_lazy("Compile the searches of matching on this machine, so that no list waits for it."))

    def handle(self, *args: Any, **options: Any) -> None:
        warm_up()
