"""Members and invitations by the API: read by colleagues, decided by managers."""

import pytest
from django.core import mail

from registry.accounts import invitations
from registry.models import Invitation, Membership, Role
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db


class Office:
    """An organization with a manager and an editor."""

    def __init__(self) -> None:
        self.metro = factories.organization("metro")
        self.boss = factories.member(self.metro, Role.MANAGER, "boss")
        self.clerk = factories.member(self.metro, Role.EDITOR, "clerk")
        self.manager, self.editor = Caller(self.boss), Caller(self.clerk)

    def of(self, username: str) -> Membership:
        return Membership.objects.get(user__username=username, organization=self.metro)


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_manager_changes_a_role_and_removes_a_member(office: Office):
    pk = office.of("clerk").pk
    shown = office.manager.get(f"memberships/{pk}/").json()
    assert shown == {
        "id": pk, "organization": "metro", "username": "clerk", "name": "", "email": "clerk@example.invalid",
        "role": "editor", "actions": ["change", "delete"],
    }  # fmt: skip
    assert office.manager.patch(f"memberships/{pk}/", {"role": "viewer"}).json()["role"] == "viewer"
    assert office.manager.delete(f"memberships/{pk}/").status_code == 204
    assert not Membership.objects.filter(pk=pk).exists()


def test_nobody_is_made_a_member_by_others(office: Office):
    """Who takes part in a match decides nothing of it: a rival's regulator made a colleague could not approve."""
    officer = factories.member(factories.regulator("city"), Role.MANAGER, "officer")
    body = {"organization": "metro", "username": "officer", "role": "viewer"}
    for caller in (office.manager, Caller(factories.user("root", is_superuser=True))):
        problem(caller.post("memberships/", body), 405, "method_not_allowed")
    assert officer.memberships.count() == 1


def test_who_has_an_account_is_invited_and_joins_by_an_act_of_their_own(office: Office):
    officer = factories.member(factories.regulator("city"), Role.MANAGER, "officer")
    body = {"organization": "metro", "email": officer.email, "role": "viewer"}
    assert office.manager.post("invitations/", body).status_code == 201
    assert officer.memberships.count() == 1
    invitations.accept(Invitation.objects.get(), actor=officer)
    assert office.of("officer").role == Role.VIEWER


def test_an_editor_reads_and_decides_nothing(office: Office):
    pk = office.of("boss").pk
    assert office.editor.get(f"memberships/{pk}/").json()["actions"] == []
    problem(office.editor.patch(f"memberships/{pk}/", {"role": "viewer"}), 403, "not_yours")
    problem(office.editor.delete(f"memberships/{pk}/"), 403, "not_yours")
    assert office.of("boss").role == Role.MANAGER


def test_an_organization_keeps_its_last_manager(office: Office):
    pk = office.of("boss").pk
    problem(office.manager.patch(f"memberships/{pk}/", {"role": "editor"}), 409, "wrong_state")
    problem(office.manager.delete(f"memberships/{pk}/"), 409, "wrong_state")
    assert office.of("boss").role == Role.MANAGER


def test_an_invitation_is_mailed_once_it_is_kept_and_can_be_withdrawn(
    office: Office, django_capture_on_commit_callbacks
):
    body = {"organization": "metro", "email": "new@metro.example", "role": "editor"}
    with django_capture_on_commit_callbacks(execute=True):
        made = office.manager.post("invitations/", body)
    assert (made.status_code, made.json()["invited_by"], made.json()["role"]) == (201, "boss", "editor")
    [message] = mail.outbox
    assert message.to == ["new@metro.example"]
    [shown] = office.manager.get("invitations/", accepted="false", withdrawn="false").json()["results"]
    assert (shown["sent_at"] is not None, shown["actions"]) == (True, ["delete"])
    assert not any(part in str(shown) for part in message.body.split() if part.startswith("http"))
    assert office.manager.delete(f"invitations/{shown['id']}/").status_code == 204
    assert Invitation.objects.get().withdrawn_at is not None
    assert office.manager.get(f"invitations/{shown['id']}/").json()["actions"] == []


def test_an_invitation_that_was_accepted_is_not_withdrawn(office: Office):
    invitation = invitations.invite(office.metro, email="new@metro.example", role=Role.EDITOR, actor=office.boss)
    invitations.accept(invitation, actor=factories.user("new"))
    assert office.manager.get(f"invitations/{invitation.pk}/").json()["actions"] == []
    problem(office.manager.delete(f"invitations/{invitation.pk}/"), 409, "wrong_state")


def test_an_invitation_of_a_member_or_by_an_editor_is_refused_and_nothing_is_kept(office: Office):
    body = {"organization": "metro", "email": "clerk@example.invalid", "role": "editor"}
    problem(office.manager.post("invitations/", body), 409, "wrong_state")
    problem(office.editor.post("invitations/", {**body, "email": "new@metro.example"}), 403, "not_yours")
    wrong = office.manager.post("invitations/", {**body, "email": "no address"})
    assert problem(wrong, 400, "bad_input") == [("#/email", "invalid")]
    assert not Invitation.objects.exists()
    assert office.editor.get("invitations/").json()["results"] == []
