"""Search over everything: by code, name or number, as far as a person may see."""

from dataclasses import replace

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client

from registry.models import Asset
from sharing.models import CobuildGroup, Demand, DemandList, Match
from sharing.search import NOUNS, everything
from tests import factories
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene
from tests.sharing.web.conftest import SignIn

HTMX = {"HTTP_HX_REQUEST": "true"}


def found(client: Client, text: str) -> dict[str, list[str]]:
    """Names of the hits by noun."""
    groups = client.get("/search/", {"q": text}).context["groups"]
    return {group.noun.code: [hit.name for hit in group.hits] for group in groups}


@pytest.fixture
def asker(scene: Scene, sign_in: SignIn) -> Client:
    return sign_in(scene.asker)


def test_every_noun_is_found_by_what_people_call_it(scene: Scene, asker: Client):
    agreement = scene.approved()
    factories.planned_facility(scene.metro, name="Line 8 tunnel")
    assert found(asker, "near") == {"asset": ["NEAR"]}
    assert found(asker, "tunnel") == {"plannedfacility": ["Line 8 tunnel"]}
    assert found(asker, "metro") == {"organization": ["metro"]}
    assert found(asker, "5G") == {"demandlist": ["5G"]}
    assert found(asker, "site 1") == {
        "demand": ["Site 1"],
        "match": [f"Match {scene.match.pk}: Site 1", f"Match {scene.runner_up.pk}: Site 1"],
        "agreement": [agreement.number],
    }
    assert found(asker, agreement.number) == {"agreement": [agreement.number]}


def test_each_hit_leads_to_its_page_on_the_site(scene: Scene, asker: Client):
    scene.approved()
    factories.planned_facility(scene.metro, name="Metro tunnel")
    hits = {
        group.noun.code: [hit.url for hit in group.hits]
        for text in ("near", "metro", "5G", "site 1")
        for group in asker.get("/search/", {"q": text}).context["groups"]
    }

    assert len(hits) == len(NOUNS) - 1  # all but co-build groups
    assert hits["organization"] == ["/organizations/metro/"]
    for url in (url for urls in hits.values() for url in urls):
        assert (url.startswith("/admin/"), asker.get(url).status_code) == (False, 200), url


def test_a_match_is_found_by_its_number(scene: Scene, asker: Client):
    factories.match(scene.demand, [scene.near], rank=3, pk=1234567)
    assert found(asker, "1234567") == {"match": ["Match 1234567: Site 1"]}


def test_a_number_of_one_digit_finds_what_has_it_and_no_more(scene: Scene, asker: Client):
    digit, other = [number for number in range(1, 10) if not Match.objects.filter(pk=number).exists()][:2]
    longer = digit * 10**8
    factories.match(scene.demand, [scene.near], rank=3, pk=digit)
    factories.match(scene.demand, [scene.near], rank=4, pk=longer)
    factories.asset(scene.metro, code=f"{digit}-{longer}")
    assert found(asker, f"{digit}") == {"match": [f"Match {digit}: Site 1"]}
    assert found(asker, f"{longer}")["match"] == [f"Match {longer}: Site 1"]
    assert found(asker, f"{other}") == {}


def test_a_group_is_found_by_its_number_and_its_facility_by_those_who_may_see_it(sign_in: SignIn, db: None):
    build = CobuildScene()
    group = build.grouped()
    facility = factories.planned_facility(factories.organization("builder"), name="Line 8 tunnel")
    CobuildGroup.objects.filter(pk=group.pk).update(planned_facility=facility, cost_per_year=None, apart_per_year=None)
    stranger = sign_in(factories.member(factories.organization("nobody")))
    for text in (f"{group.pk}", "8 tunnel"):
        assert found(sign_in(build.asker), text)["cobuildgroup"] == [f"Co-build group {group.pk}"]
        assert "cobuildgroup" not in found(stranger, text)


