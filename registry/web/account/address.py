from typing import Any

from allauth.account.views import EmailView
from django.http import HttpRequest, HttpResponse

from registry.accounts import addresses
from registry.models import User


class ChangeAddress(EmailView):
    """The address that an account came with stays its own until another is confirmed; django-allauth alone would
    drop one that it has not seen confirmed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.email:
            addresses.keep(user)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response
