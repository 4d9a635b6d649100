"""What the database refuses of the sharing side, in sentences that say what to do."""

from django.utils.translation import gettext_lazy as _

from registry.refusals import FINITE, Sentences
from registry.refusals import SENTENCES as OF_THE_REGISTRY

SENTENCES: Sentences = {
    **OF_THE_REGISTRY,
    "demand_line_is_unique_to_list": _("The list has this line already: give it the next free number."),
    "demand_asks_for_something": _("A quantity is at least 1."),
    "demand_priority_is_1_to_9": _("A priority is 1 (served first) to 9 (last)."),
    "demand_period_has_a_start": _("The period needs its first day, and the last must come after it."),
    "demand_loads_are_not_negative": _("Weight, wind area and power are zero or more."),
    "demand_place_suits_its_kind": _(
        "Towers and rooms are asked for around a location with a radius above 0 m; ducts and fibers from a place to "
        "another. Fill in the one pair and leave the other empty."
    ),
    "demand_detour_is_at_least_straight": _("A detour is 1 or more times the straight distance."),
    "demand_radius_is_bounded": _("A radius is 100 km at most."),
    "demand_detour_is_bounded": _("A detour is 1,000 times the straight distance at most."),
    "demand_figures_are_finite": FINITE,
    "demand_differs_from_its_twin": _("A line cannot be disjoint from itself: choose another line of the list."),
    "demand_distance_apart_suits": _(
        "A distance apart is 2 m to 100 km, given where lines are disjoint by distance; leave it empty elsewhere."
    ),
    "webhook_url_is_unique_to_organization": _("The organization has an endpoint at this address: change it there."),
    "calendar_day_is_unique": _("This day stands in the calendar already: change it there."),
}
