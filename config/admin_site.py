"""The site behind /admin/: open to every member of a party; what they see and do there follows from their roles."""

from typing import TYPE_CHECKING, Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.web.access import NO_PARTY

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite


# unfold is driven by Alpine, which compiles what stands in attributes, and writes styles into pages; no scripts.
wider: Any = csp_update({"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]})


class AdminSite(UnfoldAdminSite):
    index_template = "sharing/waiting.html"
    index_title = _("What waits for you")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return wider(super().admin_view(view, cacheable))

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Without what libraries bring along: their pages know Django's permissions only, and show sealed secrets."""
        if admin_class is None or not admin_class.__module__.startswith("allauth."):
            super().register(model_or_iterable, admin_class, **options)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in, for admin and site. Raises PermissionDenied for who is signed in and belongs to no
        organization, who would come back here else."""
        if request.user.is_authenticated:
            raise PermissionDenied(NO_PARTY)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        logout(request)
        return HttpResponseRedirect(resolve_url(settings.LOGOUT_REDIRECT_URL))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """On the site, where tries have a limit."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may enter; every model's admin then shows only what is theirs."""
        user = request.user
        return user.is_authenticated and user.takes_part
