"""What the resources of this side share: the workflow's refusals as problems, and its rules as lists of actions."""

from functools import cached_property
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.response import Response

from registry.api.problems import Problem, refused
from registry.api.views import Resource
from sharing.errors import Refusal, UnitsGone
from sharing.refusals import SENTENCES
from sharing.workflow.rules import Standing, Subject, Verb, open_verbs


class SharingResource(Resource):
    """Errors of verbs are problems by the same codes; `actions` are the verbs that the rules leave open."""

    sentences = SENTENCES

    @cached_property
    def standing(self) -> Standing:
        """What the caller is to the parties, read once a call."""
        return Standing.of(self.user)

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self.actions_on}

    def actions_on(self, subject: Subject) -> list[str]:
        return [name_of(verb) for verb in open_verbs(subject, self.standing)]

    def handle_exception(self, error: Exception) -> Response:
        return super().handle_exception(problem_of(error) if isinstance(error, Refusal) else error)

    def done(self, pk: int, status: int = 200) -> HttpResponseBase:
        """The object after a verb. What the caller is to it may have changed with it."""
        self.__dict__.pop("standing", None)
        return self.answer_with(pk, status)


def name_of(verb: Verb) -> str:
    """The last part of a verb's address: “approve” of match.approve; “change” where it is a PATCH."""
    return "change" if verb is Verb.EDIT else verb.value.partition(".")[2]


def problem_of(refusal: Refusal) -> Problem:
    """A refusal of the workflow, by its own code."""
    problem = refused(refusal)
    if isinstance(refusal, UnitsGone):
        problem.extra = {"next_best": refusal.next_best.pk if refusal.next_best else None}
    return problem
