"""What an indicator is reckoned over: the rows that its reader may know of, in a span of months, and perhaps of one
region, kind and sector."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Self

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import Asset, Organization, Region, User
from registry.models.regulated import inside
from sharing.errors import BadInput
from sharing.models import (
    Agreement,
    CloseReason,
    CobuildGroup,
    CobuildStatus,
    Consent,
    Demand,
    ListStatus,
    Match,
    MatchLeg,
)

LONGEST = 60
"""Months in a span at most."""


SPAN = 12
"""Months that are shown when none are asked for, this one included."""


def first_of_month(day: date, *, months: int = 0) -> date:
    """The first day of the month of `day`, or of one so many months later or (negative) earlier."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def last_year() -> tuple[date, date]:
    """What a span is where none is asked for: the first day of its first month, and the first after its last."""
    today = timezone.localdate()
    return first_of_month(today, months=1 - SPAN), first_of_month(today, months=1)


def begins(day: date) -> datetime:
    """The first moment of a day, where the registry is."""
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True)
class Scope:
    """organizations: ids of those whose own rows count. regulated: scheme and prefix of the regions of which all rows
    count. everything: whether all rows do. start, end: first days of months, `end` not within the span. region: with
    all that lies in it, or without where `by_itself`. sector: that of the owner for assets and answers, that of the
    party for demands.
    """

    organizations: frozenset[int]
    regulated: tuple[tuple[str, str], ...]
    everything: bool
    start: date
    end: date
    region: Region | None = field(default=None)
    kind: str = ""
    sector: str = ""
    by_itself: bool = False

    @classmethod
    def of(cls, user: User, start: date, end: date, **narrower: Region | str | None) -> Self:
        """What `user` may know of: all of the regions that they regulate, else what is their organizations' own."""
        own = frozenset(user.roles) if user.takes_part else frozenset[int]()
        regulated = tuple(user.regulated) if user.takes_part else ()
        return cls(own, regulated, user.is_superuser and user.is_active, start, end, **narrower)  # type: ignore[arg-type]

    @classmethod
    def asked(
        cls, user: User, *, start: date | None = None, end: date | None = None, **narrower: Region | str | None
    ) -> Self:
        """What `user` asks for: from the month of `start` through that of `end`, both its first day; the last twelve
        where none are named. narrower: region, kind and sector. Raises BadInput at the one that makes no sense."""
        first, last = start or last_year()[0], end or first_of_month(timezone.localdate())
        if first > timezone.localdate():
            raise BadInput(_("The first month is still to come: choose one that has begun."), "start")
        if last < first:
            raise BadInput(_("The last month comes before the first: change one of them."), "end")
        if first_of_month(first, months=LONGEST) <= last:
            raise BadInput(_("Ask for at most %(most)d months.") % {"most": LONGEST}, "end")
        found = cls.of(user, first, first_of_month(last, months=1), **narrower)
        region = found.region
        if region and not (found.everything or any(region.lies_in(*one) for one in found.regulated)):
            raise BadInput(_("This is no region that you regulate."), "region")
        return found

    @classmethod
    def of_organization(cls, organization: Organization, start: date, end: date) -> Self:
        """What every member of `organization` may know of."""
        region = organization.regulates
        regulated = ((region.scheme, region.prefix),) if region else ()
        return cls(frozenset([organization.pk]), regulated, False, start, end)

    @property
    def day(self) -> date:
        """The day at which a state is told: the last of the span, or today while the span runs."""
        return min(self.end - timedelta(days=1), timezone.localdate())

    def months(self) -> Iterator[date]:
        """The first day of each month, as far as it has begun."""
        month = self.start
        while month < self.end and month <= timezone.localdate():
            yield month
            month = first_of_month(month, months=1)

    def within(self, moment: str) -> Q:
        """True where the moment at this path lies in the span."""
        return Q(**{f"{moment}__gte": begins(self.start), f"{moment}__lt": begins(self.end)})

    def assets(self) -> QuerySet[Asset]:
        rows = Asset.objects.filter(self._seen("owner", "region"), self._region("region"))
        return rows.filter(_equal(kind=self.kind, owner__sector=self.sector))

    def demands(self) -> QuerySet[Demand]:
        """Lines of lists that were handed in; by the home region of their party."""
        rows = Demand.objects.filter(list__submitted_at__isnull=False).exclude(list__status=ListStatus.DRAFT)
        rows = rows.filter(self._seen("list__party", "list__party__region"), self._region("list__party__region"))
        return rows.filter(_equal(kind=self.kind, list__party__sector=self.sector))

    def consents(self) -> QuerySet[Consent]:
        """The answers of owners: one's own, and those on assets in a region that is regulated."""
        legs = MatchLeg.objects.filter(match=OuterRef("match"), asset__owner=OuterRef("owner"))
        rows = Consent.objects.filter(self._own("owner") | Exists(legs.filter(self._regulated("asset__region"))))
        if self.region:
            rows = rows.filter(Exists(legs.filter(self._region("asset__region"))))
        return rows.filter(_equal(match__demand__kind=self.kind, owner__sector=self.sector))

    def matches(self) -> QuerySet[Match]:
        """Requests: those of one's own, to one's own, and those that use an asset in a region that is regulated."""
        legs = MatchLeg.objects.filter(match=OuterRef("pk"))
        asked = Consent.objects.filter(match=OuterRef("pk"))
        rows = Match.objects.filter(
            self._own("demand__list__party")
            | Exists(asked.filter(self._own("owner")))
            | Exists(legs.filter(self._regulated("asset__region"))),
            Exists(asked),
        )
        if self.region:
            rows = rows.filter(Exists(legs.filter(self._region("asset__region"))))
        return rows.filter(_equal(demand__kind=self.kind, demand__list__party__sector=self.sector))

    def legs(self) -> QuerySet[MatchLeg]:
        """The parts of agreements that use an asset; a renewal uses what is used already, and does not count, nor does
        an agreement that ended before it was taken up."""
        agreed = Agreement.objects.taken_up().filter(match__renews=None)
        rows = MatchLeg.objects.filter(match__in=agreed.values("match"), asset__isnull=False)
        rows = rows.filter(
            self._seen("asset__owner", "asset__region") | self._own("match__demand__list__party"),
            self._region("asset__region"),
        )
        return rows.filter(_equal(asset__kind=self.kind, asset__owner__sector=self.sector))

    def cobuilds(self) -> QuerySet[CobuildGroup]:
        """Groups that agreed to build together, and did not give it up."""
        agreed = Q(status=CobuildStatus.AGREED) | Q(close_reason=CloseReason.BUILT)
        rows = CobuildGroup.objects.filter(agreed, self._region("region"), planned_facility=None)
        mine = CobuildGroup.objects.filter(self._own("members__party")).values("pk")
        return rows.filter(self._regulated("region") | Q(pk__in=mine)).filter(_equal(kind=self.kind))

    def _seen(self, owner: str, region: str) -> Q:
        return self._own(owner) | self._regulated(region)

    def _own(self, path: str) -> Q:
        return Q() if self.everything else Q(**{f"{path}__in": self.organizations})

    def _regulated(self, path: str) -> Q:
        return Q() if self.everything else inside(self.regulated, path)

    def _region(self, path: str) -> Q:
        if self.region is None:
            return Q()
        if self.by_itself:
            return Q(**{f"{path}__scheme": self.region.scheme, f"{path}__code": self.region.code})
        return inside([(self.region.scheme, self.region.prefix)], path)


def _equal(**wanted: str) -> Q:
    return Q(**{path: value for path, value in wanted.items() if value})
