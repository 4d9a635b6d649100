"""The span, region, kind and sector that figures are asked for, in an address or in a body."""

from typing import Any

from rest_framework import serializers

from registry.api.fields import MonthField, RegionField
from registry.api.serializers import Body
from registry.kinds import Kind
from registry.models import Sector, User
from sharing.monitoring.scope import Scope


class Asked(Body):
    """What is left out does not narrow."""

    start = MonthField(required=False, help_text="First month; eleven months ago when left out.")
    end = MonthField(required=False, help_text="Last month; this one when left out.")
    region = RegionField(required=False, help_text="Code of a region that you regulate, or of one inside it.")
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    sector = serializers.ChoiceField(choices=Sector.choices, required=False)


def scope_of(values: dict[str, Any], user: User) -> Scope:
    """What validated values ask for; others among them are left alone. Raises BadInput at the one at fault."""
    return Scope.asked(user, **{name: value for name, value in values.items() if name in Asked().fields})
