"""A party's trials: what its list would get. One at a time, so that nobody keeps all servers busy with them."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from sharing.errors import WrongState
from sharing.matching import what_if as engine
from sharing.matching.what_if import Tried, WhatIf
from sharing.models import DemandList

LOCK = 0x3A71F
"""The first half of the advisory lock of a party's trials."""


@transaction.atomic
def try_out(demand_list: DemandList, what_if: WhatIf) -> Tried:
    """The list as it is and as it would be. Raises WrongState while another trial of its party is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, demand_list.party_id])
        [taken] = cursor.fetchone()
    if not taken:
        raise WrongState(_("Another trial of this party is under way. Try again when it is done."))
    return engine.try_out(demand_list, what_if)
