"""One answer to many requests: first what would become of each, then what became of each."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from registry.search import is_id
from registry.web.access import MemberRequest, members
from sharing.errors import BadInput, NotYours, Refusal
from sharing.models import Consent
from sharing.shown.verb_forms import GrantForm, RefusalForm, dressed
from sharing.web.consents import asked_of, with_match
from sharing.web.verbs import VerbForm, standing_of
from sharing.workflow import consents
from sharing.workflow.bulk import BulkResult
from sharing.workflow.fingerprint import asked_fingerprints
from sharing.workflow.rules import MATCH_FACTS, Verb, why_not

MOST = 200
VERBS: dict[str, tuple[Verb, type[VerbForm], Any]] = {
    "grant": (Verb.GRANT, dressed(GrantForm, VerbForm), consents.grant_many),
    "refuse": (Verb.REFUSE, dressed(RefusalForm, VerbForm), consents.refuse_many),
}


@dataclass(frozen=True)
class Line:
    """A chosen request as it is shown before the answer, or what became of it. refusal: why it cannot be answered."""

    consent: Consent
    fingerprint: str
    refusal: Refusal | None

    @property
    def asked(self) -> str:
        return _(", ").join(asked_of(self.consent))

    @property
    def overdue(self) -> bool:
        return self.consent.deadline < timezone.now()


@require_http_methods(["GET", "HEAD", "POST"])
@members
def consent_many(request: MemberRequest, verb: str) -> HttpResponse:
    """Shows the chosen requests, each with its fingerprint, and which cannot be answered and why; with `confirmed`
    carries the answer out and tells what became of each."""
    if verb not in VERBS:
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(reverse("web:consents"))
    chosen = [value for value in request.POST.getlist("consent") if is_id(value)]
    if not chosen or len(chosen) > MOST:
        too_many = _("Choose at most %(most)d requests at once.") % {"most": MOST}
        messages.error(request, too_many if chosen else _("Choose at least one request."))
        return HttpResponseRedirect(reverse("web:consents"))
    rule, form_class, do = VERBS[verb]
    if "confirmed" not in request.POST:
        return _preview(request, verb, form_class(), chosen)
    form = form_class(request.POST)
    if not form.is_valid():
        return _preview(request, verb, form, chosen, status=400)
    as_shown = {int(pk): request.POST.get(f"fingerprint-{pk}", "") for pk in chosen}
    result = do(as_shown, actor=request.user, **form.cleaned_data)
    wrong = next((refusal for refusal in result.failed.values() if isinstance(refusal, BadInput)), None)
    if wrong:
        # What was filled in is wrong for each of them, so none was answered.
        form.add_refusal(wrong)
        return _preview(request, verb, form, chosen, status=400)
    return _result(request, rule, result)


def _preview(request: MemberRequest, verb: str, form: Any, chosen: list[str], status: int = 200) -> HttpResponse:
    rule = VERBS[verb][0]
    rows = list(with_match(Consent.objects.visible_to(request.user).filter(pk__in=chosen)).order_by("deadline", "pk"))
    # Taken first: what changes while the page is made outdates them.
    fingerprints = asked_fingerprints(rows)
    prefetch_related_objects([row.match for row in rows], *MATCH_FACTS)
    standing = standing_of(request)
    lines = [Line(row, fingerprints[row.pk], why_not(rule, row, standing)) for row in rows]
    # Who is no owner of it is not told that it exists.
    lines = [line for line in lines if not isinstance(line.refusal, NotYours) or _own(request, line.consent)]
    if not lines:
        raise Http404
    context = {
        "verb": rule,
        "slug": verb,
        "form": form,
        "lines": lines,
        "open": sum(line.refusal is None for line in lines),
    }
    return render(request, "web/consents_many.html", context, status=status)


def _result(request: MemberRequest, verb: Verb, result: BulkResult[Consent]) -> HttpResponse:
    """A row for each that was chosen, the refused first."""
    rows = {
        row.pk: row
        for row in with_match(Consent.objects.visible_to(request.user).filter(pk__in=[*result.done, *result.failed]))
    }
    lines = [Line(rows[pk], "", refusal) for pk, refusal in sorted(result.failed.items()) if pk in rows]
    lines += [Line(rows[pk], "", None) for pk in sorted(result.done) if pk in rows]
    done = len(result.done)
    if verb is Verb.GRANT:
        said = ngettext("%(n)d request granted.", "%(n)d requests granted.", done)
    else:
        said = ngettext("%(n)d request refused.", "%(n)d requests refused.", done)
    unknown = sum(pk not in rows for pk in result.failed)
    context = {
        "verb": verb,
        "done": done,
        "said": said % {"n": done},
        "lines": lines,
        "failed": len(result.failed),
        "unknown": unknown,
    }
    return render(request, "web/consents_done.html", context)


def _own(request: MemberRequest, consent: Consent) -> bool:
    return consent.owner_id in request.user.roles
