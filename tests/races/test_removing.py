"""An owner removes an asset that a run has chosen, before the run is saved; and one that others are about to name."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from registry.models import Asset
from sharing.matching import engine
from sharing.matching.fan_out.carrying import carry_out
from sharing.models import DemandList, ListStatus, Match, MatchLeg, MatchPart, MatchRun, RunStatus
from sharing.tasks import matching
from tests import factories
from tests.meanwhile import change_before
from tests.races.crowd import at_once, kinds
from tests.sharing.matching.test_engine import east
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demand_list(db: None) -> DemandList:
    """Two lines far from each other, each with a tower that is cheaper than the next."""
    demand_list = factories.demand_list(factories.organization("asker"), ListStatus.SUBMITTED)
    owner = factories.organization("owner")
    for name, place in (("west", east(0)), ("east", east(50_000))):
        factories.demand(demand_list, at=place, name=name)
        for code, price in (("cheap", 500), ("dear", 900)):
            factories.asset(owner, at=place, code=f"{name}-{code}", price_per_unit_year=price)
    return demand_list


@pytest.fixture
def removed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Codes of assets, each removed after the engine has answered once more."""
    codes: list[str] = []
    answer = engine.answer

    def answered(*arguments: Any) -> Any:
        found = answer(*arguments)
        if codes:
            Asset.objects.get(code=codes.pop(0)).delete()
        return found

    monkeypatch.setattr(engine, "answer", answered)
    return codes


def chosen(run: MatchRun) -> dict[str, str]:
    legs = MatchLeg.objects.filter(match__run=run, match__rank=1)
    return dict(legs.values_list("match__demand__name", "asset__code"))


def test_the_run_is_carried_out_anew_without_what_was_removed(
    demand_list: DemandList, removed_meanwhile: list[str]
) -> None:
    removed_meanwhile.append("west-cheap")
    run = matching.carry_out(factories.match_run(demand_list, RunStatus.QUEUED).pk)
    assert (run.status, run.attempts, run.error) == (RunStatus.DONE, 2, "")
    assert chosen(run) == {"west": "west-dear", "east": "east-cheap"}
    demand_list.refresh_from_db()
    assert demand_list.status == ListStatus.MATCHED


def test_the_last_attempt_fails(demand_list: DemandList, removed_meanwhile: list[str]) -> None:
    removed_meanwhile.append("west-cheap")
    run = factories.match_run(demand_list, RunStatus.QUEUED, attempts=engine.MOST_ATTEMPTS - 1)
    with pytest.raises(IntegrityError):
        matching.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, "An error of the registry's own; it has been noted.")
    assert not Match.objects.exists()


def test_a_run_in_parts_is_laid_out_anew(demand_list: DemandList, settings: Any) -> None:
    settings.MATCH_FAN_OUT_LINES, settings.MATCH_PART_LINES = 2, 1
    run = factories.match_run(demand_list, RunStatus.QUEUED)

    def laid_out() -> list[int]:
        """The parts, the border last."""
        engine.run(run.pk, fan_out=lambda of: None)
        border, *others = run.parts.order_by("number").values_list("pk", flat=True)
        return [*others, border]

    def carried_out(part: int) -> tuple[str, int]:
        done = carry_out(part)
        assert done
        return done.status, done.attempts

    first, second, border = laid_out()
    assert {carried_out(first), carried_out(second)} == {("running", 1)}
    Asset.objects.get(code="west-cheap").delete()
    assert carried_out(border) == ("queued", 1)
    assert (list(engine.waiting(timezone.now())), Match.objects.count(), MatchPart.objects.count()) == ([run], 0, 0)
    assert [carried_out(part) for part in laid_out()] == [("running", 2), ("running", 2), ("done", 2)]
    assert chosen(run) == {"west": "west-dear", "east": "east-cheap"}


def test_who_is_about_to_name_an_asset_waits_for_its_removal(scene: Scene) -> None:
    asset = factories.asset(scene.metro)
    outcomes: list[Any] = []

    def name_it() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
            factories.match(scene.demand, [asset], rank=9)

    client = Client()
    client.force_login(scene.metro_manager)
    with change_before('DELETE FROM "registry_asset"', lambda: outcomes.extend(at_once([name_it]))):
        removed = client.post(f"/assets/{asset.pk}/delete/")
    assert (removed.status_code, removed["Location"]) == (302, "/assets/")
    assert kinds(outcomes) == {"OperationalError": 1} and "lock timeout" in str(outcomes[0])
    assert not Asset.objects.filter(pk=asset.pk).exists()
