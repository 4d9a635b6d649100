"""Webhook endpoints of the organizations that one manages: where they are told of events, and what came of it."""

from datetime import timedelta
from typing import Any

import django_tables2
from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from registry.models import Organization, Role
from registry.refusals import explained
from registry.seen_at import SeenAtForm
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.tables import Table, shown
from sharing import words
from sharing.errors import Refusal
from sharing.models import EventType, WebhookDelivery, WebhookEndpoint
from sharing.refusals import SENTENCES
from sharing.shown.refusals import answer
from sharing.workflow import webhooks as verbs

SINCE = timedelta(days=3)


class EndpointForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("https, of a public server, at port 443 or one from 1024 on."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=EventType,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None for all."),
    )


class ChangedEndpointForm(SeenAtForm, EndpointForm):
    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "types")

    # Senders write in the rest of its row with each call.
    seen_columns = Meta.fields


class NewEndpointForm(EndpointForm):
    organization = forms.ModelChoiceField(Organization.objects.none(), label=gettext_lazy("Organization"))
    field_order = ("organization",)


class DeliveryTable(Table):
    created_at = django_tables2.Column(verbose_name=gettext_lazy("Since"))
    what = django_tables2.Column(accessor="event", verbose_name=gettext_lazy("Event"), default=gettext_lazy("Test"))
    status = django_tables2.Column(verbose_name=gettext_lazy("State"))
    attempts = django_tables2.Column(verbose_name=gettext_lazy("Calls"), attrs={"td": {"class": "number"}})
    last_error = django_tables2.Column(verbose_name=gettext_lazy("What came of the last"))
    again = django_tables2.TemplateColumn(
        template_name="web/webhook_replay.html", verbose_name=gettext_lazy("Again"), orderable=False
    )

    class Meta(Table.Meta):
        orderable = False
        caption = gettext_lazy("Deliveries")
        empty_text = gettext_lazy("Nothing was sent yet: send a test.")

    def render_created_at(self, record: WebhookDelivery) -> SafeString:
        return format_html(
            '<time datetime="{}">{}</time>',
            record.created_at.isoformat(),
            date_format(timezone.localtime(record.created_at), "SHORT_DATETIME_FORMAT"),
        )

    def render_what(self, record: WebhookDelivery) -> str:
        return record.event.get_type_display() if record.event else _("Test")

    def render_last_error(self, value: str) -> str:
        return words.trouble(value)

    def render_status(self, record: WebhookDelivery) -> SafeString:
        return tag(record.status, record.get_status_display())


@members
def webhooks(request: MemberRequest) -> HttpResponse:
    seen = WebhookEndpoint.objects.visible_to(request.user).select_related("organization").order_by("-id")
    may_create = bool(request.user.organizations_as(Role.MANAGER))
    return render(request, "web/webhooks.html", {"endpoints": seen, "may_create": may_create})


@never_cache
@members
def create(request: MemberRequest) -> HttpResponse:
    """The form; then the endpoint's page with its secret, which is in that answer and nowhere else."""
    managed = Organization.objects.filter(pk__in=request.user.organizations_as(Role.MANAGER))
    form = NewEndpointForm(request.POST or None)
    form.fields["organization"].queryset = managed  # type: ignore[attr-defined]
    if len(managed) == 1:
        form.fields["organization"].initial = managed[0]
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = verbs.create(**form.cleaned_data, actor=request.user)
            return page(request, endpoint, secret=secret)
        except Refusal as refusal:
            form.add_refusal(refusal)
        except IntegrityError as error:
            form.add_error("url", explained(error, SENTENCES))
    return render(request, "web/webhook_new.html", {"form": form})


@members
def webhook(request: MemberRequest, pk: int) -> HttpResponse:
    endpoint = _seen(request, pk)
    if request.method != "POST":
        return page(request, endpoint)
    with transaction.atomic():
        form = ChangedEndpointForm(request.POST, instance=_seen(request, pk, to_change=True))
        if form.is_valid():
            try:
                verbs.change(endpoint, **form.cleaned_data, actor=request.user)
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(request.path)
            except Refusal as refusal:
                form.add_refusal(refusal)
            except IntegrityError as error:
                form.add_error("url", explained(error, SENTENCES))
    return page(request, endpoint, form=form)


def page(request: MemberRequest, endpoint: WebhookEndpoint, *, secret: str = "", form: Any = None) -> HttpResponse:
    """An endpoint with its log. secret: one that was made just now."""
    log = endpoint.deliveries.select_related("event").order_by("-id")
    context = {
        "endpoint": endpoint,
        "secret": secret,
        "form": form or ChangedEndpointForm(instance=endpoint),
        "may_manage": verbs.may_manage(endpoint, request.user),
        "table": shown(request, DeliveryTable(log), per_page=20),
    }
    return render(request, "web/webhook.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@members
def do(request: MemberRequest, pk: int, act: str) -> HttpResponse:
    """One of the verbs that need no form: each says what it did, a new secret is shown at once."""
    endpoint, back, actor = _seen(request, pk), reverse("web:webhook", args=[pk]), request.user
    if request.method != "POST":
        return HttpResponseRedirect(back)
    try:
        match act:
            case "test":
                verbs.test(endpoint, actor=actor)
                said = _("A test is on its way: reload the page to see what came of it.")
            case "rotate":
                rotated, secret = verbs.rotate(endpoint, actor=actor, replacing=request.POST.get("replacing"))
                return page(request, rotated, secret=secret)
            case "enable" | "disable":
                verbs.change(endpoint, enabled=act == "enable", actor=actor)
                said = _("Events are sent there from now on.") if act == "enable" else _("Nothing is sent there now.")
            case "replay-failed":
                sent = verbs.replay_failed(endpoint, since=timezone.now() - SINCE, actor=actor)
                said = ngettext("%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", sent) % {
                    "n": sent
                }
            case "delete":
                verbs.delete(endpoint, actor=actor)
                said, back = _("The endpoint is deleted, with its log."), reverse("web:webhooks")
            case _:
                raise Http404
    except Refusal as refusal:
        return answer(request, refusal, back)
    messages.success(request, said)
    return HttpResponseRedirect(back)


@require_POST
@members
def replay(request: MemberRequest, pk: int) -> HttpResponse:
    seen = WebhookDelivery.objects.visible_to(request.user).select_related("endpoint")
    delivery = get_object_or_404(seen, pk=pk)
    back = reverse("web:webhook", args=[delivery.endpoint_id])
    try:
        verbs.replay(delivery, actor=request.user)
    except Refusal as refusal:
        return answer(request, refusal, back)
    messages.success(request, _("It is sent again, under the same id."))
    return HttpResponseRedirect(back)


def _seen(request: MemberRequest, pk: int, *, to_change: bool = False) -> WebhookEndpoint:
    """to_change: locked until the transaction ends."""
    seen = WebhookEndpoint.objects.visible_to(request.user)
    if to_change:
        return get_object_or_404(seen.select_for_update(no_key=True), pk=pk)
    return get_object_or_404(seen.select_related("organization", "created_by"), pk=pk)
