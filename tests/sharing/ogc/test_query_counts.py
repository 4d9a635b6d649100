"""A page of features asks the database as often for many as for few, for whoever asks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.calls import Caller
from tests.sharing.api.ogc_operations import COLLECTIONS
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

# Session, user, memberships, regulated regions, the plan of a wide box, ids, their corners, features; around a filter
# a savepoint, a time limit, their ends.
PAGE, FILTERED = 8, 12


def grow(world: World, count: int) -> None:
    for _n in range(count):
        for kind in ("tower", "duct", "fiber", "equipment_room"):
            factories.asset(world.metro, kind)
        factories.demand(world.list)


def test_pages_cost_the_same_for_many_features():
    world = World()
    callers = [Caller(world.people[person]) for person in ("party viewer", "owner manager", "here editor")]
    for count in (2, 9):
        grow(world, count)
        for caller in callers:
            for name in COLLECTIONS:
                path = f"/ogc/collections/{name}/items"
                caller.get(path)
                for parameters, most in (
                    ({}, PAGE), ({"filter": "name LIKE '%'"}, FILTERED), ({"datetime": "2027-06-01"}, FILTERED),
                ):  # fmt: skip
                    with CaptureQueriesContext(connection) as asked:
                        response = caller.get(path, bbox="114,30,115,31", **parameters)
                    assert response.status_code == 200
                    assert len(asked) <= most, [query["sql"][:120] for query in asked]


def test_a_description_asks_for_no_more_than_who_calls():
    world = World()
    caller = Caller(world.officer)
    for path in ("", "api", "collections", "collections/towers", "collections/towers/queryables"):
        with CaptureQueriesContext(connection) as asked:
            assert caller.get(f"/ogc/{path}").status_code == 200
        assert len(asked) <= 2
        with CaptureQueriesContext(connection) as asked:
            assert Caller().get(f"/ogc/{path}").status_code == 200
        assert len(asked) == 0
