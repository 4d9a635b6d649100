"""Levels of protection that are to be reviewed: a manager of the owner confirms them, or opens an asset to change
it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from registry import asset_writing
from registry.errors import NotYours, Refusal
from registry.models import Asset, User
from registry.search import is_id
from registry.web.access import MemberRequest, members
from registry.web.forms import DayInput, Form

MOST = 500


class ReviewForm(Form):
    until = forms.DateField(label=gettext_lazy("To be reviewed again on"), widget=DayInput)

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until <= timezone.localdate():
            raise forms.ValidationError(_("Enter a day to come."))
        return until


def due(user: User) -> QuerySet[Asset]:
    """The protected assets whose level `user` may confirm and whose day has come, the longest due first."""
    rows = Asset.objects.due_for_review(timezone.localdate()).set_by(user)
    return rows.order_by("protection_review_on", "pk")


@members
@require_http_methods(["GET", "HEAD", "POST"])
def asset_reviews(request: MemberRequest) -> HttpResponse:
    """Those that are due; `asset`, as often as there are: the ids of those whose level stands."""
    again = timezone.localdate() + timedelta(days=settings.PROTECTION_REVIEW_DAYS)
    form = ReviewForm(request.POST if request.method == "POST" else None, initial={"until": again})
    ids = [int(text) for text in request.POST.getlist("asset")[:MOST] if is_id(text)]
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                done = asset_writing.confirm_levels(ids, until=form.cleaned_data["until"], actor=request.user)
        except NotYours as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Refusal as refusal:
            form.add_refusal(refusal)
        else:
            said = ngettext("The level of %(count)d asset stands.", "The levels of %(count)d assets stand.", done)
            messages.success(request, said % {"count": done})
            return HttpResponseRedirect(reverse("web:asset-reviews"))
    rows = due(request.user).select_related("owner", "region").defer("geometry", "masked_geometry", "terms")[:MOST]
    context = {"form": form, "assets": rows, "chosen": ids}
    return render(request, "web/asset_reviews.html", context, status=400 if form.is_bound else 200)
