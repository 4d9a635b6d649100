"""A million attempts to hold and to grant, by sixteen real connections on few assets, with units and loads coming free
all the time: nothing is oversold, and the ledger holds what each of them was told and nothing else."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from registry import capacity
from registry.kinds import Kind
from registry.models import Allocation, Asset, Purpose
from sharing.audit import findings
from tests import factories
from tests.assurance.conftest import Tell, times
from tests.races.crowd import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 16
KEPT = 3
"""References that a connection keeps before it gives the oldest back."""

Log = dict[UUID, Counter[int]]


def trade(assets: list[Asset], holder: int, seed: int, attempts: int) -> Callable[[], tuple[Log, int]]:
    """What one connection was told that it has, by reference and asset, and how often it was refused."""

    def act() -> tuple[Log, int]:
        chance, log, refused = random.Random(seed), Log(), 0
        for _attempt in range(attempts):
            reference, claims = uuid4(), wish(chance)
            claims = [capacity.Claim(*claim, reference, loads) for *claim, loads in claims]
            try:
                if chance.random() < 0.5:
                    capacity.allocate(claims, purpose=Purpose.GRANTED)
                else:
                    capacity.hold(claims, until=timezone.now() + timedelta(days=1))
                    capacity.grant([reference])
                log[reference] = Counter({claim.asset_id: claim.quantity for claim in claims})
            except capacity.CapacityError:
                refused += 1
            if len(log) > KEPT:
                oldest = next(iter(log))
                capacity.release([oldest])
                del log[oldest]
        return log, refused

    def wish(chance: random.Random) -> list[tuple[int, int, date, date | None, int, dict[str, Decimal]]]:
        start = timezone.localdate() + timedelta(days=chance.randint(0, 30))
        end = None if chance.random() < 0.2 else start + timedelta(days=chance.randint(1, 60))
        loads = {"weight_kg": Decimal(chance.randint(10, 40))}
        return [
            (asset.pk, chance.randint(1, 3), start, end, holder, loads if asset.weight_kg else {})
            for asset in chance.sample(assets, chance.randint(1, 3))
        ]

    return act


def test_nothing_is_oversold_and_the_ledger_is_what_everybody_was_told(transactional_db: None, told: Tell):
    attempts = times(1_600, 1_000_000)
    owner, holder = factories.organization(sector="transport"), factories.organization().pk
    assets = [factories.asset(owner, Kind.DUCT, capacity=8 + n) for n in range(6)]
    assets += [factories.asset(owner, capacity=10, weight_kg=Decimal(200)) for _tower in range(6)]
    outcomes = at_once([trade(assets, holder, seed, attempts // CONNECTIONS) for seed in range(CONNECTIONS)])
    assert kinds(outcomes) == {"done": CONNECTIONS}, outcomes
    logged: Log = {reference: units for log, _refused in outcomes for reference, units in log.items()}
    held: Log = {reference: Counter() for reference in logged}
    for line in Allocation.objects.all():
        held[line.reference][line.asset_id] += line.units.upper - line.units.lower
    assert held == logged
    refused = sum(refused for _log, refused in outcomes)
    assert 0.1 < refused / attempts < 0.9, "neither an idle ledger nor a full one proves much"
    faults = {finding.claim.code: finding.faults for finding in findings()}
    told("attempts to hold or grant by 16 connections", attempts, "attempts", None)
    told("the same, refused for want of units or load", refused, "attempts", None)
    told("the same, units sold twice", faults["no_unit_twice"], "units", 0)
    told("the same, loads beyond a limit", faults["no_load_beyond_limit"], "days", 0)
    told("the same, units beyond capacity or sums that are wrong",
         faults["no_unit_beyond_capacity"] + faults["used_today_is_the_sum"], "rows", 0)  # fmt: skip
