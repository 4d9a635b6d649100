"""Where django-allauth asks the project: who may enter, what is said, and what is kept sealed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry import sealing, security
from registry.accounts import second_factor, sessions
from registry.models import User
from registry.networks import plain_address
from registry.web.account import confirming
from registry.web.language import remember

MISMATCH = _("This name and password do not belong together. Passwords are case-sensitive.")
WRONG_CODE = _("This code is wrong, or was used before: wait for the next one.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("Too many wrong codes: wait five minutes and try again."),
        "rate_limited": _("Too many tries: wait five minutes and try again."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """By which tries of all are counted together."""
        return plain_address(super().get_client_ip(request))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by django-axes alone."""

    def login(self, request: HttpRequest, user: User) -> None:
        sessions.begin(request)
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Goes on in the language that the person chose, on this browser or another."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if user.language:
            remember(response, user.language)
        return response

    def set_password(self, user: User, password: str) -> None:
        """Whoever could choose a new password need not wait because of wrong ones before."""
        super().set_password(user, password)
        AxesProxyHandler.reset_attempts(username=user.username.lower())

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Until all factors were shown within the last minutes, be it at the sign-in."""
        return bool(confirming.wanting(self.request, self.request.user))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The ways to show what is wanting. First the second factor, where this session has yet to show one."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not isinstance(user, User):
            return ways
        factors = confirming.wanting(self.request, user)
        wanted = [way for way in ways if confirming.factor_of(way) in factors] or ways
        if not confirming.is_proven(self.request, user):
            wanted.sort(key=confirming.factor_of)
        return wanted

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        security.note("reset_asked", self.request, person=user.pk)
        super().send_password_reset_mail(user, email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the site's own address, whatever host the request named."""
        path: str = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.SITE_URL.rstrip('/')}{path.replace('UID-KEY', key)}"

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        path: str = reverse("account_confirm_email", args=[emailconfirmation.key])
        return f"{settings.SITE_URL.rstrip('/')}{path}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("web:account")


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _("A second factor is asked of you: set up another one first."),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text, settings.SECOND_FACTOR_KEYS, second_factor.PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text, settings.SECOND_FACTOR_KEYS, second_factor.PURPOSE)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Not the last one of somebody who needs one."""
        return not (second_factor.is_required_of(authenticator.user) and second_factor.is_last(authenticator))
