from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import asset_writing
from registry.admin.asset_details import DETAILS
from registry.admin.base import AutocompleteFilter, WithinRegionFilter, person
from registry.admin.export import ExportMixin
from registry.admin.kind_first import KindFirstAdmin, kind_of
from registry.admin.seen import SeenAdmin, SeenForm
from registry.asset_writing import OF_LISTED, PROTECTION, REVIEW, TERMS, power_within_cooling
from registry.exports.assets import suited_tables, untold
from registry.exports.formats import Format
from registry.exports.table import Table
from registry.kinds import KINDS, short
from registry.models import Asset, Role, Sector, User
from registry.search import ILike
from registry.svg_map import Frame, Shape, draw, neighbours
from registry.tags import tag

if TYPE_CHECKING:
    from django.forms import CheckboxSelectMultiple as CheckboxesWidget
else:
    from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as CheckboxesWidget


class AssetForm(SeenForm):
    """managed: the ids of the organizations whose terms the person may set; None for those of all."""

    managed: Collection[int] | None = None
    instance: Asset

    def clean(self) -> dict[str, Any]:
        """Refuses a geometry that is not the kind's, and terms for an owner that the person does not manage."""
        cleaned = super().clean() or self.cleaned_data
        self._check_terms(cleaned)
        kind = cleaned.get("kind") or self.instance.kind
        place = cleaned.get("geometry")
        if kind in KINDS and isinstance(place, GEOSGeometry) and place.geom_type != KINDS[kind].geometry:
            refusal = _("This kind is a %(wanted)s, the geometry a %(given)s: correct it, or list another kind.") % {
                "wanted": KINDS[kind].geometry.upper(),
                "given": place.geom_type.upper(),
            }
            self.add_error("geometry", ValidationError(refusal, code="type"))
        return cleaned

    def _check_terms(self, cleaned: dict[str, Any]) -> None:
        """Of a new asset, as only then the owner is chosen with the form."""
        owner = cleaned.get("owner")
        if self.managed is None or owner is None or owner.pk in self.managed or not self.instance._state.adding:
            return
        for name in TERMS:
            column: Any = Asset._meta.get_field(name)
            if name in cleaned and cleaned[name] != column.get_default():
                said = _("Only a manager of %(owner)s sets this: leave it as it was, and ask one.") % {"owner": owner}
                self.add_error(name, ValidationError(said, code="role"))


