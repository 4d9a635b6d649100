"""What a call tells of co-build groups, to whom, and when."""

import re
from typing import Any

import pytest

from registry.models import User
from sharing.workflow import cobuild_groups
from tests.calls import Caller
from tests.sharing.cobuild_scene import HERE, NEAR, CobuildScene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(db: None) -> CobuildScene:
    return CobuildScene()


def read(user: User, pk: int) -> dict[str, Any]:
    shown: dict[str, Any] = Caller(user).get(f"cobuild-groups/{pk}/").json()
    return shown


def named(shown: dict[str, Any]) -> dict[str, list[tuple[str, list[float]]]]:
    """Parties with the names and places of their demands."""
    return {
        member["party"]: [(one["name"], one["place"]["coordinates"]) for one in member["demands"]]
        for member in shown["members"]
    }


MINE, THEIRS = {"telco": [("Harbour", list(HERE))]}, {"rival": [("Market", list(NEAR))]}
WHOLE = ("units", "height_m", "terrain", "cost_per_year", "apart_per_year")


def test_a_party_is_told_counts_its_cell_and_its_own_share(scene: CobuildScene):
    group = scene.joined()
    shown = read(scene.rival_manager, group.pk)
    assert (shown["parties"], shown["joined"], shown["demands"], named(shown)) == (2, 1, 2, THEIRS)
    assert ([shown[name] for name in WHOLE], shown["place_is_exact"]) == ([None] * 5, False)
    assert shown["place"]["coordinates"] == pytest.approx([114.305, 30.595])
    [own] = shown["members"]
    assert (own["share_per_year"], own["alone_per_year"]) == (4900.0, 9400.0)
    assert shown["actions"] == ["join", "decline"]
    assert read(scene.asker, group.pk)["actions"] == ["decline", "withdraw"]


def costs(shown: dict[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    return {one["party"]: (one["share_per_year"], one["alone_per_year"]) for one in shown["members"]}


def test_who_has_joined_is_told_names_and_places_of_others_and_costs_when_all_have(scene: CobuildScene):
    group, third = scene.joined_with_a_third()
    regulator = costs(read(scene.officer, group.pk))
    assert list(regulator) == ["telco", "rival", "third"] and (None, None) not in regulator.values()
    shown = read(third, group.pk)
    assert [list(named(shown)), shown["joined"]] == [["telco", "third"], 2]
    assert costs(shown) == {"telco": (None, None), "third": regulator["third"]}
    cobuild_groups.join(group, actor=scene.rival_manager)
    assert costs(read(third, group.pk)) == regulator


def test_all_is_told_to_regulators_at_once_and_to_parties_when_all_have_joined(scene: CobuildScene):
    group = scene.joined()
    assert named(read(scene.officer, group.pk)) == {**MINE, **THEIRS}
    cobuild_groups.join(group, actor=scene.rival_manager)
    for reader in (scene.rival_manager, scene.asker, scene.officer):
        shown = read(reader, group.pk)
        assert named(shown) == {**MINE, **THEIRS}
        assert ([shown[name] for name in WHOLE], shown["place_is_exact"]) == ([3, 30.0, {}, 11700.0, 20700.0], True)
    assert read(scene.asker, group.pk)["actions"] == ["close"]


def test_no_list_in_any_format_tells_a_party_more(scene: CobuildScene):
    scene.joined()
    caller = Caller(scene.rival_manager)
    for path in ("cobuild-groups/", "events/", "demands/", "outcomes/", "notifications/"):
        for format in ("json", "csv", "geojson"):
            response = caller.get(path, format=format)
            told = b"".join(response) if response.streaming else response.content
            # Sums as numbers of their own: a moment's microseconds may hold any four digits.
            for secret in (
                rb"telco",
                rb"Harbour",
                rb"asker",
                rb"114\.3055",
                rb"(?<!\d)6800(?!\d)",
                rb"(?<!\d)11700(?!\d)",
            ):
                assert not re.search(secret, told), (path, format, secret)


def test_a_demand_and_its_outcome_name_the_group(scene: CobuildScene):
    group = scene.grouped()
    outcome = scene.mine.outcomes.get()
    for user, expected in ((scene.asker, group.pk), (scene.officer, group.pk)):
        assert Caller(user).get(f"demands/{scene.mine.pk}/").json()["cobuild_group"] == expected
        assert Caller(user).get(f"outcomes/{outcome.pk}/").json()["cobuild_group"] == expected
    cobuild_groups.decline(group, actor=scene.asker)
    assert Caller(scene.asker).get(f"demands/{scene.mine.pk}/").json()["cobuild_group"] is None


def test_refusals_are_problems(scene: CobuildScene):
    group = scene.joined()
    again = Caller(scene.asker).post(f"cobuild-groups/{group.pk}/join/", {})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    other = Caller(scene.asker).post(f"cobuild-groups/{group.pk}/withdraw/", {"party": "rival"})
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (400, "#/party")
