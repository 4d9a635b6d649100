"""What changes while a page is made is on the page, or makes its fingerprint outdated."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import Asset
from sharing.models import Approval, Match
from tests.meanwhile import no_page_approves_what_it_does_not_show
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene, by_hand


def other_conditions(scene: Scene) -> None:
    by_hand("UPDATE sharing_consent SET conditions = 'Only at night'")


def another_quantity(scene: Scene) -> None:
    by_hand("UPDATE sharing_matchleg SET quantity = 1")


def another_code(scene: Scene) -> None:
    Asset.objects.filter(pk=scene.near.pk).update(code="ELSEWHERE")


def another_price(scene: Scene) -> None:
    Match.objects.update(cost_per_year=31337)


def another_signature(scene: Scene) -> None:
    Approval.objects.create(
        match=scene.match, regulator=scene.province, decided_by=scene.governor, decision="approved", fingerprint="0"
    )


CHANGES: dict[Callable[[Scene], None], str] = {
    other_conditions: "Only at night",
    another_quantity: "1 mount|1 × ",
    another_code: "ELSEWHERE",
    another_price: "31,337.00",
}


@pytest.fixture
def officer(scene: Scene, sign_in: SignIn) -> Client:
    return sign_in(scene.officer)


@pytest.mark.parametrize("change", [*CHANGES, another_signature])
def test_the_decision_page_stands_for_what_it_shows(scene: Scene, officer: Client, change: Callable[[Scene], None]):
    scene.consented()
    address = reverse("admin:sharing_match_change", args=[scene.match.pk])
    words = CHANGES.get(change, "governor ·|province · ")

    def page() -> tuple[str, bool]:
        html = officer.get(address).content.decode()
        fingerprint = re.search(r'name="fingerprint" value="([0-9a-f]{64})"', html)
        assert fingerprint
        return fingerprint[1], bool(re.search(words, html))

    no_page_approves_what_it_does_not_show(scene.match, lambda: change(scene), page)


@pytest.mark.parametrize("change", CHANGES)
def test_the_confirmation_of_many_stands_for_what_it_shows(
    scene: Scene, officer: Client, change: Callable[[Scene], None]
):
    scene.consented()
    chosen = {"action": "approve_selected", "_selected_action": [scene.match.pk]}

    def page() -> tuple[str, bool]:
        html = officer.post("/admin/sharing/match/", chosen).content.decode()
        fingerprint = re.search(r'name="fingerprint-\d+" value="([0-9a-f]{64})"', html)
        assert fingerprint
        return fingerprint[1], bool(re.search(CHANGES[change], html))

    no_page_approves_what_it_does_not_show(scene.match, lambda: change(scene), page)


def test_an_owners_words_are_there_on_the_page_as_it_stands_now(scene: Scene, sign_in: SignIn):
    consent = scene.requested().consents.get()
    address = reverse("admin:sharing_consent_change", args=[consent.pk])
    sent = {"conditions": "Only at night", "fingerprint": "0" * 64}

    page = sign_in(scene.metro_manager).post(
        reverse("admin:sharing_consent_do", args=[consent.pk, "grant"]), sent, follow=True
    )

    assert page.redirect_chain == [(address, 302)]
    assert re.search(r'<details class="verb" open>(?s:.*)Only at night</textarea>', page.content.decode())
    consent.refresh_from_db()
    assert (consent.status, consent.conditions) == ("pending", "")
