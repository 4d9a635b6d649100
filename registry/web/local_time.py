"""Moments on pages in the time zone of whoever reads them."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.template.backends.django import DjangoTemplates, Template
from django.utils import timezone

from registry.models import User


class LocalTemplate(Template):
    """The zone holds while a page is written and no longer: which day it is in the ledger, in deadlines and in reports
    is a matter of the registry, whoever looks."""

    def render(self, context: Any = None, request: HttpRequest | None = None) -> Any:
        zone = zone_of(request)
        if zone is None:
            return super().render(context, request)
        with timezone.override(zone):
            return super().render(context, request)


class Templates(DjangoTemplates):
    def from_string(self, template_code: str) -> LocalTemplate:
        return LocalTemplate(self.engine.from_string(template_code), self)

    def get_template(self, template_name: str) -> LocalTemplate:
        found = super().get_template(template_name)
        return LocalTemplate(found.template, self)


def zone_of(request: HttpRequest | None) -> ZoneInfo | None:
    """Where the person has chosen none, the registry's own holds. Reads nothing that a page does not read anyway."""
    user = getattr(request, "user", None)
    return ZoneInfo(user.time_zone) if isinstance(user, User) and user.time_zone else None
