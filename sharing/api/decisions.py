"""Deciding on what was shown, for matches and consents alike, and on many at once: what became of each."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from sharing.api.verbs import problem_of
from sharing.workflow.bulk import BulkResult

# Of what was shown (workflow.fingerprint).
FINGERPRINT = "^[0-9a-f]{64}$"
MOST_AT_ONCE = 500


class Decided(serializers.Serializer[Any]):
    """What became of one: it stands or falls alone."""

    id = serializers.IntegerField()
    done = serializers.BooleanField()
    code = serializers.CharField(allow_null=True, help_text="Why not, as the code of a problem.")
    detail = serializers.CharField(allow_null=True)


class Decisions(serializers.Serializer[Any]):
    results = Decided(many=True)


def decided(result: BulkResult[Any]) -> Response:
    rows: list[dict[str, Any]] = [{"id": pk, "done": True, "code": None, "detail": None} for pk in result.done]
    for pk, refusal in result.failed.items():
        problem = problem_of(refusal)
        rows.append({"id": pk, "done": False, "code": problem.code, "detail": str(problem.detail)})
    return Response({"results": sorted(rows, key=lambda row: row["id"])})
