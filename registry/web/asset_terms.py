"""The terms of sharing of many assets at once, by a manager of their owner."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from registry import asset_writing
from registry.errors import NotYours
from registry.models import Asset, Sector
from registry.search import is_id
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.whence import page_named

MOST = 500


class TermsForm(Form):
    """What is not to be set stays as each asset has it."""

    which = forms.MultipleChoiceField(
        label=gettext_lazy("Set"),
        choices=(
            ("open_to_sectors", gettext_lazy("Sectors")),
            ("price_per_unit_year", gettext_lazy("Price")),
            ("terms", gettext_lazy("Terms")),
        ),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What is not chosen here stays as each asset has it."),
    )
    open_to_sectors = forms.MultipleChoiceField(
        label=gettext_lazy("Open to sectors"),
        choices=Sector.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Sectors that may ask for it; none when it is not shared."),
    )
    price_per_unit_year = forms.DecimalField(
        label=gettext_lazy("Price per unit and year"),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
    )
    terms = forms.CharField(label=gettext_lazy("Terms"), required=False, widget=forms.Textarea({"rows": 3}))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "price_per_unit_year" in values.get("which", ()) and values.get("price_per_unit_year") is None:
            self.add_error("price_per_unit_year", _("Enter a price; 0 for free."))
        return values

    def chosen(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.cleaned_data["which"]}


@members
@require_http_methods(["GET", "HEAD", "POST"])
def asset_terms(request: MemberRequest) -> HttpResponse:
    """`asset`, as often as there are: the ids of those chosen in the catalog, and `next`, its page."""
    given = (request.POST if request.method == "POST" else request.GET).getlist("asset")
    back = page_named(request, reverse("web:assets"))
    if not given:
        messages.error(request, _("Choose assets in the list first."))
        return HttpResponseRedirect(back)
    found = _chosen(request, given)
    if not found:
        return HttpResponseRedirect(back)
    form = TermsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                done = asset_writing.set_terms([each.pk for each in found], form.chosen(), actor=request.user)
        except NotYours as refusal:
            raise PermissionDenied(refusal.message) from refusal
        said = ngettext("The terms of %(count)d asset are set.", "The terms of %(count)d assets are set.", done)
        messages.success(request, said % {"count": done})
        return HttpResponseRedirect(back)
    context = {"form": form, "assets": found, "back": back}
    return render(request, "web/asset_terms.html", context, status=400 if form.is_bound else 200)


def _chosen(request: MemberRequest, given: list[str]) -> list[Asset]:
    """Those that there are: says how many are none that this person may know of, as some may be deleted while the
    terms are typed. Raises PermissionDenied where one is another's, Http404 for what no page sends."""
    ids = {int(text) for text in given if is_id(text)}
    if len(ids) != len(set(given)) or len(ids) > MOST:
        raise Http404
    seen = Asset.objects.visible_to(request.user).filter(pk__in=ids).select_related("owner")
    found = list(seen.defer("geometry", "masked_geometry").order_by("code", "pk"))
    for asset in found:
        if not asset_writing.may_set_terms(asset.owner_id, request.user):
            raise PermissionDenied(_("The managers of %(owner)s set its terms.") % {"owner": asset.owner})
    gone = len(ids) - len(found)
    if gone:
        said = ngettext(
            "%(count)d of the assets chosen is no longer listed: it is left out.",
            "%(count)d of the assets chosen are no longer listed: they are left out.",
            gone,
        )
        messages.warning(request, said % {"count": gone})
    return found
