"""The pages of search: a few of each noun as somebody types, and all of one noun."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.web.access import MemberRequest, members
from registry.web.paging import Pages
from sharing.search import NOUNS, SHORTEST, everything, is_enough

SUGGESTED, SHOWN, PER_PAGE = 4, 8, 50
LONGEST = 100


@require_safe
@members
def search(request: MemberRequest) -> HttpResponse:
    """`q`: the text; `in`: the noun of which all is wanted. Asked by htmx it answers the few lines below the field."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    context = {"text": text, "too_short": not is_enough(text), "shortest": SHORTEST}
    if request.htmx:
        context["groups"] = everything(request.user, text, SUGGESTED)
        return render(request, "web/search_suggestions.html", context)
    noun = next((noun for noun in NOUNS if noun.code == request.GET.get("in")), None)
    if noun is None or context["too_short"]:
        context["groups"] = everything(request.user, text, SHOWN)
        return render(request, "web/search.html", context)
    rows = noun.found(request.user, text).order_by("pk")
    shown = Pages(rows, PER_PAGE).get_page(request.GET.get("page"))
    context |= {"noun": noun, "hits": noun.shown(list(shown)), "page": shown}
    return render(request, "web/search_one.html", context)
