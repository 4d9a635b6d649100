"""Sharing out by the API what is to be decided."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Role
from sharing.models import Assignment
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_match_is_given_to_a_colleague_and_taken_back(scene: Scene):
    match, officer = scene.consented(), Caller(scene.officer)
    address = f"matches/{match.pk}/"
    before = officer.get(address).json()
    assert before["assigned_to"] is None and "assign" in before["actions"]
    given = officer.post(f"{address}assign/", {"to": "second-officer"})
    assert (given.status_code, given.json()["assigned_to"]) == (200, "second-officer")
    assert Assignment.objects.get().assignee == scene.second_officer
    # It is their office's own: neither the party, the owner nor another regulator is told.
    for person in (scene.asker, scene.metro_manager, scene.governor):
        assert Caller(person).get(address).json()["assigned_to"] is None
    assert officer.post(f"{address}assign/", {"to": None}).json()["assigned_to"] is None
    assert not Assignment.objects.exists()


def test_who_does_not_decide_gives_nothing(scene: Scene):
    match = scene.consented()
    viewer = factories.member(scene.city, Role.VIEWER)
    for person in (scene.asker, scene.metro_manager, viewer):
        assert "assign" not in Caller(person).get(f"matches/{match.pk}/").json()["actions"]
        problem(Caller(person).post(f"matches/{match.pk}/assign/", {"to": None}), 403, "not_yours")
    officer = Caller(scene.officer)
    for to in ("asker", "governor", "nobody-at-all", "\x00"):
        response = officer.post(f"matches/{match.pk}/assign/", {"to": to})
        assert [where for where, _code in problem(response, 400, "bad_input")] == ["#/to"], to
    # What is only proposed is for its party to see.
    problem(officer.post(f"matches/{scene.runner_up.pk}/assign/", {"to": None}), 404, "not_seen")
    assert not Assignment.objects.exists()


def test_many_are_given_each_by_itself(scene: Scene):
    match, officer = scene.consented(), Caller(scene.officer)
    asked = factories.match(factories.demand(scene.list, name="Site 2"), [scene.far])
    scene.requested(asked)
    body = {"matches": [match.pk, asked.pk, scene.runner_up.pk], "to": "second-officer"}
    results = officer.post("matches/assign/", body).json()["results"]
    assert {row["id"]: row["code"] for row in results} == {
        match.pk: None, asked.pk: "wrong_state", scene.runner_up.pk: "not_seen",
    }  # fmt: skip
    assert list(Assignment.objects.values_list("match", flat=True)) == [match.pk]


def test_the_work_of_an_office_is_told_and_found(scene: Scene):
    match, officer = scene.consented(), Caller(scene.officer)

    def loads() -> dict[str | None, int]:
        return {row["person"]: row["count"] for row in officer.get("matches/workload/").json()["results"]}

    def found(**parameters: str) -> list[int]:
        return [row["id"] for row in officer.get("matches/", **parameters).json()["results"]]

    assert loads() == {None: 1, "officer": 0, "second-officer": 0}
    assert found(waiting="decide") == [match.pk] and found(waiting="decide", unassigned="true") == [match.pk]
    officer.post(f"matches/{match.pk}/assign/", {"to": "second-officer"})
    assert loads() == {None: 0, "officer": 0, "second-officer": 1}
    assert found(assigned_to="second-officer") == [match.pk] and found(assigned_to="officer") == []
    assert found(waiting="decide", unassigned="true") == []
    [load] = [row for row in officer.get("matches/workload/").json()["results"] if row["count"]]
    assert load["overdue"] == 0 and load["next_deadline"]
    assert Caller(scene.asker).get("matches/workload/").json() == {"results": []}
    assert problem(officer.get("matches/workload/", person="x"), 400, "bad_input") == [("person", "unknown_parameter")]


def test_what_waits_is_told_to_who_can_do_it(scene: Scene):
    def waiting(person, to: str) -> list[int]:
        return [row["id"] for row in Caller(person).get("matches/", waiting=to).json()["results"]]

    assert waiting(scene.asker, "request") == [scene.match.pk] and waiting(scene.officer, "request") == []
    scene.consented()
    assert waiting(scene.asker, "request") == [] and waiting(scene.officer, "decide") == [scene.match.pk]
    problem(Caller(scene.asker).get("matches/", waiting="nap"), 400, "bad_input")


def test_the_workload_costs_the_same_for_many_matches(scene: Scene):
    officer = Caller(scene.officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            officer.get("matches/workload/")
        return len(asked)

    scene.consented()
    few = queries()
    for n in range(3):
        tower = factories.asset(scene.metro, capacity=2)
        scene.consented(factories.match(factories.demand(scene.list, name=f"Site {n + 2}"), [tower]))
    assert queries() == few
