"""A demand list on paper: its lines with what came of each, in parts that are made while the person waits."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from registry.printing import pdf
from registry.tags import tag
from registry.web.access import MemberRequest, members
from sharing import words
from sharing.web.demand_list import LINES_PRINTED, Page, figures


@members
@require_GET
def printed_list(request: MemberRequest, pk: int) -> HttpResponse:
    """The lines of one part as PDF; `from`: its first, by number in the order of the list."""
    page = Page(request, pk)
    start = request.GET.get("from", "1")
    first = max(1, int(start)) if start.isdecimal() else 1
    total = page.list.demands.count()
    demands = list(page.list.demands.order_by("line")[first - 1 : first - 1 + LINES_PRINTED])
    rows = page.rows(demands)
    context = {
        "list": page.list,
        "status": tag(page.list.status, page.list.get_status_display()),
        "rows": [(row, words.demand_facts(row.demand)) for row in rows],
        "run_figures": figures(page.run),
        "first": first,
        "last": first - 1 + len(demands),
        "total": total,
        "printed_at": timezone.localtime(),
    }
    name = f"demand-list-{pk}.pdf" if total <= LINES_PRINTED else f"demand-list-{pk}-{first}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(pdf("print/demand_list.html", context), content_type="application/pdf", headers=headers)
