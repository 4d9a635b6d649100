"""The switch of language: kept in a cookie for this browser, and with the person for their mail and other browsers."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from registry.models import User


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Changes to the language of the form and goes back to where it was changed; unknown ones change nothing."""
    answer = set_language(request)
    chosen = answer.cookies.get("django_language")
    if chosen and isinstance(request.user, User):
        User.objects.filter(pk=request.user.pk).update(language=chosen.value)
    return answer
