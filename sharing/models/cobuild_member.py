from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User
from registry.models.regulated import regulated_by, regulated_regions
from sharing.models.cobuild_group import CobuildGroup
from sharing.models.demand import Demand


class CobuildAnswer(models.TextChoices):
    PENDING = "pending", _("Not answered")
    JOINED = "joined", _("Joined")
    DECLINED = "declined", _("Declined")


class CobuildMemberQuerySet(models.QuerySet["CobuildMember"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and to those who have joined the others who have; all of them to the regulators of the region
        and, once the group is agreed, to the owner of the planned facility."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self._seen_by(list(user.roles), regulated_regions(user, "group__region"))

    def known_to(self, organization: Organization) -> Self:
        """What every member of `organization` may see, whatever else they belong to."""
        regulates = [organization.regulates] if organization.regulates else []
        return self._seen_by([organization.pk], regulated_by(regulates, "group__region"))

    def _seen_by(self, organizations: list[int], regulated: Q) -> Self:
        peers = CobuildMember.objects.filter(
            group=OuterRef("group"), party__in=organizations, answer=CobuildAnswer.JOINED
        )
        return self.filter(
            Q(party__in=organizations)
            | (Q(answer=CobuildAnswer.JOINED) & Exists(peers))
            | regulated
            | Q(group__agreed_at__isnull=False, group__planned_facility__owner__in=organizations)
        )


class CobuildMember(models.Model):
    """A party of a group: what it would pay (its Shapley value), what it would pay alone, and its answer."""

    group = models.ForeignKey(
        CobuildGroup, on_delete=models.CASCADE, related_name="members", verbose_name=_("co-build group")
    )
    party = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="cobuild_memberships", verbose_name=_("party")
    )
    answer = models.CharField(_("answer"), max_length=10, choices=CobuildAnswer, default=CobuildAnswer.PENDING)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    share_per_year = models.DecimalField(_("share a year"), max_digits=16, decimal_places=2, null=True, blank=True)
    alone_per_year = models.DecimalField(
        _("cost a year alone"), max_digits=16, decimal_places=2, null=True, blank=True
    )

    objects = CobuildMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a co-build group")
        verbose_name_plural = _("members of co-build groups")
        ordering = ("group_id", "party_id")
        constraints = [
            models.UniqueConstraint(fields=["group", "party"], name="cobuild_party_is_once_in_a_group"),
            models.CheckConstraint(condition=Q(answer__in=CobuildAnswer.values), name="cobuild_answer_is_known"),
            models.CheckConstraint(
                condition=Q(answer=CobuildAnswer.PENDING, answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(answer=CobuildAnswer.PENDING) & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="cobuild_answer_has_a_person",
            ),
            models.CheckConstraint(
                condition=Q(share_per_year__isnull=True, alone_per_year__isnull=True)
                | Q(share_per_year__gte=0, share_per_year__lte=models.F("alone_per_year")),
                name="cobuild_share_is_at_most_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} · {self.party_id}"


class CobuildDemandQuerySet(models.QuerySet["CobuildDemand"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(member__in=CobuildMember.objects.visible_to(user))

    def group_of(self, demand_ids: Iterable[int]) -> dict[int, int]:
        """The live group of each demand that is in one, by ids."""
        rows = self.filter(live=True, demand__in=list(demand_ids))
        return dict(rows.values_list("demand_id", "member__group_id"))


class CobuildDemand(models.Model):
    """A demand that a member brings to its group. live: until the group closes; a demand is in one live group."""

    member = models.ForeignKey(CobuildMember, on_delete=models.CASCADE, related_name="demands")
    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="cobuilds", verbose_name=_("demand"))
    live = models.BooleanField(default=True)

    objects = CobuildDemandQuerySet.as_manager()

    class Meta:
        verbose_name = _("demand of a co-build group")
        verbose_name_plural = _("demands of co-build groups")
        ordering = ("demand_id",)
        constraints = [
            models.UniqueConstraint(
                fields=["demand"], condition=Q(live=True), name="cobuild_demand_is_in_one_live_group"
            ),
            models.UniqueConstraint(fields=["member", "demand"], name="cobuild_demand_is_once_in_a_group"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}/{self.demand_id}"
