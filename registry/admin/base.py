"""What every model's admin shares: each person sees what `visible_to` gives them, and changes what their role allows.

Django's own permissions play no part. A regulator, owner or operator needs neither staff status nor superuser rights.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import NestedObjects
from django.contrib.gis.db.models import GeometryField
from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.forms import DateRangeField as DateRangeFormField
from django.contrib.postgres.forms import RangeWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, router
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from registry.models import Organization, Region, Role, User
from registry.place_field import PlaceField
from registry.refusals import SENTENCES, Sentences, constraints_by_message, explained
from registry.search import is_id

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, RelatedFieldListFilter, StackedInline, TabularInline
    from django.core.paginator import Paginator

    Admin = ModelAdmin[Any]
    Stacked = StackedInline[Any, Any]
    Tabular = TabularInline[Any, Any]
    Form = forms.ModelForm[Any]
    InfinitePaginator = Paginator[Any]

    class AutocompleteFilter(RelatedFieldListFilter):
        def value(self) -> str | None: ...

    class AdminTextareaWidget(forms.Textarea): ...

    class UnfoldAdminSingleDateWidget(forms.DateInput): ...

    checkbox: forms.Widget
else:
    from unfold.admin import ModelAdmin as Admin
    from unfold.admin import StackedInline as Stacked
    from unfold.admin import TabularInline as Tabular
    from unfold.admin import checkbox
    from unfold.contrib.filters.admin import AutocompleteSelectFilter as AutocompleteFilter
    from unfold.paginator import InfinitePaginator
    from unfold.widgets import UnfoldAdminSingleDateWidget
    from unfold.widgets import UnfoldAdminTextareaWidget as AdminTextareaWidget

    Form = forms.ModelForm

# What a filter in the address may ask of a column that is offered as a filter; anything else is refused, because a
# condition on a hidden column (a place, say) would answer questions that the page does not.
LOOKUPS = ("", "__exact", "__id__exact", "__in", "__isnull", "__gte", "__lte", "__lt")


class WithinRegionFilter(AutocompleteFilter):
    """Searched for rather than listed, as there are thousands; finds what lies inside the region too."""

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows whose region is the chosen one or lies inside it."""
        chosen = self.value() or ""
        if not chosen:
            return queryset
        region = Region.objects.filter(pk=chosen).first() if is_id(chosen) else None
        if region is None:
            return queryset.none()
        inside = {f"{self.field_path}__scheme": region.scheme, f"{self.field_path}__code__startswith": region.prefix}
        return queryset.filter(**inside)


NUMBER = "{number}"


@cache
def _checkbox(language: str) -> str:
    """What chooses a row, for any NUMBER: drawn from its template once a language, not for each row of each list."""
    drawn: str = checkbox.render(ACTION_CHECKBOX_NAME, NUMBER)
    return drawn


