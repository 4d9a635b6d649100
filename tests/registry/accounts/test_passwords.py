"""Passwords that are long enough and refused all the same; wherever one is chosen, the same rules hold."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from registry.accounts import invitations, passwords
from registry.models import Role, User
from tests import factories
from tests.registry.web.account.conftest import PASSWORD, knowing

BREACHED = "This password is known from breaches of other sites: choose another."
OF_THIS_PLACE = "This password is made of names that anybody would try here: add words of your own."


def test_the_words_stand_on_the_page_of_security():
    page = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text(encoding="utf-8")
    [listed] = re.findall(r"try here: \*(.+?)\*;", page, re.DOTALL)

    assert {re.sub(r"\s", "", word) for word in re.split("[,;]", listed)} == passwords.WORDS


def refused(password: str) -> list[str]:
    try:
        with translation.override("en"):
            validate_password(password)
    except ValidationError as error:
        return error.messages
    return []


@pytest.mark.parametrize(
    "password", ["qwertyuiop123", "1q2w3e4r5t6y", "Password1234", "ILOVEYOUFOREVER", "woaini1314520"]
)
def test_what_was_found_in_breaches_is_refused_however_it_is_written(db, password: str):
    assert BREACHED in refused(password)


@pytest.mark.parametrize(
    "password",
    [
        "infrashare2026", "Infra-Share_2026!", "manager-manager1", "tower.duct.fiber", "registry#viewer7",
        "wuhan-metro2026", "武汉地铁集团武汉市2026", "ＷＵＨＡＮ－metro2026",
    ],
)  # fmt: skip
def test_what_is_made_of_words_of_this_place_is_refused(db, password: str):
    factories.organization("wuhan-metro", name="武汉地铁集团")

    assert refused(password) == [OF_THIS_PLACE]


@pytest.mark.parametrize(
    "password",
    ["our-tower-by-the-green-lake", "wuhan-metro-and-seven-geese", "x9$Kq!v2#Lm7", "a-long-password-of-mine"],
)
def test_words_of_ones_own_beside_them_are_enough(db, password: str):
    factories.organization("wuhan-metro", name="武汉地铁集团")

    assert refused(password) == []


@pytest.mark.parametrize(("password", "why"), [("qwertyuiop123", BREACHED), ("wuhan-metro2026", OF_THIS_PLACE)])
def test_each_page_that_takes_one_refuses_it(db, password: str, why: str):
    organization = factories.organization("wuhan-metro")
    manager = knowing(factories.member(organization, Role.MANAGER, "manager"))
    invited = invitations.invite(organization, email="new@metro.example", role=Role.VIEWER, actor=manager)
    joining = {"username": "new", "first_name": "N", "last_name": "W", "password": password}
    joined = Client().post(f"/account/invitations/{invitations.key_of(invited)}/", joining)
    client = Client()
    client.force_login(manager)
    changing = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    changed = client.post("/account/password/", changing)

    assert joined.context["form"].errors == {"password": [why]}
    assert changed.context["form"].errors == {"password1": [why]}
    assert not User.objects.filter(username="new").exists()
    assert User.objects.get(username="manager").check_password(PASSWORD)
