"""Demand lists in the made-up country: an operator's plans for so many sites, where people live."""

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.country.catalogue import put_places, tenants
from benchmarks.country.places import places
from sharing.models import DemandList, ListStatus


def demand_list(lines: int) -> DemandList:
    """A list of a telecom party, the same lines every time; an older one of the same size is replaced.

    Search rings of 150 to 600 m; four in five want one mount, the others two or three; half set a mounting height, a
    third a budget, a fifth an earthing resistance; leases of 5 to 9 years from some day of two years.
    """
    title = f"bench {lines:,}"
    party = tenants()[0]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FORGET, {"title": title})
        made = DemandList.objects.create(
            party=party, title=title, status=ListStatus.SUBMITTED, submitted_at=timezone.now()
        )
        put_places("demand_place", places(lines, np.random.default_rng(lines)))
        cursor.execute(_LINES, {"list": made.pk})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE sharing_demand, sharing_match, sharing_matchleg, sharing_outcome")
    return made


_FORGET = """
DELETE FROM sharing_matchleg USING sharing_match AS match JOIN sharing_matchrun AS run ON run.id = match.run_id
    JOIN sharing_demandlist AS list ON list.id = run.list_id WHERE match_id = match.id AND title = %(title)s;
DELETE FROM sharing_match USING sharing_matchrun AS run JOIN sharing_demandlist AS list ON list.id = run.list_id
    WHERE run_id = run.id AND title = %(title)s;
DELETE FROM sharing_outcome USING sharing_matchrun AS run JOIN sharing_demandlist AS list ON list.id = run.list_id
    WHERE run_id = run.id AND title = %(title)s;
DELETE FROM sharing_matchrun USING sharing_demandlist AS list WHERE list_id = list.id AND title = %(title)s;
DELETE FROM sharing_demand USING sharing_demandlist AS list WHERE list_id = list.id AND title = %(title)s;
DELETE FROM sharing_demandlist WHERE title = %(title)s;
"""
_LINES = """
INSERT INTO sharing_demand (
    list_id, line, name, kind, quantity, splittable, period, priority, weight_kg, wind_area_m2, power_kw, location,
    radius_m, max_detour, mounting_height_m, budget_per_year, max_earthing_ohm, accepts_hazardous_co_use, fiber_type,
    wavelength_nm, disjoint_by
)
SELECT %(list)s, n, '', 'tower', quantity, n %% 19 = 0, daterange(start, start + 365 * (5 + n %% 5)::int), 1 + n %% 3,
    30 * quantity, 0, 0, ST_SetSRID(ST_MakePoint(x, y), 4326), 150 + n * 7919 %% 451, 2,
    CASE WHEN n %% 2 = 0 THEN 15 + n %% 20 END, CASE WHEN n %% 3 = 0 THEN quantity * (1200 + 100 * (n %% 13)) END,
    CASE WHEN n %% 5 = 0 THEN 5 END, false, '', 1550, 'line'
FROM (
    SELECT *, (ARRAY[1, 1, 2, 1, 1, 3, 1, 1, 1, 1])[1 + n %% 10] AS quantity,
        DATE '2027-01-01' + (n * 7907 %% 730)::int AS start
    FROM demand_place
) AS asked
"""
