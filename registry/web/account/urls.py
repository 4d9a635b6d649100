"""Addresses of a person's own pages. The names are those by which django-allauth knows its views."""

from allauth.account import views as account
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import URLPattern, path, re_path

from registry.web.account.address import ChangeAddress
from registry.web.account.confirm_pages import ByCode, ByPasskey, ByPassword
from registry.web.account.recovery_codes import codes
from registry.web.account.second_factor import AddPasskey, Factors, RemovePasskey, SetUpApp, Show, SignInByPasskey
from registry.web.account.sessions import Sessions

urlpatterns: list[URLPattern] = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/second-factor/", Show.as_view(), name="mfa_authenticate"),
    path("sign-in/passkey/", SignInByPasskey.as_view(), name="mfa_login_webauthn"),
    path("sign-out/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", ByPassword.as_view(), name="account_reauthenticate"),
    path("confirm/code/", ByCode.as_view(), name="mfa_reauthenticate"),
    path("confirm/passkey/", ByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/forgotten/", account.password_reset, name="account_reset_password"),
    path("password/forgotten/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/forgotten/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/chosen/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("e-mail/", ChangeAddress.as_view(), name="account_email"),
    path("e-mail/sent/", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^e-mail/confirm/(?P<key>[-:\w]+)/$", account.confirm_email, name="account_confirm_email"),
    path("sessions/", Sessions.as_view(), name="usersessions_list"),
    path("second-factor/", Factors.as_view(), name="mfa_index"),
    path("second-factor/", Factors.as_view(), name="mfa_list_webauthn"),
    path("second-factor/app/", SetUpApp.as_view(), name="mfa_activate_totp"),
    path("second-factor/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/passkeys/add/", AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("second-factor/passkeys/<int:pk>/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("second-factor/passkeys/<int:pk>/remove/", RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("second-factor/codes/new/", codes, name="mfa_generate_recovery_codes"),
]
