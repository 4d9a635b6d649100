"""What all resources of /ogc/ share: formats, links between them, and errors, for people too."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import QueryDict
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.response import Response

from registry.api.problems import Problem
from registry.api.renderers import JSONRenderer
from registry.api.views import Api
from registry.models import User
from registry.ogc.authentication import PasswordAuthentication
from registry.ogc.collection import Collection
from registry.ogc.parameters import FORMAT, check_names
from registry.ogc.rendering import HTML, HTMLRenderer, Negotiation
from registry.ogc.service import Link, Service

TITLES = {"json": "JSON", "html": "HTML"}


class Resource(Api):
    """One resource, in JSON and HTML. template: of the page. Of the renderers the first is the default, and JSON."""

    service: Service = Service((), ())
    schema = None
    authentication_classes: Sequence[Any] = (*Api.authentication_classes, PasswordAuthentication)
    content_negotiation_class = Negotiation
    renderer_classes: Sequence[type[Any]] = (JSONRenderer, HTMLRenderer)
    template: ClassVar[str]

    def page(self, data: Any) -> dict[str, Any]:
        """What the template needs beside the data."""
        return {}

    def may_lag(self) -> bool:
        return True

    @property
    def user(self) -> User:
        """Who calls."""
        user = self.request.user
        assert isinstance(user, User), "the permissions have let no one else in"
        return user

    def collection(self, id: str) -> Collection:
        """Raises the problem 404."""
        if id not in self.service.collections:
            raise Problem("not_seen")
        return self.service.collections[id]

    def address(self, name: str, *arguments: Any) -> str:
        return self.request.build_absolute_uri(reverse(f"ogc-{name}", args=arguments))

    def links(self) -> list[dict[str, str]]:
        """To this very document, and to each other format of it."""
        chosen: Any = self.request.accepted_renderer
        found = []
        for renderer in {known.format: known for known in reversed(self.renderer_classes)}.values():
            rel = "self" if renderer.format == chosen.format else "alternate"
            address = self.address_with({FORMAT: str(renderer.format)})
            title = _("This document") if rel == "self" else _("This document as %(format)s")
            found.append(link(rel, address, renderer.media_type or "", title % {"format": TITLES[renderer.format]}))
        return sorted(found, key=lambda one: one["rel"], reverse=True)

    def more(self, links: Iterable[Link], base: str) -> list[dict[str, str]]:
        """Links of other building blocks, from the resource at `base`."""
        return [link(one.rel, base.rstrip("/") + one.address, one.type, one.title) for one in links]

    def address_with(self, changed: dict[str, Any]) -> str:
        """This address with some parameters set."""
        query: QueryDict = self.request.query_params.copy()
        for name, value in changed.items():
            query[name] = str(value)
        return f"{self.request.build_absolute_uri(self.request.path)}?{query.urlencode(safe='/:,')}"

    def handle_exception(self, error: Exception) -> Response:
        """A problem detail; a page where a page was asked for."""
        chosen = getattr(self.request, "accepted_renderer", None)
        response = super().handle_exception(error)
        if not isinstance(chosen, HTMLRenderer):
            return response
        sign_in = f"{resolve_url(settings.LOGIN_URL)}?{_query(next=self.request.get_full_path())}"
        context = {"problem": response.data, "sign_in": sign_in if response.status_code == 401 else ""}
        page: Any = render(self.request._request, "registry/ogc/problem.html", context, HTML, response.status_code)
        for name, value in response.headers.items():
            page.headers.setdefault(name, value)
        return page  # type: ignore[no-any-return]


class Public(Resource):
    """Open to everyone: it says what can be had here, and nothing of what there is. Calls count for who signs in."""

    permission_classes: Sequence[Any] = ()

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_names(request.query_params, (FORMAT,))


def link(rel: str, href: str, type: str, title: Any = "") -> dict[str, str]:
    return {"rel": rel, "href": href, "type": type, "title": str(title)}


def _query(**parameters: str) -> str:
    query = QueryDict(mutable=True)
    query.update(parameters)
    return query.urlencode(safe="/")
