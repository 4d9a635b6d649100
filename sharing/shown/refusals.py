"""What a page answers where the workflow refused, the same on every page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext as _

from registry.web.refusals import turned_away
from sharing.errors import Refusal, StaleForm, UnitsGone, WrongState
from sharing.pages import page


def explained(refusal: Refusal) -> str:
    """The refusal, and what to do about it."""
    if isinstance(refusal, StaleForm):
        return _("Nothing was decided: %(why)s This page shows how it stands now.") % {"why": refusal.message}
    return with_way_on(_("Nothing was done: %(why)s") % {"why": refusal.message}, refusal)


def with_way_on(text: str, refusal: Refusal) -> str:
    """`text`, with a link to the proposal that is to be had instead of the one that is gone, where there is any."""
    if not isinstance(refusal, UnitsGone) or refusal.next_best is None:
        return text
    number = refusal.next_best.pk
    link = format_html('<a href="{}">{}</a>', page("match", number), _("Match %(id)s still fits.") % {"id": number})
    return format_html("{} {}", text, link)


def tell(request: HttpRequest, refusal: Refusal, text: str = "") -> None:
    """Says it on the next page: a warning where only the moment was wrong, else an error. text: other words for it."""
    of_the_moment = isinstance(refusal, (WrongState, StaleForm))
    messages.add_message(request, messages.WARNING if of_the_moment else messages.ERROR, text or explained(refusal))


def answer(request: HttpRequest, refusal: Refusal, back: str) -> HttpResponse:
    """404 for what this person may not see, 403 for what is for others to do; else the page `back`, which says why."""
    turned_away(refusal)
    tell(request, refusal)
    return HttpResponseRedirect(back)
