"""Co-build groups: what each may know, and their answers."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import override

from sharing.models import CobuildGroup, CobuildStatus
from sharing.workflow.regrouping import regroup
from tests import factories
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import everything
from tests.sharing.web.conftest import SignIn


@pytest.fixture
def build(db: None) -> CobuildScene:
    return CobuildScene()


@pytest.fixture
def asker(build: CobuildScene, sign_in: SignIn) -> Client:
    return sign_in(build.asker)


def test_the_empty_list_says_when_groups_come(build: CobuildScene, asker: Client):
    assert "Nothing to build together here" in asker.get("/cobuild/").content.decode()


def test_a_party_sees_its_own_share_and_only_the_cell_before_all_have_joined(build: CobuildScene, asker: Client):
    group = build.grouped()
    assert "0 of 2 parties, 2 demands" in asker.get("/cobuild/").content.decode()
    page = asker.get(f"/cobuild/{group.pk}/")
    html = page.content.decode()
    assert "Harbour" in html
    assert "rival" not in html and "Market" not in html
    assert "told once all have joined" in html
    cell = page.context["shapes"]["features"][0]
    assert (cell["properties"]["role"], cell["geometry"]["type"]) == ("area", "Polygon")


def test_who_has_joined_reads_who_else_has_and_no_cost_but_its_own(build: CobuildScene, sign_in: SignIn):
    group, third = build.joined_with_a_third()
    known = sign_in(third).get(f"/cobuild/{group.pk}/").context["known"]
    own = build.member(group, "third")
    assert [(member.party.code, *costs) for member, _answer, *costs in known] == [
        ("telco", None, None),
        ("third", own.share_per_year, own.alone_per_year),
    ]


def test_the_agreed_group_shows_all(build: CobuildScene, asker: Client):
    group = build.agreed()
    page = asker.get(f"/cobuild/{group.pk}/")
    html = page.content.decode()
    for words in ("rival", "Market", "Cost a year together", "2 of 2 parties"):
        assert words in html
    assert page.context["shapes"]["features"][0]["geometry"]["type"] == "Point"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_day_has_one_form_on_list_and_page_in_each_language(build: CobuildScene, asker: Client, language: str):
    group = build.grouped()
    asker.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for address in ("/cobuild/", f"/cobuild/{group.pk}/"):
        html = asker.get(address).content.decode()
        assert f'<html lang="{language}"' in html
        assert f">{group.needed_by:%Y-%m-%d}<" in html
        with override(language):
            assert date_format(group.needed_by, "DATE_FORMAT") not in html


def test_joining_is_taken_back_and_declined(build: CobuildScene, asker: Client):
    group = build.grouped()

    def do(verb: str) -> str:
        return asker.post(f"/cobuild/{group.pk}/do/{verb}/", follow=True).content.decode()

    assert "You can take it back until all have joined." in do("join")
    assert build.member(group, "telco").answer == "joined"
    assert "Your joining is taken back" in do("withdraw")
    assert build.member(group, "telco").answer == "pending"
    assert "Declined; the others are grouped anew." in do("decline")
    assert CobuildGroup.objects.get().status == CobuildStatus.CLOSED
    assert str(group.pk) in asker.get("/cobuild/?show=closed").content.decode()


def test_an_agreed_group_is_closed_as_built(build: CobuildScene, asker: Client):
    group = build.agreed()
    assert asker.post(f"/cobuild/{group.pk}/do/close/").status_code == 400
    asker.post(f"/cobuild/{group.pk}/do/close/", {"reason": "built"})
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("closed", "built")


def test_a_group_of_others_is_as_absent(build: CobuildScene, sign_in: SignIn):
    group, stranger = build.grouped(), sign_in(build.stranger)
    before = everything()
    assert stranger.get(f"/cobuild/{group.pk}/").status_code == 404
    assert stranger.post(f"/cobuild/{group.pk}/do/join/").status_code == 404
    assert everything() == before


def test_an_editor_reads_and_joins_nothing(build: CobuildScene, sign_in: SignIn):
    group, editor = build.grouped(), sign_in(build.rival_editor)
    assert editor.get(f"/cobuild/{group.pk}/").context["offers"] == []
    assert editor.post(f"/cobuild/{group.pk}/do/join/").status_code == 403


def test_a_planned_facility_says_until_when_its_owner_can_be_asked(build: CobuildScene, asker: Client):
    facility = factories.planned_facility(build.metro, name="Line 8 tunnel", cost_rule="By metre")
    demand = factories.demand(build.list, "duct", name="Along the line")
    factories.unmet(demand)
    regroup()
    group = CobuildGroup.objects.get(planned_facility=facility)
    html = asker.get(f"/cobuild/{group.pk}/").content.decode()
    for words in ("Line 8 tunnel", "Ask before", "By metre", "Along the line"):
        assert words in html


def test_list_and_page_cost_the_same_for_many(build: CobuildScene, asker: Client, django_assert_num_queries):
    group = build.grouped()
    with django_assert_num_queries(7):
        asker.get("/cobuild/")
    with django_assert_num_queries(11):
        asker.get(f"/cobuild/{group.pk}/")
    for n in range(1, 4):
        for owner in (build.list, build.rival_list):
            factories.unmet(factories.demand(owner, at=(115 + n / 10, 30.0)))
    regroup()
    assert CobuildGroup.objects.count() == 4
    with django_assert_num_queries(7):
        asker.get("/cobuild/")


def test_lines_link_to_the_group_that_could_meet_them(build: CobuildScene, asker: Client):
    group, link = build.grouped(), '<a href="/cobuild/{}/">Could be built together'
    line = group.members.get(party__code="telco").demands.get().demand
    for address in (f"/demands/{line.pk}/", f"/lists/{line.list_id}/"):
        assert link.format(group.pk) in asker.get(address).content.decode()
    assert asker.get(f"/cobuild/{group.pk}/").status_code == 200