@admin.register(Asset)
class AssetAdmin(ExportMixin, KindFirstAdmin, SeenAdmin):
    """Editors keep their organization's assets, managers also region, terms of sharing and protection. Others see the
    masked place of what is protected: the exact geometry is read for those entitled to it, and for no one else."""

    kind_question = gettext_lazy("What kind of asset is it?")
    owner_field = "owner"
    form = AssetForm
    list_display = ("code", "name", "kind_name", "owner", "region", "status_tag", "free", "protection_tag")
    list_filter = (
        "kind",
        "status",
        "protection",
        ("owner", AutocompleteFilter),
        ("region", WithinRegionFilter),
    )
    list_select_related = ("owner", "region")
    kept_by = gettext_lazy("lines of its ledger, matches or disclosures: set the asset out of service instead")
    search_fields = (f"code__{ILike.lookup_name}", f"name__{ILike.lookup_name}")
    search_help_text = gettext_lazy("Code or name")
    autocomplete_fields = ("owner", "region", "planned_facility")
    show_add_link = True
    change_form_outer_before_template = "registry/place_map.html"

    def export_tables(self, request: HttpRequest, queryset: Any, format: Format) -> list[Table]:
        """Of what is protected the masked place."""
        return suited_tables(queryset, person(request), format)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Without any place, as get_object adds the one that the person may know of; and without what the ledger
        keeps, over which a form must not write what it read."""
        return super().get_queryset(request).defer("geometry", "masked_geometry", "used_today", "ledger_version")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With the `place` that the person may know of, and `place_is_exact`."""
        found = super().get_object(request, object_id, from_field)
        placed: Any = Asset.objects.with_place_for(person(request)).only("protection", "owner").get(pk=found.pk)
        found.place, found.place_is_exact = placed.place, placed.place_is_exact
        return found

    def lock(self, request: HttpRequest, obj: Asset) -> None:
        with suppress(Asset.DoesNotExist):  # then it is not found below
            asset_writing.lock(obj.pk)

    @admin.display(description=gettext_lazy("status"))
    def status_tag(self, asset: Asset) -> str:
        return tag(asset.status, asset.get_status_display())

    @admin.display(description=gettext_lazy("free today"))
    def free(self, asset: Asset) -> str:
        return _("%(free)d of %(capacity)d %(units)s") % {
            "free": asset.free_today,
            "capacity": asset.capacity,
            "units": asset.facts.units,
        }

    @admin.display(description=gettext_lazy("protection"))
    def protection_tag(self, asset: Asset) -> str:
        return tag(asset.protection, short(asset.get_protection_display()))

    @admin.display(description=gettext_lazy("place"))
    def shown_place(self, asset: Any) -> str:
        text: str = asset.place.wkt
        return text if len(text) <= 500 else text[:500] + " …"

    @admin.display(description=gettext_lazy("open to sectors"))
    def shown_sectors(self, asset: Asset) -> str:
        return _(", ").join(str(Sector(code).label) for code in asset.open_to_sectors) or _("not shared")

    @admin.display(description=gettext_lazy("length, m"))
    def shown_length(self, asset: Any) -> str:
        return f"{asset.length_m:,.0f}" if asset.length_m is not None and asset.place_is_exact else "–"

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """What tells where an asset is, as the plan that a space belongs to, goes with the exact place."""
        hidden = untold(obj)
        editing = self.may_change(request, obj)
        kind = kind_of(request, obj)
        loads = KINDS[kind].loads if kind in KINDS else ()
        place = "geometry" if editing else "shown_place"
        terms = TERMS if self._sets_terms(request, obj) else ("shown_sectors", *TERMS[1:])
        kept = ("free", "shown_length") if obj and obj.facts.is_route else ("free",) if obj else ()
        sections = (
            (None, ("owner", "code", "name", "kind", "status", "available_from", "planned_facility")),
            (gettext_lazy("Place"), ("region", place)),
            (gettext_lazy("Capacity"), ("capacity", *loads, *kept)),
            (gettext_lazy("Sharing"), terms),
            (gettext_lazy("Protection"), (*PROTECTION, REVIEW)),
            (gettext_lazy("Source"), ("source", *(("created_at", "updated_at") if obj else ()))),
        )
        told = [(title, {"fields": [name for name in names if name not in hidden]}) for title, names in sections]
        return self.with_seen(request, obj, told)

    def get_readonly_fields(self, request: HttpRequest, obj: Asset | None = None) -> Any:
        fixed = ["free", "shown_length", "shown_place", "shown_sectors", "created_at", "updated_at"]
        if obj is not None:
            fixed += ["kind"] if person(request).is_superuser else ["kind", "owner"]
        if not self._sets_terms(request, obj):
            fixed += TERMS[1:]
            fixed += OF_LISTED if obj is not None else ()
        return fixed

    def _sets_terms(self, request: HttpRequest, obj: Asset | None) -> bool:
        """Terms, protection and region commit the organization, which only its managers do. Of a new asset the form
        checks the owner that was chosen; whoever lists it may protect it, as that shows less than is shown without."""
        user = person(request)
        managed = user.organizations_as(Role.MANAGER)
        return user.is_superuser or (bool(managed) if obj is None else obj.owner_id in managed)

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        user = person(request)
        form.managed = None if user.is_superuser else user.organizations_as(Role.MANAGER)
        return form

    def get_inlines(self, request: HttpRequest, obj: Asset | None) -> Any:
        """The details of the asset's own kind."""
        kind = kind_of(request, obj)
        return [DETAILS[kind]] if kind in DETAILS else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "open_to_sectors":
            return forms.MultipleChoiceField(
                choices=Sector.choices,
                required=False,
                initial=Sector.values,
                label=capfirst(db_field.verbose_name),
                help_text=db_field.help_text,
                widget=CheckboxesWidget(),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def beside_form(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The map: the asset where this person may know it to be, and its neighbours likewise."""
        note = "" if obj.place_is_exact else _("The exact place is protected; this is as much as you may know.")
        shown = draw(around(obj, person(request)), title=_("Map of %(asset)s") % {"asset": obj})
        return {"place_map": shown, "place_note": note}

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        asset_writing.lock_to_remove(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)

    def delete_model(self, request: HttpRequest, obj: Asset) -> None:
        asset_writing.lock_to_remove([obj.pk])
        super().delete_model(request, obj)

    def save_model(self, request: HttpRequest, obj: Asset, form: Any, change: bool) -> None:
        """A room's power and cooling stand in two rows, and are compared when both are written."""
        power_within_cooling("DEFERRED")
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        power_within_cooling("IMMEDIATE")


def around(asset: Any, user: User) -> list[Shape]:
    """The asset (with its `place` annotated) and what `user` may see near it."""
    own = Shape(asset.place, "leg" if asset.place_is_exact else "masked", str(asset))
    frame = Frame.around([own])
    return [*neighbours(frame, user, besides=[asset.pk]), own] if frame else []
