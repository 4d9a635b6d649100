"""Deciding on many matches at once: a page that shows each of them, and what became of each."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.admin.base import person
from registry.search import is_id
from sharing.admin.conflicts import conflicts
from sharing.admin.verbs import VerbForm, standing_of
from sharing.errors import BadInput, NotYours
from sharing.models import Match, MatchStatus
from sharing.shown.refusals import tell
from sharing.shown.verb_forms import NothingToFill, RejectionForm, dressed
from sharing.workflow import approvals
from sharing.workflow.bulk import BulkResult
from sharing.workflow.fingerprint import fingerprints_of
from sharing.workflow.rules import MATCH_FACTS, Verb, is_core, why_not

MOST = 50
FORMS: dict[Verb, type[forms.Form]] = {Verb.APPROVE: NothingToFill, Verb.REJECT: dressed(RejectionForm, VerbForm)}


def confirm(
    model_admin: Any, request: HttpRequest, verb: Verb, chosen: QuerySet[Match], form: Any = None, status: int = 200
) -> HttpResponse:
    """Shows the chosen matches, each with its fingerprint, before they are decided on; and why some cannot be."""
    standing = standing_of(request)
    found = list(chosen.select_related("demand__list__party")[: MOST + 1])
    if len(found) > MOST:
        messages.error(request, _("Choose at most %(most)d matches at once.") % {"most": MOST})
        return HttpResponseRedirect(request.get_full_path())
    # Taken first: what changes while the page is made outdates them.
    fingerprints = fingerprints_of(found)
    prefetch_related_objects(found, *MATCH_FACTS, "legs__asset__owner")
    # Whoever may not decide on a match may not know of all its assets either.
    verdicts = [(match, why_not(verb, match, standing)) for match in found]
    verdicts = [(match, refusal) for match, refusal in verdicts if not isinstance(refusal, NotYours)]
    if not verdicts:
        raise PermissionDenied
    warned = conflicts([match for match, _refusal in verdicts])
    context = {
        **model_admin.admin_site.each_context(request),
        "title": verb.label,
        "opts": model_admin.opts,
        "verb": verb.value.partition(".")[2],
        "form": form or FORMS[verb](),
        "rows": [
            (match, fingerprints[match.pk], is_core(match), refusal, warned[match.pk]) for match, refusal in verdicts
        ],
        "open_count": sum(refusal is None for _match, refusal in verdicts),
        "url": reverse("admin:sharing_match_decide", args=[verb.value.partition(".")[2]]),
        "query": query_of(request),
        "back": list_of(request),
    }
    return TemplateResponse(request, "sharing/decide_many.html", context, status=status)


def decide(model_admin: Any, request: HttpRequest, slug: str) -> HttpResponse:
    """Carries the decision out and says, match by match, what became of it."""
    verb = next((verb for verb in FORMS if verb.value == f"match.{slug}"), None)
    if verb is None:
        raise Http404
    back = list_of(request)
    shown = _shown(request)
    if request.method != "POST" or not shown:
        messages.error(request, _("Choose at least one match."))
        return HttpResponseRedirect(back)
    form = FORMS[verb](request.POST)
    if form.is_valid():
        try:
            _tell(request, verb, _carry_out(verb, shown, form.cleaned_data, request))
            return HttpResponseRedirect(back)
        except BadInput as refusal:
            form.add_error(refusal.field or None, refusal.message)
    chosen = Match.objects.visible_to(person(request)).filter(pk__in=shown)
    return confirm(model_admin, request, verb, chosen, form, status=400)


def query_of(request: HttpRequest) -> str:
    """What narrows the list that the matches were chosen in, as its pages pass it on: the queue unless they do."""
    return request.POST.get("query") or request.GET.urlencode() or "waiting=decide"


def list_of(request: HttpRequest) -> str:
    """The list that the matches were chosen in, narrowed as it was."""
    return f"{reverse('admin:sharing_match_changelist')}?{QueryDict(query_of(request)).urlencode()}"


def _shown(request: HttpRequest) -> dict[int, str]:
    """The fingerprint of each chosen match, by its id."""
    chosen = [value for value in request.POST.getlist("match") if is_id(value)][:MOST]
    return {int(value): request.POST.get(f"fingerprint-{value}", "") for value in chosen}


def _carry_out(verb: Verb, shown: dict[int, str], filled: dict[str, Any], request: HttpRequest) -> BulkResult[Match]:
    actor = person(request)
    if verb is Verb.APPROVE:
        return approvals.approve_many(shown, actor=actor)
    result = approvals.reject_many(shown, actor=actor, **filled)
    wrong = next((refusal for refusal in result.failed.values() if isinstance(refusal, BadInput)), None)
    if wrong and not result.done:
        raise wrong
    return result


def _tell(request: HttpRequest, verb: Verb, result: BulkResult[Match]) -> None:
    waiting = sum(match.status == MatchStatus.CONSENTED for match in result.done.values())
    done = len(result.done) - waiting
    if waiting:
        text = ngettext(
            "%(n)d match has the first of two approvals.", "%(n)d matches have the first of two approvals.", waiting
        )
        messages.success(request, text % {"n": waiting})
    if done:
        text = (
            ngettext("%(n)d match approved.", "%(n)d matches approved.", done)
            if verb is Verb.APPROVE
            else ngettext("%(n)d match rejected.", "%(n)d matches rejected.", done)
        )
        messages.success(request, text % {"n": done})
    for match_id, refusal in sorted(result.failed.items()):
        text = _("Match %(match)d was left as it is: %(why)s") % {"match": match_id, "why": refusal.message}
        tell(request, refusal, text)
