"""The regulator's queue with who has what, giving it away, and the preview of conflicts."""

from datetime import timedelta

from django.utils import timezone

from sharing.models import Assignment, Match
from sharing.workflow import assignments
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene

QUEUE = "/admin/sharing/match/?waiting=decide"


def two(scene: Scene) -> tuple[Match, Match]:
    tower = factories.asset(scene.metro, capacity=2, code="THIRD")
    return scene.consented(), scene.consented(factories.match(factories.demand(scene.list, name="Site 2"), [tower]))


def test_the_queue_says_who_has_what(scene: Scene, sign_in: SignIn):
    first, second = two(scene)
    assignments.assign(first, to=scene.second_officer, actor=scene.officer)
    Match.objects.filter(pk=first.pk).update(deadline=timezone.now() - timedelta(days=1))
    page = sign_in(scene.officer).get(QUEUE)
    loads = [(load.person and load.person.username, load.count, load.overdue) for load in page.context["workload"]]
    assert loads == [(None, 1, 0), ("officer", 0, 0), ("second-officer", 1, 1)]
    mine = sign_in(scene.officer).get(f"{QUEUE}&assigned={scene.second_officer.pk}")
    assert [match.pk for match in mine.context["cl"].result_list] == [first.pk]
    nobodys = sign_in(scene.officer).get(f"{QUEUE}&assigned=nobody")
    assert [match.pk for match in nobodys.context["cl"].result_list] == [second.pk]
    # Whose work it is inside the office is nobody else's concern.
    party = sign_in(scene.asker).get("/admin/sharing/match/")
    assert party.context["workload"] == []
    assert "second-officer" not in party.content.decode()


def test_matches_are_given_from_the_list(scene: Scene, sign_in: SignIn):
    first, second = two(scene)
    client = sign_in(scene.officer)
    asked = client.post(QUEUE, {"action": "assign_selected", "_selected_action": [first.pk, second.pk]})
    assert asked.status_code == 200
    assert [str(person) for person in asked.context["form"].fields["to"].queryset] == ["officer", "second-officer"]
    given = {"match": [first.pk, second.pk], "to": scene.second_officer.pk}
    done = client.post("/admin/sharing/match/assign/", given, follow=True)
    assert [str(message) for message in done.context["messages"]] == ["2 matches assigned."]
    assert Assignment.objects.filter(assignee=scene.second_officer, assigned_by=scene.officer).count() == 2
    page = client.get(f"/admin/sharing/match/{first.pk}/change/")
    assert page.context["assigned"] == "second-officer"


def test_a_stranger_gives_nothing(scene: Scene, sign_in: SignIn):
    match = scene.consented()
    answer = sign_in(scene.asker).post("/admin/sharing/match/assign/", {"match": [match.pk], "to": ""}, follow=True)
    assert answer.status_code == 200 and not Assignment.objects.exists()
    foreign = sign_in(scene.officer).post(
        "/admin/sharing/match/assign/", {"match": [match.pk], "to": scene.asker.pk}, follow=True
    )
    assert foreign.status_code == 200 and not Assignment.objects.exists()


def test_conflicts_are_shown_before_many_are_decided(scene: Scene, sign_in: SignIn):
    other = factories.match(factories.demand(scene.list, name="Site 3"), [scene.far])
    twin = factories.match(factories.demand(scene.list, name="Site 4"), [scene.far])
    first, second = scene.consented(other), scene.consented(twin)
    scene.far.open_to_sectors, scene.far.status = ["power"], "out_of_service"
    scene.far.save()
    Match.objects.filter(pk=first.pk).update(deadline=timezone.now() - timedelta(days=1))
    page = sign_in(scene.officer).post(
        QUEUE, {"action": "approve_selected", "_selected_action": [first.pk, second.pk]}
    )
    warned = {row[0].pk: row[4] for row in page.context["rows"]}
    common = ["FAR is out of service.", "grid no longer shares FAR with this sector."]
    assert warned[first.pk] == [
        *common,
        "Its deadline is over.",
        f"Uses FAR as well as match {second.pk}; 2 of its 2 units are free today.",
    ]
    assert warned[second.pk] == [*common, f"Uses FAR as well as match {first.pk}; 2 of its 2 units are free today."]
    assert all(warning in page.content.decode() for warning in common)


def test_a_decided_match_links_to_its_letters(scene: Scene, sign_in: SignIn):
    scene.approved()
    page = sign_in(scene.officer).get(f"/admin/sharing/match/{scene.match.pk}/change/")
    assert f'href="/matches/{scene.match.pk}/letter-en.pdf"' in page.content.decode()
    assert f'href="/matches/{scene.match.pk}/letter-zh-hans.pdf"' in page.content.decode()


def test_the_list_is_gone_back_to_as_it_was_narrowed(scene: Scene, sign_in: SignIn):
    first, second = two(scene)
    client, narrowed = sign_in(scene.officer), "/admin/sharing/match/?assigned=nobody&status__exact=consented"
    for action in ("approve_selected", "assign_selected"):
        asked = client.post(narrowed, {"action": action, "_selected_action": [first.pk]})
        assert (asked.context["back"], asked.context["query"]) == (narrowed, narrowed.partition("?")[2])
        html = asked.content.decode()
        assert 'name="query" value="assigned=nobody&amp;status__exact=consented"' in html
        assert f'href="{narrowed.replace("&", "&amp;")}"' in html
    query = {"query": narrowed.partition("?")[2]}
    given = client.post("/admin/sharing/match/assign/", {"match": [first.pk], "to": "", **query})
    decided = client.post("/admin/sharing/match/decide/approve/", {"match": [second.pk], **query})
    nothing = client.post("/admin/sharing/match/decide/approve/", query)
    elsewhere = client.post("/admin/sharing/match/decide/approve/", {"query": "@elsewhere.example/\r\nX: y"})
    assert {given["Location"], decided["Location"], nothing["Location"]} == {narrowed}
    assert elsewhere["Location"] == "/admin/sharing/match/?%40elsewhere.example%2F%0D%0AX%3A+y="
