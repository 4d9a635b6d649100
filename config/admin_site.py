"""The site behind /admin/: open to every member of a party; what they see and do there follows from their roles."""

from typing import TYPE_CHECKING, Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite
    from django.contrib.admin.forms import AdminAuthenticationForm as AuthenticationForm
    from django.contrib.auth.models import AbstractBaseUser
else:
    from unfold.forms import AuthenticationForm
    from unfold.sites import UnfoldAdminSite


# unfold is driven by Alpine, which compiles what stands in attributes, and writes styles into its pages.
wider: Any = csp_update({"script-src": [UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [UNSAFE_INLINE]})


class SignInForm(AuthenticationForm):
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("This user name and password do not belong together. Both are case-sensitive."),
        "no_party": _("Your account belongs to no organization yet: ask a manager of yours to add you as a member."),
    }

    def confirm_login_allowed(self, user: "AbstractBaseUser") -> None:
        """Refuses whoever takes no part in the registry, staff or not."""
        if isinstance(user, get_user_model()) and not user.takes_part:
            raise ValidationError(self.error_messages["no_party"], code="no_party")


class AdminSite(UnfoldAdminSite):
    login_form = SignInForm
    index_template = "sharing/waiting.html"
    index_title = _("What waits for you")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return wider(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return wider(super().login)(request, extra_context)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may enter; every model's admin then shows only what is theirs."""
        user = request.user
        return user.is_authenticated and user.takes_part