def test_chinese_is_found_from_its_beginning_by_two_characters_and_anywhere_by_three(scene: Scene, asker: Client):
    factories.asset(scene.metro, name="光谷广场铁塔", code="WH-光-1")
    assert found(asker, "光谷") == found(asker, "广场铁") == {"asset": ["WH-光-1 光谷广场铁塔"]}
    assert found(asker, "铁塔") == {}


def test_what_is_exactly_so_called_comes_first(scene: Scene, asker: Client):
    for code in ("MAST-10", "XMAST-1", "MAST-1"):
        factories.asset(scene.metro, code=code)
    assert found(asker, "mast-1") == {"asset": ["MAST-1", "MAST-10", "XMAST-1"]}


def test_signs_of_patterns_are_taken_as_they_are(scene: Scene, asker: Client):
    factories.asset(scene.metro, code="100%_A")
    assert found(asker, "0%_") == {"asset": ["100%_A"]}
    assert found(asker, "%%%") == found(asker, "___") == {}


def test_nothing_is_found_that_a_person_may_not_see(scene: Scene, sign_in: SignIn):
    factories.asset(scene.metro, code="SECRET", protection="core")
    scene.approved()
    stranger = sign_in(scene.stranger)
    assert found(stranger, "SECRET") == found(stranger, "Site 1") == found(stranger, "5G ") == {}
    assert found(sign_in(scene.metro_manager), "SECRET") == {"asset": ["SECRET"]}


@pytest.mark.parametrize("text", ["", " ", "x", "no such thing", "9" * 30, "x" * 5000])
def test_what_finds_nothing_says_so(asker: Client, text: str):
    page = asker.get("/search/", {"q": text})
    assert page.status_code == 200
    assert page.context["groups"] == []
    words = "Type at least 2 characters" if page.context["too_short"] else "Nothing that you may see"
    assert words in page.content.decode()


def test_all_of_one_noun_is_paged(scene: Scene, asker: Client):
    for n in range(52):
        factories.asset(scene.metro, code=f"POLE-{n:03}")
    few = asker.get("/search/", {"q": "pole"})
    assert [len(group.hits) for group in few.context["groups"]] == [8]
    assert "?q=pole&amp;in=asset" in few.content.decode()
    last = asker.get("/search/", {"q": "pole", "in": "asset", "page": "2"})
    assert [hit.name for hit in last.context["hits"]] == ["POLE-050", "POLE-051"]


def test_as_somebody_types_a_few_lines_come_and_no_page(scene: Scene, asker: Client):
    html = asker.get("/search/", {"q": "near"}, **HTMX).content.decode()
    assert "<html" not in html
    assert ">NEAR" in html
    assert asker.get("/search/", {"q": "n"}, **HTMX).content.decode().strip() == ""
    assert f">Match {scene.match.pk}" in asker.get("/search/", {"q": f"{scene.match.pk}"}, **HTMX).content.decode()


def test_it_costs_one_query_a_noun_however_much_is_found(scene: Scene, asker: Client, django_assert_num_queries):
    scene.approved()
    for n in range(30):
        factories.asset(scene.metro, code=f"site {n}")
        factories.demand(scene.list, name=f"site {n}")
    for text in ("site", "nothing of all this"):
        with django_assert_num_queries(6 + len(NOUNS)):
            asker.get("/search/", {"q": text})
    with django_assert_num_queries(6):
        asker.get("/search/", {"q": "7"})


@pytest.mark.parametrize(
    ("code", "model", "index"),
    [("asset", Asset, "asset_text"), ("demand", Demand, "demand_text"), ("demandlist", DemandList, "list_text")],
)
@pytest.mark.parametrize("text", ["光谷", "广场铁"])
def test_texts_are_looked_for_in_trigram_indexes(scene: Scene, code: str, model: type[Model], index: str, text: str):
    noun = next(noun for noun in NOUNS if noun.code == code)
    bare = replace(noun, rows=lambda user: model._default_manager.order_by())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in bare.found(scene.asker, text).explain()


def test_it_is_not_for_those_who_take_no_part(client: Client, db: None):
    assert client.get("/search/", {"q": "near"}).status_code == 302
    assert everything(factories.user("nobody"), "near", 5) == []
