from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, ReadOnlyMixin, person
from registry.tags import due, tag
from sharing import waiting_for
from sharing.admin.verbs import SAFE, VerbMixin, offers
from sharing.admin.waiting import WaitingFilter
from sharing.models import Consent, ConsentStatus
from sharing.seen import consents_naming_owner, list_of, list_title
from sharing.shown import match_page
from sharing.workflow.fingerprint import asked_fingerprint


class WaitingConsents(WaitingFilter):
    queues = {"answer": (gettext_lazy("to answer"), waiting_for.to_answer)}


@admin.register(Consent)
class ConsentAdmin(ReadOnlyMixin, VerbMixin):
    """What owners are asked, and the page on which they answer: the match as they may see it."""

    list_display = ("what", "party", "owner", "status_tag", "due", "answered_at")
    list_filter = (WaitingConsents, "status", "reason", ("owner", AutocompleteFilter))
    linked_by = ("match",)
    list_select_related = ("match__demand__list__party", "owner")
    search_fields = ("match__demand__name__ilike", "list_title", "owner__name__ilike")
    search_help_text = gettext_lazy("Name of the demand, title of the list or owner")
    ordering = ("deadline", "id")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Those whose owner the person may read."""
        user = person(request)
        rows = super().get_queryset(request).filter(pk__in=consents_naming_owner(user).order_by().values("pk"))
        titled: models.QuerySet[Any] = rows.alias(list_title=list_title(user, "match__demand__list"))
        return titled

    @admin.display(description=gettext_lazy("match"))
    def what(self, consent: Consent) -> str:
        return f"{consent.match_id} · {consent.match.demand}"

    @admin.display(description=gettext_lazy("party"))
    def party(self, consent: Consent) -> str:
        return str(consent.match.demand.list.party)

    @admin.display(description=gettext_lazy("status"))
    def status_tag(self, consent: Consent) -> str:
        return tag(consent.status, consent.get_status_display())

    @admin.display(description=gettext_lazy("deadline"))
    def due(self, consent: Consent) -> str:
        return due(consent.deadline) if consent.status == ConsentStatus.PENDING else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The match as the person may see it, with the answer to give. The fingerprint is taken first: what changes
        while the page is made outdates it."""
        user = person(request)
        consent = self.get_object(request, object_id)
        if request.method not in SAFE:
            return HttpResponseNotAllowed(SAFE)
        fingerprint = asked_fingerprint(consent)
        models.prefetch_related_objects([consent.match], *match_page.facts())
        shown = match_page.context(consent.match, user)
        context = {
            **self.admin_site.each_context(request),
            **shown,
            "title": _("Consent of %(owner)s: %(demand)s") % {"owner": consent.owner, "demand": consent.match.demand},
            "list": list_of(consent.match.demand, user),
            "opts": self.opts,
            "original": consent,
            "status_tag": self.status_tag(consent),
            "due": self.due(consent),
            "offers": offers(request, consent, {"fingerprint": fingerprint}),
            "consent_rows": [(one, status, []) for one, status in shown["consents"]],
        }
        return TemplateResponse(request, "sharing/match.html", context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With its owner, its match and the demand."""
        found = super().get_object(request, object_id, from_field)
        models.prefetch_related_objects([found], "owner", "match__demand")
        return found
