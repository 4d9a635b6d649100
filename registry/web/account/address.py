from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from django.http import HttpRequest, HttpResponse

from registry.models import User


class ChangeAddress(EmailView):
    """The address that an account came with stays its own until another is confirmed; django-allauth alone would
    drop one that it has not seen confirmed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.email:
            _keep(user)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


def _keep(user: User) -> None:
    email = user.email.lower()
    if not EmailAddress.objects.filter(email=email, verified=True).exists():
        EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
