from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models import User
from registry.models.regulated import regulated_regions
from sharing.models.demand import Demand
from sharing.models.match_run import MatchRun

if TYPE_CHECKING:
    from sharing.models.match_leg import MatchLeg


class MatchStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    REQUESTED = "requested", _("Requested")
    CONSENTED = "consented", _("Consented")
    APPROVED = "approved", _("Approved")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")
    REFUSED = "refused", _("Refused by an owner")
    REJECTED = "rejected", _("Rejected by the regulator")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    SUPERSEDED = "superseded", _("Superseded")


# Statuses in which a match has an agreement that may be renewed or ended.
IN_FORCE = (MatchStatus.APPROVED, MatchStatus.ACTIVE)
# Statuses in which a match holds units in the ledger.
LIVE = (MatchStatus.REQUESTED, MatchStatus.CONSENTED, *IN_FORCE)


class MatchQuerySet(models.QuerySet["Match"]):
    def visible_to(self, user: User) -> Self:
        """To the demanding party; once requested, to the owners asked and the regulators of the legs' regions."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        organizations = list(user.roles)
        # By name, as both lead to matches.
        consents, legs = (apps.get_model("sharing", noun)._default_manager for noun in ("Consent", "MatchLeg"))
        # Each is asked of the row at hand: lists of ids would be made whole to judge one match.
        party = Exists(Demand.objects.filter(pk=OuterRef("demand"), list__party__in=organizations))
        asked = Exists(consents.filter(match=OuterRef("pk"), owner__in=organizations))
        regulated = Exists(legs.filter(regulated_regions(user, "asset__region"), match=OuterRef("pk")))
        told = ~Q(status__in=(MatchStatus.PROPOSED, MatchStatus.SUPERSEDED))
        return self.filter(party | asked | (told & regulated))

    def live(self) -> Self:
        """Those that hold units in the ledger."""
        return self.filter(status__in=LIVE)


class Match(models.Model):
    """One way to meet one demand: rank 1 is the run's answer, the others its runners-up.

    Prices are the registry's currency a year. deadline: until when those it waits for
    must have moved it on.
    """

    run = models.ForeignKey(
        MatchRun, on_delete=models.PROTECT, db_index=False, related_name="matches", verbose_name=_("run")
    )
    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="matches", verbose_name=_("demand"))
    rank = models.PositiveSmallIntegerField(_("rank"), default=1)
    status = models.CharField(_("status"), max_length=12, choices=MatchStatus, default=MatchStatus.PROPOSED)
    status_at = models.DateTimeField(_("in this status since"), auto_now_add=True)
    score = models.FloatField(_("score"), default=0, help_text=_("0 to 1, the higher the better."))
    score_parts = models.JSONField(
        _("parts of the score"),
        default=list,
        blank=True,
        help_text=_("A list of code, value, unit and weight."),
    )
    cost_per_year = models.DecimalField(_("cost a year"), max_digits=16, decimal_places=2, default=0)
    distance_m = models.FloatField(_("distance, m"), null=True, blank=True)
    length_m = models.FloatField(_("length of the route, m"), null=True, blank=True)
    renews = models.ForeignKey(
        "sharing.Agreement", on_delete=models.PROTECT, null=True, blank=True, related_name="renewals"
    )
    renewal_period = DateRangeField(
        _("period of the renewal"), null=True, blank=True, help_text=_("Empty where the demand's own period counts.")
    )
    deadline = models.DateTimeField(_("deadline"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["run", "demand", "rank"], name="match_rank_is_unique"),
            models.UniqueConstraint(
                fields=["demand"],
                condition=Q(status__in=LIVE, renews__isnull=True),
                name="match_one_live_per_demand",
            ),
            models.CheckConstraint(condition=Q(status__in=MatchStatus.values), name="match_status_is_known"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="match_rank_from_one"),
            models.CheckConstraint(condition=Q(cost_per_year__gte=0), name="match_cost_is_not_negative"),
            models.CheckConstraint(
                condition=Q(renews__isnull=True, renewal_period__isnull=True)
                | Q(renews__isnull=False, renewal_period__isnull=False),
                name="match_renewal_has_a_period",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "deadline"], name="match_status_deadline"),
            # As lists order them.
            models.Index(fields=["deadline", "-id"], name="match_by_deadline"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def period(self) -> DateRange:
        """The days its units are used: the renewal's, else the demand's."""
        period: DateRange = self.renewal_period or self.demand.period
        return period

    @property
    def is_over(self) -> bool:
        """Whether the last day that it is for has gone by."""
        return self.period.upper is not None and self.period.upper <= timezone.localdate()

    @property
    def holding_legs(self) -> list["MatchLeg"]:
        """The legs that units are held for: of each asset the first, since a route that comes back to one holds it
        once."""
        first: dict[int, MatchLeg] = {}
        for leg in self.legs.all():
            if leg.asset_id:
                first.setdefault(leg.asset_id, leg)
        return list(first.values())

    @property
    def tells_line(self) -> bool:
        """Whether its line is what it answers: what the party makes of the line later is a draft of its own, which
        those of this match do not read."""
        return self.demand.unchanged_since(self.created_at)

    @property
    def told_period(self) -> DateRange | None:
        """None where only the line would tell it, and that is another by now."""
        return self.renewal_period or (self.demand.period if self.tells_line else None)

    @property
    def told_score(self) -> float | None:
        """None where its parts are told to nobody either, as of a core asset."""
        return self.score if self.score_parts else None
