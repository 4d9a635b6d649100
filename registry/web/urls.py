from django.urls import URLPattern, path

from registry.web import facilities, facility_editing, members, organizations
from registry.web.account import tokens
from registry.web.account.profile import account
from registry.web.asset_editing import choose_kind, delete_asset, edit_asset, new_asset
from registry.web.asset_reviews import asset_reviews
from registry.web.asset_terms import asset_terms
from registry.web.assets import asset_places, assets
from registry.web.imports import (
    import_land,
    import_page,
    import_rejects,
    import_template,
    import_try,
    import_undo,
    imports,
)
from registry.web.language import language

urlpatterns: list[URLPattern] = [
    path("account/", account, name="account"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("assets/", assets, name="assets"),
    path("assets/places/", asset_places, name="asset-places"),
    path("assets/terms/", asset_terms, name="asset-terms"),
    path("assets/reviews/", asset_reviews, name="asset-reviews"),
    path("assets/new/", choose_kind, name="asset-kinds"),
    path("assets/new/<str:kind>/", new_asset, name="asset-new"),
    path("assets/<int:id>/edit/", edit_asset, name="asset-edit"),
    path("assets/<int:id>/delete/", delete_asset, name="asset-delete"),
    path("facilities/", facilities.facilities, name="facilities"),
    path("facilities/new/", facility_editing.new_facility, name="facility-new"),
    path("facilities/<int:id>/", facilities.facility, name="facility"),
    path("facilities/<int:id>/edit/", facility_editing.edit_facility, name="facility-edit"),
    path("facilities/<int:id>/delete/", facility_editing.delete_facility, name="facility-delete"),
    path("account/invitations/<str:key>/", members.invitation, name="invitation"),
    path("invitations/<int:pk>/again/", members.invite_again, name="invitation-again"),
    path("invitations/<int:pk>/withdraw/", members.withdraw, name="invitation-withdraw"),
    path("members/<int:pk>/role/", members.change_role, name="member-role"),
    path("members/<int:pk>/remove/", members.remove, name="member-remove"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/<str:code>/", organizations.organization, name="organization"),
    path("organizations/<str:code>/contact/", organizations.contact, name="organization-contact"),
    path("organizations/<str:code>/invite/", members.invite, name="organization-invite"),
    path("imports/", imports, name="imports"),
    path("imports/templates/<str:kind>.<str:format>", import_template, name="import-template"),
    path("imports/<int:id>/", import_page, name="import"),
    path("imports/<int:id>/try/", import_try, name="import-try"),
    path("imports/<int:id>/land/", import_land, name="import-land"),
    path("imports/<int:id>/undo/", import_undo, name="import-undo"),
    path("imports/<int:id>/rejects/", import_rejects, name="import-rejects"),
    path("language/", language, name="language"),
]
