"""What somebody filled in for a verb that found their page outdated: kept in their session until its form is shown
anew, since what else changed may be no reason to write it a second time."""

from django import forms
from django.http import HttpRequest

KEPT = "kept_words"
"""Of one form, the last: by the address that it was sent to."""


def keep(request: HttpRequest, form: forms.Form) -> None:
    """Keeps what was sent for the person to read and write; what the page knew by itself is no longer true."""
    words = {field.name: form.data[field.name] for field in form.visible_fields() if form.data.get(field.name)}
    if words:
        request.session[KEPT] = [request.path, words]


def take(request: HttpRequest, url: str) -> dict[str, str]:
    """What was kept of the form that is sent to `url`; it is given once."""
    sent_to, words = request.session.get(KEPT, ["", {}])
    if sent_to != url:
        return {}
    del request.session[KEPT]
    found: dict[str, str] = words
    return found
