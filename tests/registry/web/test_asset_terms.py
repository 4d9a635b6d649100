"""Terms of sharing of many assets at once."""

import pytest
from django.test import Client

from registry.models import Asset, Role
from tests import factories

pytestmark = pytest.mark.django_db


def terms() -> dict[str, tuple[list[str], int, str]]:
    rows = Asset.objects.order_by("code").values_list("code", "open_to_sectors", "price_per_unit_year", "terms")
    return {code: (sectors, int(price), text) for code, sectors, price, text in rows}


def test_a_manager_sets_what_was_chosen_of_those_chosen(client: Client, django_assert_num_queries):
    owner = factories.organization("owner")
    one, two, other = (
        factories.asset(owner, code=code, open_to_sectors=["power"], terms="old") for code in ("A-1", "A-2", "A-3")
    )
    foreign = factories.asset(factories.organization("foreign"), code="F-1")
    client.force_login(factories.member(owner, Role.MANAGER))
    catalog = client.get("/assets/").content.decode()
    assert f'name="asset" value="{one.pk}"' in catalog and f'name="asset" value="{foreign.pk}"' not in catalog
    address = f"/assets/terms/?asset={one.pk}&asset={two.pk}"
    client.get(address)
    with django_assert_num_queries(5):
        assert "2 assets chosen" in client.get(address).content.decode()
    sent = {
        "asset": [one.pk, two.pk],
        "which": ["open_to_sectors", "price_per_unit_year"],
        "open_to_sectors": ["telecom"],
        "price_per_unit_year": "250",
        "terms": "not chosen",
    }

    done = client.post("/assets/terms/", sent, follow=True)

    assert [str(message) for message in done.context["messages"]] == ["The terms of 2 assets are set."]
    changed, kept = (["telecom"], 250, "old"), (["power"], 1000, "old")
    assert {code: found for code, found in terms().items() if code != "F-1"} == {
        "A-1": changed, "A-2": changed, other.code: kept,
    }  # fmt: skip


def test_nothing_is_set_where_one_is_anothers_or_unknown(client: Client):
    owner = factories.organization("owner")
    own, foreign = factories.asset(owner), factories.asset(factories.organization("foreign"))
    before = terms()
    sent = {"which": ["terms"], "terms": "mine"}
    client.force_login(factories.member(owner, Role.MANAGER))

    assert client.post("/assets/terms/", {**sent, "asset": [own.pk, foreign.pk]}).status_code == 403
    assert client.post("/assets/terms/", {**sent, "asset": [own.pk, "x"]}).status_code == 404
    assert client.post("/assets/terms/", sent).headers["Location"] == "/assets/"
    wrong = client.post("/assets/terms/", {"which": ["price_per_unit_year"], "asset": [own.pk]})
    assert wrong.context["form"].errors == {"price_per_unit_year": ["Enter a price; 0 for free."]}
    client.force_login(factories.member(owner, Role.EDITOR))
    assert client.post("/assets/terms/", {**sent, "asset": [own.pk]}).status_code == 403
    assert "Set the terms" not in client.get("/assets/").content.decode()
    assert terms() == before


def test_the_rest_is_set_where_some_are_gone_and_what_was_typed_stays(client: Client):
    owner = factories.organization("owner")
    one, gone = factories.asset(owner, code="A-1", terms="old"), factories.asset(owner, code="A-2")
    core = factories.asset(factories.organization("foreign"), code="F-1", terms="theirs", protection="core")
    client.force_login(factories.member(owner, Role.MANAGER))
    gone_pk, _deleted = gone.pk, gone.delete()
    chosen = [one.pk, gone_pk, core.pk]

    asked = client.get("/assets/terms/", {"asset": chosen})
    wrong = client.post("/assets/terms/", {"asset": chosen, "which": ["price_per_unit_year"], "terms": "typed"})
    done = client.post("/assets/terms/", {"asset": chosen, "which": ["terms"], "terms": "new"}, follow=True)
    none = client.post("/assets/terms/", {"asset": chosen[1:], "which": ["terms"], "terms": "new"}, follow=True)

    left_out = "2 of the assets chosen are no longer listed: they are left out."
    for answer, status in ((asked, 200), (wrong, 400)):
        assert (answer.status_code, answer.context["assets"]) == (status, [one])
        assert [str(message) for message in answer.context["messages"]] == [left_out]
    assert "typed</textarea>" in wrong.content.decode()
    assert [str(message) for message in done.context["messages"]] == [left_out, "The terms of 1 asset are set."]
    assert none.redirect_chain == [("/assets/", 302)]
    assert [str(message) for message in none.context["messages"]] == [left_out]
    assert {code: text for code, (_sectors, _price, text) in terms().items()} == {"A-1": "new", "F-1": "theirs"}


def test_the_catalog_is_gone_back_to_as_it_was_filtered(client: Client):
    owner = factories.organization("owner")
    asset = factories.asset(owner)
    client.force_login(factories.member(owner, Role.MANAGER))
    filtered = "/assets/?kind=tower&page=1"
    catalog = client.get(filtered).content.decode()
    assert '<input type="hidden" name="next" value="/assets/?kind=tower&amp;page=1">' in catalog
    page = client.get("/assets/terms/", {"asset": asset.pk, "next": filtered}).content.decode()
    assert '<input type="hidden" name="next" value="/assets/?kind=tower&amp;page=1">' in page
    assert 'href="/assets/?kind=tower&amp;page=1"' in page
    sent = {"asset": asset.pk, "which": ["terms"], "terms": "new"}
    assert client.post("/assets/terms/", {**sent, "next": filtered}).headers["Location"] == filtered
    assert client.post("/assets/terms/", {**sent, "next": "https://e.example/"}).headers["Location"] == "/assets/"
