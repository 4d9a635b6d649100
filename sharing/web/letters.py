"""The letter of a decision, in the language that is asked for."""

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import translation

from registry.printing import attached
from registry.web.access import MemberRequest, members
from sharing.errors import Refusal
from sharing.models import Match
from sharing.shown import letter
from sharing.shown.refusals import answer


@members
def decision_letter(request: MemberRequest, pk: int, language: str) -> HttpResponseBase:
    """The PDF; for a match without a decision back to where the person came from, with the reason."""
    match = get_object_or_404(Match.objects.visible_to(request.user).select_related("demand__list__party"), pk=pk)
    chosen = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    try:
        with translation.override(chosen):
            content = letter.letter(match, request.user)
    except Refusal as refusal:
        return answer(request, refusal, "/")
    return attached(content, letter.name(match, chosen))
