"""Runs of a list beside each other, and trials, on the site."""

from sharing.models import Outcome
from tests import factories
from tests.sharing.scene import Scene
from tests.sharing.web.conftest import SignIn

OFFERED = {"unit": "m", "cost_per_year": 1000, "asset": None}


def test_a_trial_is_of_what_the_latest_run_found(scene: Scene, sign_in: SignIn):
    twice = factories.demand_list(scene.party)
    line = factories.demand(twice, radius_m=100)
    for to in (620, 900):
        run = factories.match_run(twice)
        change = {"field": "radius_m", "from": 100, "to": to, "by": to - 100, **OFFERED}
        Outcome.objects.create(run=run, demand=line, met=False, reason="none_near", change=change)
    client = sign_in(scene.asker)

    tried = client.post(f"/demands/{line.pk}/try/", {"change": "0"})

    assert tried.status_code == 200
    assert "900" in tried.context["change"] and "620" not in tried.context["change"]
    assert "Core assets do not count in trials" in tried.content.decode()
    assert client.get(f"/demands/{line.pk}/").content.decode().count('name="change"') == 1


def test_runs_are_compared_by_the_party_and_offered_to_it_alone(scene: Scene, sign_in: SignIn):
    later = factories.match_run(scene.list)
    factories.match(scene.demand, [scene.far], run=later)
    for run in (scene.match.run, later):
        Outcome.objects.create(run=run, demand=scene.demand, met=True)
    address = f"/lists/{scene.list.pk}/compare/"
    for reader, status in ((scene.asker, 200), (scene.officer, 403), (scene.metro_manager, 404)):
        client = sign_in(reader)
        answer = client.get(address)
        assert (answer.status_code, "FAR" in answer.content.decode()) == (status, status == 200)
        assert (address in client.get(f"/lists/{scene.list.pk}/").content.decode()) == (status == 200)
