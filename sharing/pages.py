"""Where each noun has its page: one table for messages, the inbox, search and the first page."""

from django.urls import reverse

# By the name of the model. An organization's page has its code in its address, all others have their ids.
PAGES: dict[str, str] = {
    "agreement": "web:agreement",
    "asset": "web:asset",
    "cobuildgroup": "web:cobuild-group",
    "inventory": "web:inventory-of",
    "consent": "web:consent",
    "demand": "web:demand",
    "demandlist": "web:demand-list",
    "match": "web:match",
    "organization": "web:organization",
    "plannedfacility": "web:facility",
    "webhookendpoint": "web:webhook",
    "report": "web:report",
}


def page(noun: str, key: int | str) -> str:
    """The path of the page of one object."""
    return reverse(PAGES[noun], args=[key])
