"""What a co-build group is called and how it stands, in words for every door."""

from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry.kinds import short
from registry.models import User
from registry.tags import tag
from sharing import words
from sharing.models import CobuildAnswer, CobuildGroup, CobuildMember, CobuildStatus

TONES = {CobuildStatus.OPEN.value: "pending", CobuildStatus.AGREED.value: "approved"}


def name_of(group: CobuildGroup) -> str:
    return f"{group.pk} · {short(group.get_kind_display())}"


def status_of(group: CobuildGroup) -> SafeString:
    return tag(TONES.get(group.status, group.status), group.get_status_display())


def joined_of(group: CobuildGroup) -> str:
    """How many have joined of how many parties, with how many demands: told to all of them."""
    parties = group.members.all()
    return _("%(joined)d of %(parties)d parties, %(demands)d demands") % {
        "joined": sum(member.answer == CobuildAnswer.JOINED for member in parties),
        "parties": len(parties),
        "demands": sum(len(member.demands.all()) for member in parties),
    }


def costs_of(member: CobuildMember, user: User) -> tuple[Decimal | None, Decimal | None]:
    """What a member in sight of `user` would pay a year, and would pay alone; of others once they are told of the
    whole. `member.group`: with its place for them."""
    group: Any = member.group
    is_told = group.is_told or member.party_id in user.roles
    return (member.share_per_year, member.alone_per_year) if is_told else (None, None)


def size_of(group: Any) -> str:
    """Of the whole, which is told once all have joined."""
    told = [words.units(group.kind, group.units)]
    told += [_("%(n)s m high") % {"n": words.number(group.height_m)}] if group.height_m else []
    told += [_("%(n)s m dug") % {"n": words.number(group.length_m)}] if group.length_m else []
    size = _(", ").join(told)
    through = words.terrain(group.terrain) if group.terrain else ""
    return _("%(size)s (%(terrain)s)") % {"size": size, "terrain": through} if through else size