def person(request: HttpRequest) -> User:
    """Who is signed in. The admin's views are closed to anonymous requests."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


REFUSAL = "refusal_on_writing"


def refuse_form(request: HttpRequest, why: str) -> None:
    """Has the form that this request sent say `why` it was refused, when it is made anew; it is then not written."""
    request.__dict__[REFUSAL] = why


def _refused(form: Any, refusal: str) -> Any:
    """The form, with `refusal` beside what else is wrong in it."""

    def clean(self: Any) -> Any:
        cleaned = form.clean(self)
        self.add_error(None, refusal)
        return cleaned

    return type(form)(form.__name__, (form,), {"clean": clean})


class RestrictedForm(Form):
    """A model's form whose refusals, the database's included, say what to do."""

    sentences: Sentences = SENTENCES

    def add_error(self, field: str | None, error: Any) -> None:
        """Says a broken constraint in its own sentence, where it has one."""
        if isinstance(error, ValidationError):
            constraints = constraints_by_message(self.instance)
            lists = error.error_dict.values() if hasattr(error, "error_dict") else [error.error_list]
            for one in (one for errors in lists for one in errors):
                name = constraints.get(one.messages[0], "")
                if name in self.sentences:
                    one.message, one.params = str(self.sentences[name]), None
        super().add_error(field, error)


class RestrictedMixin:
    """Permissions and form fields, for the admin of a model and for inlines alike."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Places are text; periods two dates; all else as unfold draws it."""
        if isinstance(db_field, GeometryField):
            return PlaceField(
                geometry_type=db_field.geom_type,
                required=not db_field.blank,
                label=capfirst(db_field.verbose_name),
                help_text=_("WKT or GeoJSON, longitude before latitude (WGS 84); EWKT of another SRID is converted."),
                widget=AdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
            )
        if isinstance(db_field, DateRangeField):
            return DateRangeFormField(
                required=not db_field.blank,
                label=capfirst(db_field.verbose_name),
                help_text=_("First day, and the day after the last; leave the second empty for no end."),
                widget=RangeWidget(UnfoldAdminSingleDateWidget()),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offers, and accepts, only what the person may see."""
        rows = db_field.remote_field.model._default_manager.all()
        if hasattr(rows, "visible_to"):
            kwargs.setdefault("queryset", rows.visible_to(person(request)))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class RestrictedAdmin(RestrictedMixin, Admin):
    """owner_field: the column with the organization whose members, from `needed_role` on, may change a row; empty
    where only superusers may. linked_by: columns that links from other pages filter by. kept_by: what keeps a row from
    being deleted, and what to do instead; of a kind, since the rows themselves may be of others."""

    form = RestrictedForm
    owner_field = ""
    needed_role = Role.EDITOR
    linked_by: ClassVar[tuple[str, ...]] = ()
    kept_by: str | Promise = gettext_lazy("what rests on it: take that away first")

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 25
    list_disable_select_all = True
    actions_on_top = True
    sortable_by: ClassVar[Any] = ()

    def action_checkbox(self, obj: models.Model) -> SafeString:
        return mark_safe(_checkbox(get_language() or "").replace(NUMBER, str(obj.pk)))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        visible: models.QuerySet[Any] = rows.visible_to(person(request))
        return visible

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; one that is not the person's to see is as absent as one that does not exist."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def organization_of(self, obj: Any) -> int | None:
        """The id of the organization whose members may change `obj`."""
        return getattr(obj, f"{self.owner_field}_id") if self.owner_field else None

    def may_change(self, request: HttpRequest, obj: Any | None) -> bool:
        """Whether the person's role allows to change `obj` (some row of this model, when None)."""
        user = person(request)
        if user.is_superuser:
            return True
        own = user.organizations_as(self.needed_role) if self.owner_field else []
        return bool(own) if obj is None else self.organization_of(obj) in own

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return isinstance(request.user, User) and request.user.takes_part

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_change(request, None)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self.may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self.may_change(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The rows alone. What belongs to them goes with them, though it may not be deleted by itself; nor is it told
        here, since some of it may not be for the person to see."""
        collector = NestedObjects(using=router.db_for_write(self.model), origin=objs)
        collector.collect(objs)
        allowed = all(self.has_delete_permission(request, obj) for obj in objs)
        return (
            [f"{capfirst(self.opts.verbose_name)}: {obj}" for obj in objs],
            {self.opts.verbose_name_plural: len(objs)},
            set() if allowed else {self.opts.verbose_name},
            [self.kept_by] if collector.protected else [],
        )

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the columns offered as filters, and only plain conditions on them."""
        offered = [part[0] if isinstance(part, (tuple, list)) else part for part in self.list_filter or ()]
        if lookup in [getattr(part, "parameter_name", None) for part in offered]:
            return True
        columns = [column for column in (*offered, *self.linked_by) if isinstance(column, str)]
        return any(lookup == column + suffix for column in columns for suffix in LOOKUPS)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The owner of a row is one of the organizations for which the person may write."""
        user = person(request)
        if db_field.name == self.owner_field and not user.is_superuser:
            own = user.organizations_as(self.needed_role)
            kwargs["queryset"] = Organization.objects.filter(pk__in=own)
            if len(own) == 1:
                kwargs["initial"] = own[0]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        """Without the owner: it is chosen among a few."""
        fields = super().get_autocomplete_fields(request)
        return fields if person(request).is_superuser else [name for name in fields if name != self.owner_field]

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet[Any], *where: Any
    ) -> HttpResponse | None:
        """Carries out an action; what is no id chooses nothing."""
        if not all(map(is_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            messages.error(request, _("Choose from the rows of the list."))
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *where)

    def beside_form(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the page of a row shows beside its fields: variables of `change_form_outer_before_template`."""
        return {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any | None = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= self.beside_form(request, obj)
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed which field is for those who may change the row."""
        if not self.has_change_permission(request, self.get_object(request, object_id)):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; what the database refuses only on writing is said in it, above what was typed."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            sentences = getattr(self.form, "sentences", SENTENCES)  # forms of Django's own have none
            refuse_form(request, _("Not saved. %(reason)s") % {"reason": explained(error, sentences)})
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With why it was refused, where that was found on writing."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        refusal = request.__dict__.get(REFUSAL, "")
        return _refused(form, refusal) if refusal else form


class ReadOnlyMixin:
    """No one edits what the ledger, the engine or the workflow keeps."""

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnlyMixin, RestrictedAdmin):
    """The page of a model that only verbs write."""


class RestrictedStackedInline(RestrictedMixin, Stacked):
    """Rows that belong to the row of the page: who may change that may change them."""

    form = RestrictedForm
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        owner: Any = admin.site.get_model_admin(self.parent_model)
        return bool(owner.has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False


class ReadOnlyTabularInline(ReadOnlyMixin, Tabular):
    """Rows shown with the row of the page."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return True
