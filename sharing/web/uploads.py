"""Files of demands that were sent lately: the way back to what became of them."""

from django.db.models import Q
from django.utils.safestring import SafeString

from registry.models import ImportJob, ImportTarget, User
from registry.tags import tag
from sharing.models import DemandList

SHOWN = 5
Uploads = list[tuple[ImportJob, SafeString]]
"""Each with its status."""


def sent_by(user: User) -> Uploads:
    return _latest(user, Q(created_by=user))


def sent_for(demand_list: DemandList, user: User) -> Uploads:
    """Those that were put into the list, or are meant for it, as far as `user` may know of them."""
    return _latest(user, Q(demand_list_id=demand_list.pk) | Q(options__list=demand_list.pk))


def _latest(user: User, which: Q) -> Uploads:
    found = ImportJob.objects.visible_to(user).filter(which, target=ImportTarget.DEMANDS)
    rows = found.only("filename", "status", "created_at").order_by("-pk")[:SHOWN]
    return [(job, tag(job.status, job.get_status_display())) for job in rows]
