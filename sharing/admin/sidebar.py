"""The sidebar of the admin, in the order of the chain: what is asked, what is found, what is decided, what exists."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Heading, then label, icon (Material Symbols) and the name of the list's URL.
GROUPS: tuple[tuple[str | Promise, tuple[tuple[str | Promise, str, str], ...]], ...] = (
    (
        _("Mine"),
        (
            (_("What waits for you"), "task_alt", "index"),
            (_("Inbox"), "inbox", "sharing_notification_changelist"),
        ),
    ),
    (
        _("Demand"),
        (
            (_("Demand lists"), "list_alt", "sharing_demandlist_changelist"),
            (_("Demands"), "format_list_numbered", "sharing_demand_changelist"),
            (_("Match runs"), "manufacturing", "sharing_matchrun_changelist"),
            (_("Outcomes"), "help", "sharing_outcome_changelist"),
        ),
    ),
    (
        _("Sharing"),
        (
            (_("Matches"), "handshake", "sharing_match_changelist"),
            (_("Consents"), "contract", "sharing_consent_changelist"),
            (_("Approvals"), "approval", "sharing_approval_changelist"),
            (_("Agreements"), "verified", "sharing_agreement_changelist"),
            (_("Co-build groups"), "group_work", "sharing_cobuildgroup_changelist"),
            (_("History"), "history", "sharing_event_changelist"),
            (_("Monthly reports"), "monitoring", "sharing_report_changelist"),
            (_("Samples"), "casino", "sharing_sample_changelist"),
        ),
    ),
    (
        _("What exists"),
        (
            (_("Assets"), "cell_tower", "registry_asset_changelist"),
            (_("Ledger"), "menu_book", "registry_allocation_changelist"),
            (_("Planned facilities"), "construction", "registry_plannedfacility_changelist"),
            (_("Terrain"), "terrain", "registry_terrainarea_changelist"),
            (_("Disclosures"), "visibility", "registry_disclosure_changelist"),
            (_("Changes"), "edit_note", "registry_change_changelist"),
            (_("Sights of exact places"), "preview", "registry_sight_changelist"),
            (_("Grants of sight"), "key", "registry_placegrant_changelist"),
        ),
    ),
    (
        _("Parties"),
        (
            (_("Organizations"), "domain", "registry_organization_changelist"),
            (_("Members"), "group", "registry_membership_changelist"),
            (_("People"), "person", "registry_user_changelist"),
            (_("Regions"), "map", "registry_region_changelist"),
            (_("Working calendar"), "calendar_month", "sharing_calendarday_changelist"),
            (_("Webhook endpoints"), "webhook", "sharing_webhookendpoint_changelist"),
            (_("Webhook deliveries"), "outgoing_mail", "sharing_webhookdelivery_changelist"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups as unfold wants them; every member of a party may open every list, which shows what is theirs."""
    return [
        {
            "title": title,
            "items": [
                {"title": label, "icon": icon, "link": reverse(f"admin:{name}")} for label, icon, name in entries
            ],
        }
        for title, entries in GROUPS
    ]
