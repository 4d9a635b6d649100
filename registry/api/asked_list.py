"""A list of the API outside of a call: the view that would answer for it, with its filters, as one person sees it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve, reverse

from registry.api.views import Resource
from registry.models import User


def asked_list(name: str, parameters: Mapping[str, str], user: User) -> Any:
    """The Resource of the list at /api/v1/{name}/, asked by `user` with `parameters`; None where there is no such."""
    address = reverse("me").removesuffix("me/") + f"{name}/"
    try:
        found = resolve(address)
    except Resolver404:
        return None
    answers: Any = found.func
    view_class = getattr(answers, "cls", None)
    if "/" in name or view_class is None or not issubclass(view_class, Resource) or found.kwargs:
        return None
    request: Any = HttpRequest()
    request.method, request.path = "GET", address
    request.GET = QueryDict(mutable=True)
    request.GET.update(parameters)
    request.user = user
    view: Any = view_class(**answers.initkwargs)
    view.action_map = answers.actions
    view.request = view.initialize_request(request)
    view.request.user = user
    view.action, view.args, view.kwargs, view.format_kwarg = "list", (), {}, None
    return view
