from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, Role, User
from registry.models.regulated import regulated_regions
from sharing.models.agreement import Agreement
from sharing.models.cobuild_group import CobuildGroup
from sharing.models.consent import Consent
from sharing.models.demand_list import DemandList
from sharing.models.match import Match
from sharing.models.trail_link import TrailLink


class EventType(models.TextChoices):
    LIST_SUBMITTED = "list.submitted", _("Demand list submitted")
    LIST_MATCHED = "list.matched", _("Demand list matched")
    LIST_SUPPLIED = "list.supplied", _("New supply for unmet lines")
    LIST_REOPENED = "list.reopened", _("Demand list reopened")
    LIST_CLOSED = "list.closed", _("Demand list closed")
    RUN_FAILED = "run.failed", _("Matching failed")
    MATCH_REQUESTED = "match.requested", _("Match requested")
    MATCH_OFFERED = "match.offered", _("Next best match offered")
    MATCH_WITHDRAWN = "match.withdrawn", _("Request withdrawn")
    MATCH_CONSENTED = "match.consented", _("All owners consented")
    MATCH_REFUSED = "match.refused", _("Match refused")
    MATCH_COUNTERSIGNED = "match.countersigned", _("First of two approvals given")
    MATCH_ASSIGNED = "match.assigned", _("Assigned to a colleague")
    MATCH_APPROVED = "match.approved", _("Match approved")
    MATCH_REJECTED = "match.rejected", _("Match rejected")
    MATCH_EXPIRED = "match.expired", _("Request expired")
    CONSENT_ASKED = "consent.asked", _("Consent asked")
    CONSENT_GRANTED = "consent.granted", _("Consent granted")
    CONSENT_REFUSED = "consent.refused", _("Consent refused")
    CONSENT_DUE = "consent.due", _("Consent due soon")
    CONSENT_OVERDUE = "consent.overdue", _("Consent overdue")
    APPROVAL_DUE = "approval.due", _("Approval due soon")
    APPROVAL_OVERDUE = "approval.overdue", _("Approval overdue")
    AGREEMENT_ACTIVATED = "agreement.activated", _("Agreement in force")
    AGREEMENT_RENEWAL_ASKED = "agreement.renewal_asked", _("Renewal asked")
    AGREEMENT_ENDING = "agreement.ending", _("Agreement ends soon")
    AGREEMENT_ENDED = "agreement.ended", _("Agreement ended")
    REPORT_MADE = "report.made", _("Monthly report made")
    INVENTORY_OUTGROWN = "inventory.outgrown", _("Inventory outgrown")
    REVIEW_DUE = "review.due", _("Levels of protection to review")
    WEBHOOK_DISABLED = "webhook.disabled", _("Webhook endpoint disabled")
    COBUILD_PROPOSED = "cobuild.proposed", _("Building together proposed")
    COBUILD_JOINED = "cobuild.joined", _("Co-build group joined")
    COBUILD_LEFT = "cobuild.left", _("Joining withdrawn")
    COBUILD_AGREED = "cobuild.agreed", _("Co-build group agreed")
    COBUILD_CLOSED = "cobuild.closed", _("Co-build group closed")
    COBUILD_ENDED = "cobuild.ended", _("Agreed co-build group closed")


# What happens inside an organization is for its own people only, even where it is about a match that others see.
INTERNAL = (EventType.MATCH_ASSIGNED, EventType.REPORT_MADE, EventType.REVIEW_DUE)


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: User) -> Self:
        """Events of the lists, matches and co-build groups that `user` may see, of the webhook endpoints that they
        manage, of the inventories of owners whom they regulate, and of what happens inside their organizations."""
        if user.is_superuser:
            return self
        managed = user.organizations_as(Role.MANAGER)
        return self.filter(~Q(type__in=INTERNAL) | Q(organization__in=user.roles)).filter(
            Exists(Match.objects.visible_to(user).filter(pk=OuterRef("match")))
            | Q(match__isnull=True, demand_list__in=DemandList.objects.visible_to(user))
            | Q(type=EventType.WEBHOOK_DISABLED, organization__in=managed)
            | Q(cobuild_group__in=CobuildGroup.objects.visible_to(user))
            | Q(type__in=(EventType.REPORT_MADE, EventType.REVIEW_DUE))
            | Q(type=EventType.INVENTORY_OUTGROWN)
            & (Q(organization__in=user.roles) | regulated_regions(user, "organization__region"))
        )

    def undispatched(self) -> Self:
        return self.filter(dispatched_at__isnull=True)


class Event(models.Model):
    """History and outbox at once: a verb writes its event in its own transaction. Append-only by trigger; only
    `dispatched_at`, set once when its notifications are written, and then `link`, may change."""

    type = models.CharField(_("type"), max_length=30, choices=EventType)
    occurred_at = models.DateTimeField(_("occurred at"), auto_now_add=True)
    actor = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty where the clock acted."),
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for")
    )
    demand_list = models.ForeignKey(
        DemandList,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("demand list"),
    )
    match = models.ForeignKey(
        Match, on_delete=models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("match")
    )
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("consent")
    )
    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("agreement")
    )
    cobuild_group = models.ForeignKey(
        CobuildGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("co-build group"),
    )
    data = models.JSONField(_("data"), default=dict, blank=True)
    dispatched_at = models.DateTimeField(_("dispatched at"), null=True, blank=True, editable=False)
    link = models.ForeignKey(
        TrailLink, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="events"
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-id",)
        constraints = [models.CheckConstraint(condition=Q(type__in=EventType.values), name="event_type_is_known")]
        indexes = [
            models.Index(fields=["id"], condition=Q(dispatched_at__isnull=True), name="event_outbox"),
            models.Index(fields=["id"], condition=Q(link__isnull=True), name="event_to_link"),
            # Written in the order of their moments: a day of them is found for next to nothing.
            BrinIndex(fields=["occurred_at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {date_format(localtime(self.occurred_at), 'SHORT_DATETIME_FORMAT')}"

    def get_type_display(self) -> str:  # type: ignore[no-redef]
        """The type in words. As Django's own, which translates all types to tell one."""
        return str(EventType(self.type).label)
