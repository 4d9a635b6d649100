"""The inventory of assets by level of protection: what there is, what is to be reviewed, and which classes have
changed so much since the owner filed its inventory that it has to be filed anew.

The threshold is that of the Measures for Data Security in Industry and Information Technology of China's MIIT
(工信部网安〔2022〕166号), art. 12: a change of the scale of a class of important or core data by 30 % or more is filed
within three months. Levels are looked at once a year, as art. 31 has the risks of processing such data assessed.
"""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.models import Asset, Organization, Protection, Region, Role, User
from registry.models.regulated import regulated_by, regulated_regions
from sharing.errors import NotYours
from sharing.models import EventType, Inventory
from sharing.monitoring.breakdowns import kind_name, level_name
from sharing.monitoring.drilldown import Drill, Field
from sharing.notifications import outbox

PERCENT = 30
FILED_WITHIN = timedelta(days=91)
REMINDED_EVERY = timedelta(days=30)

FIELDS = (
    Field("owner", gettext_lazy("Owner"), lambda row: row["owner__name"]),
    Field("region_code", gettext_lazy("Code of the region"), lambda row: row["region__code"]),
    Field("region", gettext_lazy("Region"), lambda row: row["region__name"]),
    Field("kind", gettext_lazy("Kind"), lambda row: kind_name(row["kind"])),
    Field("level", gettext_lazy("Level"), lambda row: level_name(row["protection"])),
    Field("assets", gettext_lazy("Assets"), lambda row: row["assets"]),
    Field("overdue", gettext_lazy("Reviews overdue"), lambda row: row["overdue"]),
    Field("next_review", gettext_lazy("Next review"), lambda row: row["next_review"], date),
)


def inventory(
    user: User, *, owner: Organization | None = None, region: Region | None = None, kind: str = "", level: str = ""
) -> Drill:
    """Counts by owner, region, kind and level: of one's own assets, and of those in the regions that one regulates;
    narrowed to one of each where it is named."""
    rows: QuerySet[Any] = Asset.objects.all()
    if not user.is_superuser:
        rows = rows.filter(Q(owner__in=list(user.roles)) | regulated_regions(user, "region"))
    if region:
        rows = rows.filter(regulated_by([region], "region"))
    wanted = {"owner": owner, "kind": kind, "protection": level}
    rows = rows.filter(**{column: value for column, value in wanted.items() if value})
    counted = rows.values(
        "owner__name", "owner__code", "region__scheme", "region__code", "region__name", "kind", "protection"
    ).annotate(
        assets=Count("pk"),
        overdue=Count("pk", filter=Q(protection_review_on__lte=timezone.localdate())),
        next_review=Min("protection_review_on"),
    )
    return Drill(counted.order_by("owner__name", "owner__code", "region__code", "kind", "protection"), FIELDS)


def take(owner: Organization, *, actor: User) -> Inventory:
    """The inventory of an owner as it stands, filed by a manager of it. Raises NotYours."""
    if not actor.can_as(Role.MANAGER, owner.pk):
        raise NotYours(_("The managers of %(owner)s take its inventory.") % {"owner": owner})
    return Inventory.objects.create(organization=owner, taken_by=actor, counts=_nested(_counts(owner.pk)))


def check_all() -> int:
    """Tells owners and regulators of the classes that have changed, and owners' managers of what is to be reviewed;
    takes the first inventory of those who have none. How many events. What was told is noted with it, so that twice
    tells once."""
    protected = Asset.objects.exclude(protection=Protection.OPEN)
    owners = Organization.objects.filter(Q(inventories__isnull=False) | Q(pk__in=protected.values("owner")))
    return sum(_check(pk) for pk in owners.order_by("pk").distinct().values_list("pk", flat=True))


@transaction.atomic
def _check(owner_id: int) -> int:
    owner = Organization.objects.select_for_update(no_key=True).get(pk=owner_id)
    now = _counts(owner_id)
    last = Inventory.objects.filter(organization=owner).first()
    if last is None:
        last = Inventory.objects.create(organization=owner, counts=_nested(now))
    last.organization = owner
    classes = [one for one in changes(last, now) if f"{one['level']} {one['kind']}" not in last.told]
    told = int(bool(classes))
    if classes:
        last.told = [*last.told, *(f"{one['level']} {one['kind']}" for one in classes)]
        until = (timezone.now() + FILED_WITHIN).isoformat()
        outbox.record(EventType.INVENTORY_OUTGROWN, last, actor=None, classes=classes, deadline=until)
    today = timezone.localdate()
    due = Asset.objects.due_for_review(today).filter(owner=owner).count()
    if due and (last.reminded_on is None or last.reminded_on <= today - REMINDED_EVERY):
        last.reminded_on = today
        outbox.record(EventType.REVIEW_DUE, last, actor=None, due=due)
        told += 1
    last.save(update_fields=["told", "reminded_on"])
    return told


def changes(last: Inventory, now: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    """The classes that are PERCENT or more larger or smaller than at the inventory, or were not there."""
    before = Counter({(level, kind): n for level, kinds in last.counts.items() for kind, n in kinds.items()})
    return [
        {"level": level, "kind": kind, "before": before[level, kind], "now": now[level, kind]}
        for level, kind in sorted({*before, *now})
        if before[level, kind] != now[level, kind]
        and 100 * abs(now[level, kind] - before[level, kind]) >= PERCENT * before[level, kind]
    ]


def changes_today(last: Inventory) -> list[dict[str, Any]]:
    """The same, of what there is today."""
    return changes(last, _counts(last.organization_id))


def _counts(owner_id: int) -> Counter[tuple[str, str]]:
    rows = Asset.objects.filter(owner=owner_id).exclude(protection=Protection.OPEN).order_by()
    found = rows.values("protection", "kind").annotate(n=Count("pk"))
    return Counter({(row["protection"], row["kind"]): row["n"] for row in found})


def _nested(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (level, kind), n in sorted(counts.items()):
        nested.setdefault(level, {})[kind] = n
    return nested
