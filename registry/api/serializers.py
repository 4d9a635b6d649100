"""What all serializers share: sparse fields on the way out, nothing ignored on the way in."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

M = TypeVar("M", bound=models.Model)

UNKNOWN = _("There is no such field here.")
READ_ONLY = _("This field is the registry's own and cannot be set.")


class Strict:
    """A body's unknown or read-only field is an error, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        refused = self._refused(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)  # type: ignore[misc]
        except serializers.ValidationError as error:
            if refused and isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **refused}) from error
            raise
        if refused:
            raise serializers.ValidationError(refused)
        return values

    def _refused(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        fields: Mapping[str, Any] = self.fields  # type: ignore[attr-defined]
        refused = {}
        for name in data:
            field = fields.get(str(name))
            if field is None:
                refused[str(name)] = [ErrorDetail(str(UNKNOWN), "unknown_field")]
            elif field.read_only:
                refused[str(name)] = [ErrorDetail(str(READ_ONLY), "read_only")]
        return refused


class Sparse:
    """Only the fields of `?fields=`, which the view has checked."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        wanted = self.context.get("fields")  # type: ignore[attr-defined]
        if wanted is not None and not isinstance(self.parent, serializers.Serializer):  # type: ignore[attr-defined]
            fields = {name: field for name, field in fields.items() if name in wanted}
        return fields


class Shown(Sparse, serializers.ModelSerializer[M]):
    """How an object is shown. Decimals are numbers, as units in names say what they are of."""


class Body(Strict, serializers.Serializer[Any]):
    """What a verb is given."""


class Nothing(Body):
    """What a verb is given that needs nothing."""


class ModelBody(Strict, serializers.ModelSerializer[M]):
    """What an object is made or changed by."""


class ActionsField(serializers.ListField):
    """The verbs open to the caller, as the last part of their addresses; `change` and `delete` are PATCH and DELETE.

    The serializer's context holds `actions`, a function from the object to their names.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(read_only=True, source="*", child=serializers.CharField(), help_text=_("Verbs open to you."))
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> list[str]:
        actions: list[str] = self.context["actions"](value)
        return actions
