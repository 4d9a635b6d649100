"""Search over everything by the API: what the site finds, under the addresses of lists."""

import pytest

from sharing.api.search import LISTS
from sharing.models import Match
from sharing.search import NOUNS
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


def found(caller: Caller, q: str, **parameters: str) -> dict[str, list[str]]:
    groups = caller.get("search/", q=q, **parameters).json()["results"]
    return {group["list"]: [hit["name"] for hit in group["hits"]] for group in groups}


def test_each_noun_is_found_under_the_address_of_its_list():
    scene = Scene()
    caller = Caller(scene.asker)
    assert set(LISTS) == {noun.code for noun in NOUNS}
    for name in LISTS.values():
        assert caller.get(f"{name}/").status_code == 200
    assert found(caller, "near") == {"assets": ["NEAR"]} and found(caller, "metro") == {"organizations": ["metro"]}
    [group] = caller.get("search/", q="near").json()["results"]
    assert (group["hits"][0]["id"], group["more"]) == (scene.near.pk, False)
    assert set(found(caller, "site 1")) == {"demands", "matches"}
    [matches] = [
        one for one in caller.get("search/", q="site 1", most="1").json()["results"] if one["list"] == "matches"
    ]
    assert (len(matches["hits"]), matches["more"]) == (1, True)
    assert found(Caller(scene.stranger), "site 1") == {}
    digit = next(number for number in range(1, 10) if not Match.objects.filter(pk=number).exists())
    factories.match(scene.demand, [scene.near], rank=3, pk=digit)
    assert found(caller, f"{digit}") == {"matches": [f"Match {digit}: Site 1"]}


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({}, ("q", "required")),
        ({"q": "x"}, ("q", "min_length")),
        ({"q": "xy", "most": "0"}, ("most", "min_value")),
        ({"q": "xy", "in": "asset"}, ("in", "unknown_parameter")),
    ],
)
def test_what_makes_no_sense_is_told_by_its_parameter(parameters: dict[str, str], fault: tuple[str, str]):
    response = Caller(Scene().asker).get("search/", **parameters)
    assert problem(response, 400, "bad_input") == [fault]
