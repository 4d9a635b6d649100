"""What is told of a line while it is typed is what its run will say, stage by stage."""

from django.contrib.gis.geos import Point

from registry.models import Asset, Protection, Sector
from sharing.matching import engine
from sharing.matching.supply_near import MOST_REACH_M, Near, supply_near
from sharing.models import Demand, DemandList, Outcome
from tests import factories
from tests.factories import WUHAN

STAGES = ("near", "open", "fit", "free")


def posted() -> DemandList:
    """A list for each kind, over assets that fall out at each stage."""
    party = factories.organization("telco", sector=Sector.TELECOM)
    metro = factories.organization("metro", sector=Sector.TRANSPORT)
    for height, capacity, used, terms in (
        (40, 4, 0, {}),
        (40, 4, 4, {}),
        (15, 4, 0, {}),
        (40, 4, 0, {"open_to_sectors": [Sector.POWER]}),
        (40, 4, 0, {"protection": Protection.CORE, "protection_reason": "x"}),
    ):
        factories.asset(metro, capacity=capacity, used=used, details={"height_m": height}, **terms)
    factories.asset(party, details={"height_m": 40})
    for n, (diameter, used) in enumerate(((100, 0), (100, 4), (10, 0))):
        at = (WUHAN[0] + 0.002 * n, WUHAN[1])
        details = {"inner_diameter_mm": diameter, "fill_limit": 0.4}
        factories.asset(metro, "duct", at=at, to=(at[0] + 0.002, at[1]), used=used, details=details)
    factories.asset(metro, "equipment_room", capacity=10, used=3)
    draft = factories.demand_list(party, "draft")
    factories.demand(draft, quantity=2, mounting_height_m=30, radius_m=3000)
    factories.demand(draft, "equipment_room", quantity=8)
    factories.demand(draft, "duct", to=(WUHAN[0] + 0.006, WUHAN[1]), cable_outer_diameter_mm=20)
    factories.demand(draft, "fiber")
    return draft


def test_it_is_what_the_run_says_but_for_core_assets(db: None):
    draft = posted()
    lines = list(draft.demands.order_by("line"))

    told = supply_near(lines, draft.party)

    run = engine.run(factories.match_run(draft, "queued").pk)
    funnels = dict(Outcome.objects.filter(run=run).values_list("demand", "funnel"))
    of_run = [Near(**{stage: funnels[line.pk][stage] for stage in STAGES}) for line in lines]
    assert of_run == [Near(5, 4, 3, 2), Near(1, 1, 1, 0), Near(3, 3, 2, 1), Near(0, 0, 0, 0)]
    assert told == [Near(4, 3, 2, 1), *of_run[1:]]


def test_a_core_line_does_not_count(db: None):
    draft = posted()
    for duct in Asset.objects.filter(kind="duct"):
        factories.protect(duct, Protection.CORE)
    assert supply_near([draft.demands.get(line=3)], draft.party) == [Near(0, 0, 0, 0)]


def test_a_line_that_is_not_saved_is_told_the_same(db: None):
    draft = posted()
    line = draft.demands.get(line=1)
    typed = Demand(**{field.attname: getattr(line, field.attname) for field in Demand._meta.concrete_fields[1:]})

    assert supply_near([typed], draft.party) == supply_near([line], draft.party)


def test_a_line_that_reaches_too_far_is_left_to_the_run(db: None):
    draft = posted()
    line = draft.demands.get(line=1)
    line.radius_m = MOST_REACH_M + 1
    route = draft.demands.get(line=3)
    route.destination = Point(WUHAN[0] + 1, WUHAN[1], srid=4326)

    assert supply_near([line, route], draft.party) == [None, None]


def test_many_lines_are_asked_at_once(db: None, django_assert_num_queries):
    draft = posted()
    lines = list(draft.demands.filter(kind="tower")) * 20
    with django_assert_num_queries(4):
        assert supply_near(lines, draft.party) == [Near(4, 3, 2, 1)] * 20
