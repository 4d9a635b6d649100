"""The audit: what happened, who changed what, which protected places were told to whom and seen by whom, and who
took which files."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Model, Q, TextChoices
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.changes import differences
from registry.days import later
from registry.models import Asset, Change, Disclosure, Export, Sight, User
from sharing import words
from sharing.models import Event
from sharing.monitoring.drilldown import Drill, Field
from sharing.monitoring.scope import begins
from sharing.seen import author, events, list_title


class Trail(TextChoices):
    EVENTS = "events", _("Events")
    CHANGES = "changes", _("Changes of the catalog, members, plans and grants")
    DISCLOSURES = "disclosures", _("Disclosures of protected places")
    SIGHTS = "sights", _("Sights of exact places")
    EXPORTS = "exports", _("Files taken")


def _moment(value: Any) -> str:
    """To the second, as what happened is put in order by it."""
    there = localtime(value)
    return f"{date_format(there, 'SHORT_DATE_FORMAT')} {there:%H:%M:%S}"


EVENT = (
    Field("id", _("No."), lambda event: event.pk),
    Field("occurred_at", _("When"), lambda event: _moment(event.occurred_at)),
    Field("type", _("What"), lambda event: event.get_type_display()),
    Field("match", _("Match"), lambda event: event.match_id, int),
    Field("about", _("About"), lambda event: _about(event)),
    Field("by", _("By"), lambda event: author(event) or None),
    Field("details", _("In words"), lambda event: words.event_details(event) or None),
)
CHANGE = (
    Field("id", _("No."), lambda change: change.pk),
    Field("changed_at", _("When"), lambda change: _moment(change.changed_at)),
    Field("what", _("What"), lambda change: f"{change.get_noun_display()} · {change.get_act_display()}"),
    Field("code", _("Code"), lambda change: change.label or None),
    Field("details", _("In words"), lambda change: gettext("; ").join(differences(change)) or _at_once(change)),
    Field("organization", _("Organization"), lambda change: change.organization and change.organization.name),
    Field("by", _("By"), lambda change: str(change.actor) if change.actor else None),
)
DISCLOSURE = (
    Field("id", _("No."), lambda told: told.pk),
    Field("disclosed_at", _("When"), lambda told: _moment(told.disclosed_at)),
    Field("asset", _("Asset"), lambda told: str(told.asset)),
    Field("owner", _("Owner"), lambda told: told.asset.owner.name),
    Field("told_to", _("Told to"), lambda told: told.organization.name),
    Field("reason", _("Why"), lambda told: told.reason),
)
SIGHT = (
    Field("id", _("No."), lambda sight: sight.pk),
    Field("seen_at", _("When"), lambda sight: _moment(sight.seen_at)),
    Field("asset", _("Asset"), lambda sight: sight.asset_code),
    Field("owner", _("Owner"), lambda sight: sight.owner.name),
    Field("by", _("By"), lambda sight: str(sight.viewer)),
    Field("token", _("Token"), lambda sight: str(sight.token) if sight.token else None),
    Field("for", _("As a member of"), lambda sight: sight.organization.name if sight.organization else None),
    Field("basis", _("Why"), lambda sight: sight.get_basis_display()),
    Field("way", _("By way of"), lambda sight: sight.get_way_display()),
)
EXPORT = (
    Field("id", _("No."), lambda left: left.pk),
    Field("exported_at", _("When"), lambda left: _moment(left.exported_at)),
    Field("by", _("By"), lambda left: str(left.person)),
    Field("token", _("Token"), lambda left: str(left.token) if left.token else None),
    Field("address", _("Address"), lambda left: left.address),
    Field("file", _("File"), lambda left: left.filename),
    Field("parameters", _("Narrowed to"), lambda left: " ".join(map("=".join, left.parameters.items())) or None),
    Field("rows", _("Rows"), lambda left: left.rows, int),
)


def trail(of: str, user: User, *, start: date | None, end: date | None, text: str) -> Drill:
    """What `user` may know of, newest first: from the day `start` to the day `end`, both within, with `text` in it."""
    match of:
        case Trail.CHANGES:
            changes = Change.objects.visible_to(user).select_related("organization", "actor")
            found = Q(label__ilike=text) | Q(actor__username__ilike=text) | _called(Change, "noun", "act", text=text)
            return Drill(
                changes.filter(_days("changed_at", start, end), found if text else Q()).order_by("-pk"), CHANGE
            )
        case Trail.DISCLOSURES:
            seen = Disclosure.objects.visible_to(user).filter(asset__in=Asset.objects.visible_to(user))
            told = seen.select_related("asset__owner", "organization")
            found = Q(asset__code__ilike=text) | Q(organization__name__ilike=text) | Q(reason__ilike=text)
            return Drill(told.filter(_days("disclosed_at", start, end), found).order_by("-pk"), DISCLOSURE)
        case Trail.SIGHTS:
            sights = Sight.objects.visible_to(user).select_related("owner", "viewer", "organization", "token")
            found = (
                Q(asset_code__ilike=text)
                | Q(viewer__username__ilike=text)
                | Q(organization__name__ilike=text)
                | _called(Sight, "basis", "way", text=text)
            )
            return Drill(sights.filter(_days("seen_at", start, end), found if text else Q()).order_by("-pk"), SIGHT)
        case Trail.EXPORTS:
            left = Export.objects.visible_to(user).select_related("person", "token")
            found = Q(person__username__ilike=text) | Q(address__ilike=text) | Q(filename__ilike=text)
            return Drill(left.filter(_days("exported_at", start, end), found).order_by("-pk"), EXPORT)
        case _:
            happened = events(user).select_related(
                "actor", "organization", "demand_list", "match__demand", "agreement", "cobuild_group"
            )
            found = (
                Q(list_title__ilike=text)
                | Q(match__demand__name__ilike=text)
                | Q(agreement__number__ilike=text)
                | _called(Event, "type", text=text)
            )
            titled = happened.alias(list_title=list_title(user, "demand_list"))
            narrowed = titled.filter(found) if text else happened
            return Drill(narrowed.filter(_days("occurred_at", start, end)).order_by("-pk"), EVENT)


def _called(model: type[Model], *columns: str, text: str) -> Q:
    """Rows whose coded `columns` are shown with `text` in them, in the reader's language; by the code itself too."""
    wanted, found = text.casefold(), Q()
    for column in columns:
        choices = getattr(model, column).field.flatchoices
        codes = [code for code, label in choices if wanted in f"{code} {label}".casefold()]
        found |= Q(**{f"{column}__in": codes})
    return found


def _at_once(change: Change) -> str | None:
    """Of assets that were listed together, how many."""
    return gettext("%(count)s at once") % {"count": change.count} if change.count > 1 else None


def _about(event: Any) -> str | None:
    if event.agreement:
        return str(event.agreement)
    if event.match:
        return str(event.match.demand)
    about = event.demand_list or event.cobuild_group
    return str(about) if about else None


def _days(path: str, start: date | None, end: date | None) -> Q:
    first = Q(**{f"{path}__gte": begins(start)}) if start else Q()
    return first & (Q(**{f"{path}__lt": begins(later(end, timedelta(days=1)))}) if end else Q())
