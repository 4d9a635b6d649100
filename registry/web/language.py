"""The switch of language: kept in a cookie for this browser, and with the person for their mail and other browsers."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from registry.models import User


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Changes to the language of the form and goes back to where it was changed; unknown ones change nothing."""
    answer = set_language(request)
    chosen = answer.cookies.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen and isinstance(request.user, User):
        User.objects.filter(pk=request.user.pk).update(language=chosen.value)
    return answer


def remember(response: HttpResponse, chosen: str) -> None:
    """Keeps the language for this browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget(response: HttpResponse) -> None:
    """From now on it is the one that the browser asks for."""
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
