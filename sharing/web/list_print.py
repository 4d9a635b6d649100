"""A demand list on paper: its lines with what came of each, in parts that are made while the person waits."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from registry.search import is_id
from registry.web.access import MemberRequest, members
from sharing.models import DemandList
from sharing.shown.demand_lines import printed
from sharing.web.verbs import standing_of


@members
@require_safe
def printed_list(request: MemberRequest, pk: int) -> HttpResponse:
    """The lines of one part as PDF; `from`: its first, by number in the order of the list."""
    found = get_object_or_404(DemandList.objects.visible_to(request.user).select_related("party"), pk=pk)
    start = request.GET.get("from", "1")
    content, name = printed(found, max(1, int(start)) if is_id(start) else 1, standing_of(request))
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
