"""The form of an asset: its own columns and those of its kind's details, as one."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.asset_writing import DETAILS, OF_LISTED, PROTECTION, REVIEW, TERMS, may_set_terms
from registry.errors import NotYours
from registry.kinds import KINDS, LOADS, Kind
from registry.models import Asset, Organization, PlannedFacility, Role, Sector, User
from registry.models.asset import every_sector
from registry.refusals import FIELD_OF, constraint_of
from registry.seen_at import SeenAtForm
from registry.web.forms import DayInput, RegionField, RowForm, place_field


class DetailsForm(RowForm):
    field_of = FIELD_OF


class AssetForm(SeenAtForm, RowForm):
    """The columns of the asset itself, as far as `user` may set them."""

    region = RegionField(
        required=False, help_text=gettext_lazy("Such as 420102. Left empty: the owner's home region.")
    )
    open_to_sectors = forms.MultipleChoiceField(
        choices=Sector.choices,
        required=False,
        initial=every_sector,
        label=gettext_lazy("Open to sectors"),
        help_text=gettext_lazy("Sectors that may ask for it; none when it is not shared."),
        widget=forms.CheckboxSelectMultiple,
    )
    available_from = forms.DateField(label=gettext_lazy("Available from"), required=False, widget=DayInput)
    protection_review_on = forms.DateField(
        label=gettext_lazy("Protection to be reviewed on"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Left empty: a year after the level was set."),
    )
    geometry = place_field()

    field_of = FIELD_OF
    instance: Asset

    class Meta:
        model = Asset
        fields = (
            "owner", "code", "name", "status", "available_from", "planned_facility", "region", "geometry", "capacity",
            *LOADS, *TERMS, *PROTECTION, REVIEW, "source",
        )  # fmt: skip
        widgets = {"terms": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, kind: str, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.user = kind, user
        self.instance.kind = kind
        facts = KINDS[kind]
        self.fields["geometry"].geometry_type = facts.geometry  # type: ignore[attr-defined]
        self.fields["capacity"].label = _("Capacity, %(units)s") % {"units": facts.units}
        self.fields["capacity"].help_text = ""
        for load in set(LOADS) - set(facts.loads):
            del self.fields[load]
        own = organizations_of(user)
        if self.instance.pk:
            self._as_it_is(user)
        else:
            self.fields["owner"].queryset = own  # type: ignore[attr-defined]
            if len(own) == 1:
                self.initial.setdefault("owner", own[0].pk)
            if not any(may_set_terms(owner.pk, user) for owner in own):
                self._without(TERMS)
        plans = PlannedFacility.objects.filter(owner__in=own)
        if self.instance.planned_facility_id:
            plans |= PlannedFacility.objects.filter(pk=self.instance.planned_facility_id)
        self.fields["planned_facility"].queryset = plans.defer("geometry")  # type: ignore[attr-defined]
        self.fields["planned_facility"].help_text = _("The plan in which this space is reserved, if it is.")

    def _as_it_is(self, user: User) -> None:
        """Of an asset that is listed the owner stays, and its region, terms and protection are for managers."""
        del self.fields["owner"]
        self.fields["region"].required = True
        self.fields["region"].help_text = _("Such as 420102.")
        if not may_set_terms(self.instance.owner_id, user):
            self._without((*TERMS, *OF_LISTED))

    def _without(self, names: tuple[str, ...]) -> None:
        for name in names:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Of a new asset only now the owner is known, and with it whether the terms may be set."""
        values = super().clean() or self.cleaned_data
        owner = values.get("owner")
        if owner is not None and not may_set_terms(owner.pk, self.user):
            for name in set(TERMS) & set(values):
                column: Any = Asset._meta.get_field(name)
                if values[name] != column.get_default():
                    said = _("Only a manager of %(owner)s sets this: leave it as it was, and ask one.")
                    self.add_error(name, ValidationError(said % {"owner": owner}, code="role"))
                else:
                    del values[name]
        return values


class AssetForms:
    """Both forms of an asset."""

    def __init__(self, data: Any, *, kind: str, user: User, asset: Asset | None = None, initial: Any = None) -> None:
        model: Any = DETAILS[kind]
        known = model._default_manager.filter(asset=asset).first() if asset else None
        details: Any = forms.modelform_factory(model, form=DetailsForm, exclude=("asset",))
        self.kind = kind
        self.asset = AssetForm(data, instance=asset, initial=initial, kind=kind, user=user)
        self.details: DetailsForm = details(data, instance=known, prefix="details")

    def is_valid(self) -> bool:
        return all([self.asset.is_valid(), self.details.is_valid()])

    @property
    def is_bound(self) -> bool:
        return self.asset.is_bound

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Headings with their fields, in the order of reading; the place apart, as it stands beside its map."""
        fields = self.asset.fields
        known = (
            (_("What it is"), ("owner", "code", "name", "status", "available_from", "planned_facility")),
            (_("Capacity"), ("capacity", *KINDS[self.kind].loads)),
            (str(Kind(self.kind).label), ()),
            (_("Sharing"), TERMS),
            (_("Protection and source"), (*PROTECTION, REVIEW, "source")),
        )
        found = []
        for title, names in known:
            bound = [self.asset[name] for name in names if name in fields] if names else list(self.details)
            if bound:
                found.append((title, bound))
        return found

    def new_values(self) -> dict[str, Any]:
        """What registry.asset_writing.create takes."""
        values = dict(self.asset.cleaned_data)
        if values["region"] is None:
            del values["region"]
        return {**values, "kind": self.kind, "details": self.details.cleaned_data}

    def changed_values(self) -> dict[str, Any]:
        """What registry.asset_writing.change takes: only what was changed."""
        own, beside = self.asset, self.details
        values = {name: own.cleaned_data[name] for name in own.changed_data}
        details = {name: beside.cleaned_data[name] for name in beside.changed_data}
        return {**values, "details": details} if details else values

    def add_refusal(self, error: IntegrityError | NotYours) -> None:
        """What was refused on writing, at the field that it is about."""
        if isinstance(error, NotYours):
            self.asset.add_error(error.field, error.message)
            return
        is_detail = FIELD_OF.get(constraint_of(error)) in self.details.fields
        (self.details if is_detail else self.asset).add_refusal(error)


def organizations_of(user: User) -> QuerySet[Organization]:
    """Those that a person lists assets and plans for."""
    if user.is_superuser:
        return Organization.objects.order_by("name")
    return Organization.objects.filter(pk__in=user.organizations_as(Role.EDITOR)).order_by("name")


def reserved_in(facility: PlannedFacility) -> Mapping[str, Any]:
    """How a form begins for space in a plan."""
    return {
        "owner": facility.owner_id,
        "status": "planned",
        "available_from": facility.opens_on,
        "planned_facility": facility.pk,
        "region": facility.region,
    }


def heading(form: AssetForms, asset: Asset | None) -> str:
    name = capfirst(str(Kind(form.kind).label))
    return _("Change %(asset)s") % {"asset": asset} if asset else _("New: %(kind)s") % {"kind": name}
