"""The pages by which managers keep their organization and its programs."""

from registry.accounts import invitations
from registry.models import Role
from sharing.workflow import webhooks
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, SignedIn, accessible


def test_a_manager_keeps_members_tokens_and_webhooks(open_page: SignedIn):
    party = factories.organization("mobile")
    manager, editor = factories.member(party, Role.MANAGER), factories.member(party, Role.EDITOR)
    invitations.invite(party, email="new@mobile.example", role=Role.EDITOR, actor=manager)
    endpoint, _secret = webhooks.create(party, name="Works", url="https://hooks.example.com/x", actor=manager)
    page = open_page("/organizations/mobile/", user=manager)
    page.on("dialog", lambda dialog: dialog.accept())

    member = page.get_by_role("row").filter(has_text=editor.username)
    member.get_by_role("button", name="Remove").click()
    assert page.locator(".message").all_inner_texts() == [f"{editor.username} is no member any more."]
    page.goto("/account/tokens/")
    page.locator("input[name=name]").fill("Script")
    page.get_by_role("button", name="Make the token").click()
    assert page.locator("#secret").inner_text().startswith("isr_")

    for path in ("", "/organizations/", "/organizations/mobile/", "/webhooks/new/", f"/webhooks/{endpoint.pk}/"):
        if path:
            page.goto(path)
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)
            accessible(page)
