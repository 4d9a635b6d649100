"""Terms and levels of many assets at once by the API, and the day on which a level is reviewed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from registry.models import Asset, Disclosure, Protection, Role
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db

SOON = timezone.localdate() + timedelta(days=90)


class Owners:
    """Two owners; of the first a manager, an editor and three towers, of which one is restricted."""

    def __init__(self) -> None:
        self.grid, self.city = factories.organization("grid"), factories.organization("city")
        self.manager = Caller(factories.member(self.grid, Role.MANAGER))
        self.editor = Caller(factories.member(self.grid, Role.EDITOR))
        self.stranger = Caller(factories.member(self.city, Role.MANAGER))
        self.first, self.second = (factories.asset(self.grid, open_to_sectors=["power"]) for _n in range(2))
        self.guarded = factories.asset(self.grid, protection=Protection.RESTRICTED)
        self.other = factories.asset(self.city)
        self.hidden = factories.asset(self.city, protection=Protection.CORE)


@pytest.fixture
def owners() -> Owners:
    return Owners()


def terms() -> list[tuple[list[str], Decimal, str]]:
    rows = Asset.objects.order_by("pk").values_list("open_to_sectors", "price_per_unit_year", "terms")
    return list(rows)


def test_terms_are_set_for_all_and_what_is_left_out_stays(owners: Owners):
    body = {"assets": [owners.first.pk, owners.second.pk], "price_per_unit_year": 750, "terms": "By day."}
    answer = owners.manager.post("assets/terms/", body)
    assert (answer.status_code, answer.json()) == (200, {"set": 2})
    assert terms()[:2] == [(["power"], Decimal(750), "By day.")] * 2
    assert terms()[2][1] == Decimal(1000)


def test_where_one_is_anothers_or_unknown_none_is_set(owners: Owners):
    before = terms()
    for pk, status, code in ((owners.other.pk, 403, "not_yours"), (owners.hidden.pk, 404, "not_seen")):
        response = owners.manager.post("assets/terms/", {"assets": [owners.first.pk, pk], "terms": "x"})
        faults = problem(response, status, code)
        assert status == 403 or faults == [("#/assets/1", "not_seen")]
    problem(owners.editor.post("assets/terms/", {"assets": [owners.first.pk], "terms": "x"}), 403, "not_yours")
    nothing = owners.manager.post("assets/terms/", {"assets": [owners.first.pk]})
    assert problem(nothing, 400, "bad_input") == [("#", "invalid")]
    dear = owners.manager.post("assets/terms/", {"assets": [owners.first.pk], "price_per_unit_year": -1})
    assert problem(dear, 400, "bad_input") == [("#/price_per_unit_year", "min_value")]
    assert terms() == before


def test_levels_are_confirmed_until_a_day_to_come(owners: Owners):
    answer = owners.manager.post("assets/confirm-levels/", {"assets": [owners.guarded.pk], "until": str(SOON)})
    assert (answer.status_code, answer.json()) == (200, {"set": 1})
    shown = owners.manager.get(f"assets/{owners.guarded.pk}/").json()
    assert shown["protection_review_on"] == str(SOON)


def test_an_open_asset_or_a_day_gone_by_confirms_nothing(owners: Owners):
    pks = [owners.guarded.pk, owners.first.pk]
    before = list(Asset.objects.order_by("pk").values_list("protection_review_on", flat=True))
    open_one = owners.manager.post("assets/confirm-levels/", {"assets": pks, "until": str(SOON)})
    assert problem(open_one, 400, "bad_input") == [("#/assets", "invalid")]
    gone_by = owners.manager.post("assets/confirm-levels/", {"assets": pks[:1], "until": "2020-01-01"})
    assert problem(gone_by, 400, "bad_input") == [("#/until", "invalid")]
    assert list(Asset.objects.order_by("pk").values_list("protection_review_on", flat=True)) == before


def test_the_day_of_a_review_is_stated_with_the_level_and_told_with_the_exact_place(owners: Owners):
    body = {
        "owner": "grid", "code": "NEW", "kind": "tower", "capacity": 2,
        "protection": "restricted", "protection_reason": "grid",
        "place": {"type": "Point", "coordinates": [114.3055, 30.5928]}, "protection_review_on": "2031-05-01",
    }  # fmt: skip
    made = owners.manager.post("assets/", body)
    assert (made.status_code, made.json()["protection_review_on"]) == (201, "2031-05-01")
    address = f"assets/{made.json()['id']}/"
    hidden = owners.stranger.get(address).json()
    assert (hidden["protection_reason"], hidden["protection_review_on"]) == ("", None)
    Disclosure.objects.create(
        asset_id=made.json()["id"], organization=owners.city, reason="consent",
        reference="00000000-0000-0000-0000-000000000001",
    )  # fmt: skip
    shown = owners.stranger.get(address).json()
    assert (shown["protection_reason"], shown["protection_review_on"]) == ("grid", "2031-05-01")
    problem(owners.editor.patch(address, {"protection_review_on": "2032-01-01"}), 403, "not_yours")
    changed = owners.manager.patch(address, {"protection_review_on": "2032-01-01"})
    assert changed.json()["protection_review_on"] == "2032-01-01"
    assert Asset.objects.get(code="NEW").protection_review_on == date(2032, 1, 1)


def test_what_is_due_for_review_is_found_by_who_confirms_it(owners: Owners):
    def due(caller: Caller, **parameters: str) -> list[int]:
        return [row["id"] for row in caller.get("assets/", owner="grid", **parameters).json()["results"]]

    Asset.objects.filter(pk=owners.guarded.pk).update(protection_review_on=date(2020, 1, 1))
    every = due(owners.manager)
    assert due(owners.manager, review_due="true") == [owners.guarded.pk]
    assert due(owners.manager, review_due="false") == [pk for pk in every if pk != owners.guarded.pk]
    # Of others it tells nothing, not even that there is a day.
    assert due(owners.stranger, review_due="true") == due(owners.editor, review_due="true") == []
    owners.manager.post("assets/confirm-levels/", {"assets": [owners.guarded.pk], "until": str(SOON)})
    assert due(owners.manager, review_due="true") == []


def test_an_open_asset_has_no_level_to_review(owners: Owners):
    patched = owners.manager.patch(f"assets/{owners.first.pk}/", {"protection_review_on": "2031-05-01"})
    assert problem(patched, 400, "bad_input") == [("#/protection_review_on", "invalid")]
    opened = owners.manager.patch(f"assets/{owners.guarded.pk}/", {"protection": "open"})
    assert opened.json()["protection_review_on"] is None
