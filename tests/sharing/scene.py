"""A small world for tests of the workflow, and proof that a refused verb changed nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from registry.models import Allocation, Disclosure, Role, Sector, User
from sharing.errors import Refusal
from sharing.models import (
    Agreement,
    Approval,
    CobuildDemand,
    CobuildGroup,
    CobuildMember,
    Consent,
    Demand,
    DemandList,
    Event,
    Match,
    MatchRun,
)
from sharing.workflow import approvals, consents, matches
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories

KEPT: tuple[type[Model], ...] = (
    DemandList, Demand, MatchRun, Match, Consent, Approval, Agreement, Allocation, Disclosure, Event,
    CobuildGroup, CobuildMember, CobuildDemand,
)  # fmt: skip


class Scene:
    """Two owners with a tower each in two districts of Wuhan, a telecom party, and the regulators above them."""

    def __init__(self) -> None:
        self.party = factories.organization("telco", sector=Sector.TELECOM)
        self.metro = factories.organization("metro", sector=Sector.TRANSPORT)
        self.grid = factories.organization("grid", sector=Sector.POWER)
        self.city = factories.regulator("city", of=factories.WUHAN_CODE)
        self.province = factories.regulator("province", of=factories.HUBEI)
        (
            self.asker, self.drafter, self.metro_manager, self.grid_manager, self.officer, self.second_officer,
            self.governor, self.stranger,
        ) = factories.members(
            (self.party, Role.MANAGER, "asker"), (self.party, Role.EDITOR, "drafter"),
            (self.metro, Role.MANAGER, "metro-manager"), (self.grid, Role.MANAGER, "grid-manager"),
            (self.city, Role.MANAGER, "officer"), (self.city, Role.MANAGER, "second-officer"),
            (self.province, Role.MANAGER, "governor"),
            (factories.organization("stranger"), Role.MANAGER, "stranger-manager"),
        )  # fmt: skip
        self.near = factories.asset(self.metro, capacity=2, code="NEAR")
        self.far = factories.asset(self.grid, capacity=2, code="FAR", within=factories.WUCHANG)
        self.list = factories.demand_list(self.party, title="5G")
        self.demand = factories.demand(self.list, name="Site 1", quantity=2)
        self.match = factories.match(self.demand, [self.near])
        self.runner_up = factories.match(self.demand, [self.far], rank=2)

    def requested(self, match: Match | None = None) -> Match:
        return matches.request(match or self.match, actor=self.asker)

    def consented(self, match: Match | None = None) -> Match:
        match = self.requested(match)
        for consent in match.consents.select_related("owner"):
            consents.grant(consent, actor=self.manager_of(consent.owner_id))
        match.refresh_from_db()
        return match

    def approved(self, match: Match | None = None) -> Agreement:
        match = self.consented(match)
        approvals.approve(match, fingerprint=fingerprint_of(match), actor=self.officer)
        return Agreement.objects.get(match=match)

    def manager_of(self, organization_id: int) -> User:
        return {self.metro.pk: self.metro_manager, self.grid.pk: self.grid_manager}[organization_id]


def everything() -> dict[str, list[str] | None]:
    """Every row that a verb may write, by model, as PostgreSQL writes them; in one query."""
    rows = "SELECT '{}', array_agg(t::text ORDER BY id) FROM {} AS t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(rows.format(kept.__name__, kept._meta.db_table) for kept in KEPT))
        return dict(cursor.fetchall())


@contextmanager
def refused(error: type[Refusal]) -> Iterator[pytest.ExceptionInfo[Refusal]]:
    """The verb inside raises exactly `error`, with words for the person, and leaves every row as it was."""
    before = everything()
    with pytest.raises(error) as info:
        yield info
    assert type(info.value) is error
    assert info.value.message
    assert everything() == before


def by_hand(statement: str) -> None:
    """As who may switch the database's guards off, or a repair by hand."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT; SET CONSTRAINTS ALL DEFERRED")


def free(asset: Any) -> int:
    """Units of the asset that nobody has touched in any period."""
    taken = sum(line.units.upper - line.units.lower for line in Allocation.objects.filter(asset=asset))
    return asset.capacity - taken


def events() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("type", flat=True))
