from django.urls import URLPattern, path

from registry.web import members, organizations
from registry.web.account import tokens
from registry.web.account.profile import account
from registry.web.assets import asset_places, assets
from registry.web.language import language

urlpatterns: list[URLPattern] = [
    path("account/", account, name="account"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("assets/", assets, name="assets"),
    path("assets/places/", asset_places, name="asset-places"),
    path("account/invitations/<str:key>/", members.invitation, name="invitation"),
    path("invitations/<int:pk>/again/", members.invite_again, name="invitation-again"),
    path("invitations/<int:pk>/withdraw/", members.withdraw, name="invitation-withdraw"),
    path("members/<int:pk>/role/", members.change_role, name="member-role"),
    path("members/<int:pk>/remove/", members.remove, name="member-remove"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/<str:code>/", organizations.organization, name="organization"),
    path("organizations/<str:code>/contact/", organizations.contact, name="organization-contact"),
    path("organizations/<str:code>/invite/", members.invite, name="organization-invite"),
    path("language/", language, name="language"),
]
