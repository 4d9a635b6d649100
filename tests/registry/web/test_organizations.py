"""Organizations for everyone, their members for colleagues, and both to change for managers."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from registry.accounts import addresses
from registry.models import Invitation, Membership, Organization, Role, User
from tests import factories
from tests.meanwhile import change_before

LAST = "This is the only manager: make another member a manager first."


class Party:
    def __init__(self, code: str) -> None:
        self.organization = factories.organization(code, contact_email=f"sharing@{code}.example")
        self.manager = factories.member(self.organization, Role.MANAGER, f"{code}-manager")
        self.editor = factories.member(self.organization, Role.EDITOR, f"{code}-editor")
        self.page = f"/organizations/{code}/"

    def membership(self, user: User) -> Membership:
        return Membership.objects.get(organization=self.organization, user=user)


@pytest.fixture
def mobile(db) -> Party:
    return Party("mobile")


@pytest.fixture
def metro(db) -> Party:
    return Party("metro")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def seen_at(answer) -> str:
    """How the form of the contact says that its row stood."""
    found = re.search(r'name="seen_at" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


def told(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_all_organizations_are_listed_and_found(mobile: Party, metro: Party, django_assert_num_queries):
    client = browser(mobile.editor)
    client.get("/organizations/")
    with django_assert_num_queries(6):
        everyone = client.get("/organizations/").content.decode()
    assert 'href="/organizations/mobile/"' in everyone and 'href="/organizations/metro/"' in everyone

    found = client.get("/organizations/?q=METR").content.decode()

    assert 'href="/organizations/metro/"' in found and 'href="/organizations/mobile/"' not in found


def test_others_see_the_contact_and_no_members(mobile: Party, metro: Party):
    page = browser(metro.manager).get(mobile.page).content.decode()

    assert "mailto:sharing@mobile.example" in page
    assert "mobile-manager" not in page and "Invite someone" not in page
    assert browser(metro.manager).get("/organizations/none/").status_code == 404


def test_colleagues_see_the_members_and_managers_may_change_them(mobile: Party, django_assert_num_queries):
    client = browser(mobile.manager)
    client.get(mobile.page)
    with django_assert_num_queries(8):
        own = client.get(mobile.page).content.decode()
    colleague = browser(mobile.editor).get(mobile.page).content.decode()

    assert "mobile-editor" in own and "Invite someone" in own
    assert '<input type="checkbox" required> Remove mobile-editor from the organization?</label></noscript>' in own
    assert "mobile-manager" in colleague and "Invite someone" not in colleague and "/role/" not in colleague


def test_a_manager_changes_the_contact_and_nothing_else(mobile: Party, metro: Party):
    new = {"contact_email": "desk@mobile.example", "contact_phone": "027 1234", "name": "Ours", "regulates": "1"}
    assert browser(mobile.editor).post(f"{mobile.page}contact/", new).status_code == 403
    assert browser(metro.manager).post(f"{mobile.page}contact/", new).status_code == 403

    client = browser(mobile.manager)
    client.post(f"{mobile.page}contact/", {**new, "seen_at": seen_at(client.get(mobile.page))})

    kept = Organization.objects.get(code="mobile")
    assert (kept.contact_email, kept.contact_phone, kept.name, kept.regulates) == (
        "desk@mobile.example", "027 1234", "mobile", None,
    )  # fmt: skip
    wrong = client.post(
        f"{mobile.page}contact/", {"contact_email": "none", "seen_at": seen_at(client.get(mobile.page))}
    )
    assert wrong.status_code == 400 and wrong.context["contact_form"].errors == {
        "contact_email": ["Enter a valid email address."]
    }


def test_a_contact_that_a_colleague_changed_meanwhile_is_not_written_over(mobile: Party):
    client, address = browser(mobile.manager), f"{mobile.page}contact/"
    mine = {"contact_email": "mine@mobile.example", "contact_phone": "1", "seen_at": seen_at(client.get(mobile.page))}
    Organization.objects.filter(code="mobile").update(name="Renamed")
    Organization.objects.filter(code="mobile").update(contact_phone="theirs")

    told_so = client.post(address, mine)

    assert told_so.status_code == 400 and told_so.context["contact_form"].non_field_errors() == [
        "Somebody changed this meanwhile. Here is what you typed: save again to put it over theirs."
    ]
    assert 'value="mine@mobile.example"' in told_so.content.decode()
    kept = Organization.objects.get(code="mobile")
    assert (kept.contact_email, kept.contact_phone) == ("sharing@mobile.example", "theirs")
    assert client.post(address, {**mine, "seen_at": seen_at(told_so)}).status_code == 302
    kept.refresh_from_db()
    assert (kept.contact_email, kept.contact_phone) == ("mine@mobile.example", "1")


def test_what_the_registry_changes_of_an_organization_is_no_change_of_its_contact(mobile: Party):
    client = browser(mobile.manager)
    mine = {"contact_email": "mine@mobile.example", "seen_at": seen_at(client.get(mobile.page))}
    Organization.objects.filter(code="mobile").update(name="Renamed")
    assert client.post(f"{mobile.page}contact/", mine).status_code == 302
    kept = Organization.objects.get(code="mobile")
    assert (kept.name, kept.contact_email) == ("Renamed", "mine@mobile.example")


def test_a_manager_gives_roles_and_removes_members(mobile: Party):
    client, member = browser(mobile.manager), mobile.membership(mobile.editor)
    answer = client.post(f"/members/{member.pk}/role/", {"role": "viewer"}, follow=True)
    assert told(answer) == ["mobile-editor has another role now."]
    assert mobile.membership(mobile.editor).role == Role.VIEWER

    assert told(client.post(f"/members/{member.pk}/role/", {"role": "king"}, follow=True)) == ["Choose a role."]
    assert told(client.post(f"/members/{member.pk}/remove/", follow=True)) == ["mobile-editor is no member any more."]
    assert not mobile.organization.memberships.filter(user=mobile.editor).exists()


def test_an_organization_keeps_its_last_manager(mobile: Party):
    client, own = browser(mobile.manager), mobile.membership(mobile.manager)

    assert told(client.post(f"/members/{own.pk}/role/", {"role": "editor"}, follow=True)) == [LAST]
    assert told(client.post(f"/members/{own.pk}/remove/", follow=True)) == [
        "Another manager removes you: nobody removes themselves."
    ]
    assert mobile.membership(mobile.manager).role == Role.MANAGER


def test_a_manager_whose_account_is_closed_does_not_count_as_another(mobile: Party):
    factories.member(mobile.organization, Role.MANAGER, "gone")
    User.objects.filter(username="gone").update(is_active=False)
    own = mobile.membership(mobile.manager)
    answer = browser(mobile.manager).post(f"/members/{own.pk}/role/", {"role": "viewer"}, follow=True)
    assert told(answer) == [LAST]
    assert mobile.membership(mobile.manager).role == Role.MANAGER


def test_members_are_for_their_own_managers_only(mobile: Party, metro: Party):
    member = mobile.membership(mobile.editor)

    for act in ("role", "remove"):
        assert browser(metro.manager).post(f"/members/{member.pk}/{act}/", {"role": "viewer"}).status_code == 404
        assert browser(mobile.editor).post(f"/members/{member.pk}/{act}/", {"role": "manager"}).status_code == 403
    assert mobile.membership(mobile.editor).role == Role.EDITOR


class TestInvitations:
    def link(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:8000(/account/invitations/\S+)", mail.outbox[-1].body)
        assert found
        return found[1]

    def invite(self, party: Party, email: str = "New@Person.example", role: str = "editor"):
        return browser(party.manager).post(f"{party.page}invite/", {"email": email, "role": role}, follow=True)

    def test_a_new_person_makes_an_account_by_the_link_in_the_mail(self, mobile: Party):
        assert told(self.invite(mobile)) == ["An invitation is on its way to new@person.example."]
        assert mail.outbox[0].to == ["new@person.example"]
        link, client = self.link(), Client()
        assert "mobile-manager invites you as" in client.get(link).content.decode()
        weak = client.post(link, {"username": "new", "first_name": "N", "last_name": "P", "password": "qwertyuiop1"})
        assert (
            "This password is known from breaches of other sites: choose another."
            in weak.context["form"].errors["password"]
        )
        short = client.post(link, {"username": "new", "first_name": "N", "last_name": "P", "password": "my-own-qzx9"})
        assert short.context["form"].errors == {
            "password": ["This password is too short. It must contain at least 12 characters."]
        }
        taken = {"username": "MOBILE-editor", "first_name": "N", "last_name": "P", "password": "a-long-one-of-mine"}
        assert client.post(link, taken).context["form"].errors == {
            "username": ["Another person has this user name: choose another."]
        }

        done = client.post(link, {**taken, "username": "new.person"})

        assert done.headers["Location"] == "/account/sign-in/"
        person = User.objects.get(username="new.person")
        assert (person.email, person.roles) == ("new@person.example", {mobile.organization.pk: "editor"})
        assert person.check_password("a-long-one-of-mine") and not person.is_staff
        assert client.get(link).status_code == 410

    def test_who_left_and_whose_account_was_closed_makes_another(self, mobile: Party):
        before = factories.user("before", email="New@person.example", is_active=False)
        replaced = factories.user("replaced", email="other@person.example")
        for person, email in ((before, "new@person.example"), (replaced, "desk@person.example")):
            EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        for name, email in (("back", "new@person.example"), ("desk", "desk@person.example")):
            self.invite(mobile, email)
            sent = {"username": name, "first_name": "N", "last_name": "P", "password": "a-long-one-of-mine"}
            assert Client().post(self.link(), sent).headers["Location"] == "/account/sign-in/"
            assert EmailAddress.objects.get(email=email, verified=True).user.username == name

    def test_an_account_that_was_made_meanwhile_keeps_its_address(self, mobile: Party):
        self.invite(mobile)
        sent = {"username": "late", "first_name": "N", "last_name": "P", "password": "a-long-one-of-mine"}
        link = self.link()

        def other() -> None:
            addresses.keep(factories.user("first", email="new@person.example"))

        with change_before('INSERT INTO "registry_user"', other):
            answer = Client().post(link, sent, follow=True)
        assert told(answer) == ["This address has an account: sign in, and open the link again."]
        assert not User.objects.filter(username="late").exists()

    def test_the_address_of_an_invitation_is_no_password(self, mobile: Party):
        self.invite(mobile)
        sent = {"username": "new", "first_name": "N", "last_name": "P", "password": "new@person.example"}
        weak = Client().post(self.link(), sent)
        assert "The password is too similar to the email address." in str(weak.context["form"].errors["password"])

    def test_an_address_longer_than_any_is_refused_in_place(self, mobile: Party):
        answer = self.invite(mobile, f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.example")
        assert answer.status_code == 400 and list(answer.context["invite_form"].errors) == ["email"]

    def test_who_has_an_account_signs_in_and_joins(self, mobile: Party, metro: Party):
        self.invite(mobile, metro.editor.email, "viewer")
        link = self.link()
        assert f"/account/sign-in/?next={link.split('/invitations')[0]}" in Client().get(link).content.decode()

        client = browser(metro.editor)
        assert client.get(link).status_code == 200
        assert client.post(link).headers["Location"] == "/"

        assert mobile.membership(metro.editor).role == Role.VIEWER
        assert client.post(link).status_code == 410

    def test_an_invitation_is_withdrawn_or_sent_again_by_managers(self, mobile: Party, metro: Party):
        self.invite(mobile)
        first, made = self.link(), Invitation.objects.get()
        assert browser(metro.manager).post(f"/invitations/{made.pk}/again/").status_code == 404
        assert browser(mobile.editor).post(f"/invitations/{made.pk}/withdraw/").status_code == 404
        browser(mobile.manager).post(f"/invitations/{made.pk}/again/")
        assert len(mail.outbox) == 2 and self.link() == first
        browser(mobile.manager).post(f"/invitations/{made.pk}/withdraw/")

        over = Client().get(first)

        assert over.status_code == 410
        assert "This invitation was used, withdrawn or is too old: ask for another." in over.content.decode()

    def test_only_managers_invite(self, mobile: Party, metro: Party):
        for user in (mobile.editor, metro.manager):
            answer = browser(user).post(f"{mobile.page}invite/", {"email": "x@y.example", "role": "manager"})
            assert answer.status_code == 403
        assert not mail.outbox

    def test_a_link_that_was_changed_leads_nowhere(self, mobile: Party):
        self.invite(mobile)
        assert Client().get(self.link()[:-2] + "x/").status_code == 404

    def test_a_member_is_not_invited_again(self, mobile: Party):
        assert told(self.invite(mobile, mobile.editor.email)) == [
            "This person is a member of the organization already: change the role there."
        ]

    def test_a_mail_server_that_is_down_is_told_and_the_invitation_waits(self, mobile: Party, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

        assert told(self.invite(mobile)) == [
            "The mail to new@person.example could not be sent: press “Send again” in a while."
        ]
        assert Invitation.objects.get().sent_at is None
