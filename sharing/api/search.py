from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.serializers import Body
from registry.api.views import Api
from sharing.search import SHORTEST, everything, is_enough

LISTS = {
    "asset": "assets",
    "plannedfacility": "planned-facilities",
    "organization": "organizations",
    "demandlist": "demand-lists",
    "demand": "demands",
    "match": "matches",
    "agreement": "agreements",
    "cobuildgroup": "cobuild-groups",
}
"""The list of each noun that is searched, as its address has it."""


@extend_schema_field({"type": "string", "maxLength": 100, "pattern": r"^([0-9]|[\s\S]{2,})$"})
class TextField(serializers.CharField):
    """What is looked for, of which one digit is enough and one letter is not."""


class SearchAsked(Body):
    q = TextField(max_length=100, help_text="Two characters or more of a code or name, or a number.")
    most = serializers.IntegerField(default=8, min_value=1, max_value=40, help_text="Hits of each list.")

    def validate_q(self, q: str) -> str:
        if not is_enough(q):
            self.fields["q"].fail("min_length", min_length=SHORTEST)
        return q


class HitShown(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    hint = serializers.CharField(help_text="What tells it from others.")


class HitsShown(serializers.Serializer[Any]):
    """The best hits in one list, as /api/v1/{list}/ has it. `more`: whether there are others, by its own filters."""

    list = serializers.SerializerMethodField()
    hits = HitShown(many=True)
    more = serializers.BooleanField()

    def get_list(self, group: Any) -> str:
        return LISTS[group.noun.code]


class Found(serializers.Serializer[Any]):
    results = HitsShown(many=True)


class SearchView(Api):
    noun, nouns = "search", "search"

    @extend_schema(responses=Found, parameters=[SearchAsked])
    def get(self, request: Request) -> Response:
        """Search over everything

        By code, name or number, as far as you may see it; the best few of each list that has any.
        """
        asked = self.asked(SearchAsked)
        return Response(Found({"results": everything(self.user, asked["q"], asked["most"])}).data)
