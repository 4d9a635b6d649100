"""Rows that several people change by forms: nobody writes over what they have not seen."""

from typing import Any

from django.http import HttpRequest

from registry.admin.base import RestrictedAdmin, RestrictedForm
from registry.seen_at import SeenAtForm


class SeenForm(SeenAtForm, RestrictedForm):
    """A form of the admin that says how its row stood as it was shown."""


class SeenAdmin(RestrictedAdmin):
    """Whose `form` is a SeenForm."""

    form = SeenForm

    def lock(self, request: HttpRequest, obj: Any) -> None:
        """Until the transaction ends nobody else changes the row."""
        self.model._default_manager.select_for_update(no_key=True).only("pk").filter(pk=obj.pk).first()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; locked where it is to be changed."""
        found = super().get_object(request, object_id, from_field)
        if request.method == "POST" and self.may_change(request, found):
            self.lock(request, found)
            found = super().get_object(request, object_id, from_field)
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """With how the row stands, for a form by which it can be changed."""
        return self.with_seen(request, obj, super().get_fieldsets(request, obj))

    def with_seen(self, request: HttpRequest, obj: Any | None, sections: Any) -> Any:
        """The sections of the form with that field, which is hidden, in the first."""
        if obj is None or not self.may_change(request, obj):
            return sections
        (title, options), *others = sections
        return [(title, {**options, "fields": [*options["fields"], "seen_at"]}), *others]
