"""What all resources share: who calls, what is theirs, pages, exports, entity tags, idempotent writing, and errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, ClassVar, NoReturn, cast

from django.db import models, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import viewsets
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from registry import replicas
from registry.api import corners, downloads, etags, from_pages, problems, renderers
from registry.api.authentication import SessionAuthentication, TokenAuthentication
from registry.api.idempotency import HEADER, once
from registry.api.negotiation import JSONParser, Negotiation
from registry.api.pagination import CURSOR, LIMIT, KeysetPagination, ordered, ordering_of
from registry.api.permissions import HasScope, IsAuthenticated, TakesPart
from registry.api.problems import Problem, bad_parameter, too_costly
from registry.api.serializers import Nothing
from registry.api.strict_filters import OTHERS, StrictFilterBackend
from registry.api.throttles import PerCaller
from registry.exports.formats import Format
from registry.exports.shown import shown_tables
from registry.exports.table import Table
from registry.models import ApiToken, Scope, User
from registry.refusals import SENTENCES, Sentences
from registry.time_limit import TakesTooLong, time_limit

SAFE = ("GET", "HEAD", "OPTIONS")
EXPORTED_AT_ONCE = 500
IF_MATCH = "If-Match"
Rows = list[Any]


class Api(APIView):
    """The frame of every call. Unsafe calls run in one transaction, which any refusal undoes."""

    authentication_classes: Sequence[Any] = (TokenAuthentication, SessionAuthentication)
    permission_classes: Sequence[Any] = (IsAuthenticated, TakesPart, HasScope)
    throttle_classes = (PerCaller,)
    renderer_classes: Sequence[type[Any]] = (renderers.JSONRenderer,)
    parser_classes: Sequence[type[Any]] = (JSONParser,)
    metadata_class = None
    content_negotiation_class = Negotiation
    scope: ClassVar[Scope | None] = None
    sentences: ClassVar[Sentences] = SENTENCES
    # What a body holds and no handler looks at would be ignored in silence.
    has_read_body = False
    # Whether reading it answers with one object and its entity tag.
    is_object: ClassVar[bool] = False

    def perform_authentication(self, request: Request) -> None:
        """Guesses at tokens count against the address they come from."""
        try:
            _user = request.user
        except APIException:
            self.check_throttles(request)
            raise

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        if request.authenticators and not request.successful_authenticator:
            self.check_throttles(request)
            raise NotAuthenticated
        raise PermissionDenied(message)

    @property
    def user(self) -> User:
        """Who calls."""
        user = self.request.user
        assert isinstance(user, User), "the permissions have let no one else in"
        return user

    def needed_scope(self) -> Scope:
        """Of the token: reading for safe methods, deciding for the verbs that commit, else writing."""
        if self.request.method in SAFE:
            return Scope.READ
        return self.scope or Scope.WRITE

    def may_lag(self) -> bool:
        """Whether what is read may be some seconds old (registry.replicas)."""
        return False

    def keeps_answer(self) -> bool:
        """Whether that of this call may be kept for a day under an Idempotency-Key; not where it holds a secret."""
        return True

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As rest_framework.views.APIView.dispatch, with `once` around unsafe handlers."""
        self.args, self.kwargs = args, kwargs
        view: Any = self
        self.request = view.initialize_request(request, *args, **kwargs)
        self.headers = view.default_response_headers
        response: HttpResponseBase
        try:
            view.initial(self.request, *args, **kwargs)
            handler = getattr(self, request.method.lower(), view.http_method_not_allowed)
            if request.method in SAFE:
                response = self._read(request, lambda: handler(self.request, *args, **kwargs))
            elif not self.keeps_answer():
                if HEADER in request.headers:
                    raise problems.bad_header(HEADER, _("Answers here hold a secret, so none is kept."))
                response = self._written(handler)
            else:
                response = once(self.request, lambda: self._written(handler))
        except Exception as error:
            response = self.handle_exception(error)
        view.response = view.finalize_response(self.request, response, *args, **kwargs)
        return response

    def handle_exception(self, error: Exception) -> Response:
        """The error as a problem detail, always in JSON; on the page that somebody comes from by a link, in words."""
        request: Any = self.request
        request.accepted_renderer, request.accepted_media_type = renderers.JSONRenderer(), problems.MEDIA_TYPE
        header: str = self.get_authenticate_header(request) or ""
        problem = problems.of(error, header, self.sentences)
        led_back = from_pages.back_with(problem, request._request)
        return cast(Response, led_back) if led_back else problems.respond(problem, request.path)

    def given(self, serializer: type[BaseSerializer[Any]], data: Any = None, **kwargs: Any) -> Any:
        """The validated body. Raises the problem 400, with a pointer to each fault."""
        self.has_read_body = True
        body = serializer(data=self.request.data if data is None else data, context={"view": self}, **kwargs)
        body.is_valid(raise_exception=True)
        return body.validated_data

    def asked(self, serializer: type[BaseSerializer[Any]], *others: str) -> Any:
        """The validated parameters of the address. others: known ones that the serializer does not read.

        Raises the problem 400, with the parameter of each fault.
        """
        known: Any = serializer().fields  # type: ignore[attr-defined]
        self.check_parameters(*known, *others, "format")
        given = {name: value for name, value in self.request.query_params.items() if name in known}
        query = serializer(data=given, context={"view": self})
        with problems.at_parameters():
            query.is_valid(raise_exception=True)
        return query.validated_data

    def check_parameters(self, *known: str) -> None:
        """Raises the problem 400 where the address asks for anything else."""
        detail = _("There is no such parameter here.")
        unknown = [name for name in self.request.query_params if name not in known]
        if unknown:
            errors = [{"parameter": name, "code": "unknown_parameter", "detail": detail} for name in unknown]
            raise Problem("bad_input", detail, errors=errors)

    def _read(self, request: Any, handler: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        """The handler's answer, from a replica where it may lag. A token that can write is shown what it wrote."""
        token = self.request.auth
        writes = isinstance(token, ApiToken) and set(token.scopes) != {Scope.READ}
        return replicas.answered(request, handler) if self.may_lag() and not writes else handler()

    def _written(self, handler: Any) -> Response:
        """The handler's rendered answer, or the problem it met with what it wrote undone."""
        view: Any = self
        try:
            with transaction.atomic():
                response = handler(self.request, *self.args, **self.kwargs)
                if not self.has_read_body:
                    self.given(Nothing)
        except Exception as error:
            response = self.handle_exception(error)
        view.finalize_response(self.request, response, *self.args, **self.kwargs)
        rendered: Response = response.render() if hasattr(response, "render") else response
        return rendered


class Resource(Api, viewsets.GenericViewSet[Any]):
    """Lists and objects of one noun, of which the caller sees what `visible_to` says, and the rest is as absent.

    noun, nouns: as in sentences. orderings: the columns a list may be ordered by, the default first, none ever null.
    place: the field that holds a geometry, for GeoJSON; empty where there is none. outlined: the queryset's
    column of places with many corners, by which pages are cut; empty where there is none. files: of the actions that
    answer with a file the formats of it, the first where none is asked for.
    """

    model: ClassVar[type[models.Model]]
    noun: ClassVar[str]
    nouns: ClassVar[str]
    orderings: ClassVar[tuple[str, ...]] = ("id",)
    place: ClassVar[str] = ""
    outlined: ClassVar[str] = ""
    files: ClassVar[Mapping[str, Sequence[renderers.FileRenderer]]] = {}
    lookup_field = "id"
    filter_backends = (StrictFilterBackend,)
    pagination_class = KeysetPagination
    lookup_value_converter = "int"

    def get_queryset(self) -> models.QuerySet[Any]:
        rows: Any = self.model._default_manager
        if not isinstance(self.request.user, User):
            # The OpenApi document is made by views that no one calls.
            return self.joined(rows.none())
        return self.joined(rows.visible_to(self.user))

    def joined(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """With what showing an object reads beside it."""
        return queryset

    def get_object(self) -> Any:
        """The object of the address as the caller may see it. Raises the problem 404, absent or hidden alike."""
        found = self.rows(self.get_queryset().filter(**self.address())).first()
        if found is None:
            raise Problem("not_seen")
        return found

    def address(self) -> dict[str, Any]:
        """The lookup that the address stands for."""
        return {self.lookup_field: self.kwargs[self.lookup_url_kwarg or self.lookup_field]}

    def rows(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The queryset as it is read: objects, or dictionaries of values."""
        return queryset

    def get_renderers(self) -> Rows:
        if self.action in self.files:
            return list(self.files[self.action])
        renderer_classes: list[type[Any]] = [renderers.JSONRenderer]
        if self.request.method in SAFE and self.place:
            renderer_classes.append(renderers.GeoJSONRenderer)
        if self.request.method not in SAFE or self.action != "list":
            return [renderer() for renderer in renderer_classes]
        renderer_classes.append(renderers.CSVRenderer)
        return [*(renderer() for renderer in renderer_classes), *downloads.renderers_of(self)]

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "fields": self.wanted_fields()}

    def wanted_fields(self) -> frozenset[str] | None:
        """The names in `?fields=`, or None for all."""
        stated = self.request.query_params.get("fields")
        if stated is None or self.request.method not in SAFE:
            return None
        wanted = frozenset(name.strip() for name in stated.split(",") if name.strip())
        serializer: Any = self.get_serializer_class()
        known = self.known_fields(serializer)
        if not wanted or not wanted <= known:
            raise bad_parameter("fields", _("One or more of: %(names)s.") % {"names": ", ".join(sorted(known))})
        return wanted

    def known_fields(self, serializer: type[Any]) -> frozenset[str]:
        return frozenset(serializer().get_fields())

    def may_lag(self) -> bool:
        """Whole lists as files."""
        renderer: Any = self.request.accepted_renderer
        return self.action == "list" and renderer.exports

    # --- Reading ------------------------------------------------------------------------------------------------

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        renderer: Any = request.accepted_renderer
        if downloads.is_file(self):
            return downloads.answer(self)
        queryset = self.filter_queryset(self.get_queryset())
        if renderer.exports and not {LIMIT, CURSOR} & set(request.query_params):
            return self.export(queryset, renderer)
        assert isinstance(self.paginator, KeysetPagination)
        page = self._fitting(self._page(queryset))
        if not renderer.exports:
            return self.paginator.get_paginated_response(self.shown(self.read_page(page)))
        link = self.paginator.next_link()
        headers = {"Link": f'<{link}>; rel="next"'} if link else {}
        lines = self.page_lines(queryset, page, renderer)
        return HttpResponse(b"".join(lines), content_type=content_type(renderer), headers=headers)

    def _page(self, queryset: models.QuerySet[Any]) -> Rows:
        """The rows of the page that is asked for. Raises the problem 400 where filters take too long."""
        paginator: Any = self.paginator
        filters = self.filters_given()
        if not filters:
            return Rows(paginator.paginate_queryset(self.paged(queryset), self.request, view=self))
        try:
            with time_limit():
                return Rows(paginator.paginate_queryset(self.paged(queryset), self.request, view=self))
        except TakesTooLong as error:
            raise too_costly(filters[0]) from error

    def _fitting(self, page: Rows) -> Rows:
        wanted = self.wanted_fields()
        if not self.outlined or (wanted is not None and self.place not in wanted):
            return page
        rows = self.joined(self.model._default_manager.all())
        paginator: Any = self.paginator
        return Rows(paginator.cut(corners.fitting(rows, self.outlined, [key["id"] for key in page])))

    def filters_given(self) -> Rows:
        """The names of the filters in the address."""
        return [name for name in self.request.query_params if name not in OTHERS]

    def may_leave_few(self, filters: Rows) -> bool:
        """Whether the list is long and it is to be asked how a page of it is found (registry.search.are_few)."""
        return False

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.check_parameters("fields", "format")
        return self.answer(self.shown([self.get_object()])[0])

    def answer(self, shown: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponseBase:
        """An object with its entity tag; 304 where the caller has it. A part of its fields has none, as it does not
        tell whether the rest has changed."""
        renderer: Any = self.request.accepted_renderer
        headers = {**(headers or {})}
        if self.wanted_fields() is None:
            headers["ETag"] = etag = etags.etag_of(shown, renderer.format)
            if self.request.method in SAFE and etags.is_known(self.request, etag):
                return HttpResponse(status=304, headers={"ETag": etag})
        if renderer.format == "geojson":
            shown = renderers.feature(shown, self.place)
        return Response(shown, status=status, headers=headers)

    def shown(self, page: Sequence[Any]) -> Rows:
        """The objects as the caller is shown them, in a number of queries that does not depend on how many."""
        serializer: BaseSerializer[Any] = self.get_serializer(page, many=True)
        return list(serializer.data)

    def export(self, queryset: models.QuerySet[Any], renderer: Any) -> HttpResponseBase:
        """The whole list, streamed in the list's own order, with a few hundred rows in memory."""
        rows = self._exported(self.rows(self.in_order(queryset)))
        return self.streamed(self.lines(rows, renderer), renderer)

    @contextmanager
    def tables(self, queryset: models.QuerySet[Any], format: Format, crs: str) -> Iterator[Sequence[Table]]:
        """The whole list as a file of `format` holds it, its places in `crs`."""
        serializer: Any = self.get_serializer_class()
        wanted = self.wanted_fields()
        fields = [name for name in serializer().get_fields() if wanted is None or name in wanted]
        place = self.place if self.place in fields else ""
        rows = self._exported(self.rows(self.in_order(queryset)))
        name = self.nouns.replace(" ", "_")
        by_shape = format.layered and format.needs_place
        with shown_tables(name, rows, fields=fields, place=place, crs=crs, by_shape=by_shape) as tables:
            yield tables

    def in_order(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The queryset in the order that the caller asks for."""
        name, descending = ordering_of(self.request, self.orderings)
        return ordered(queryset, name, descending)

    def lines(self, shown: Iterable[Any], renderer: Any) -> Iterable[bytes]:
        return renderers.csv_lines(shown) if renderer.format == "csv" else renderers.features(shown, self.place)

    def paged(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """What a page is cut from. Of what is outlined ids alone: a filter may find thousands, of which only the
        page's hundred are then read whole."""
        if self.outlined:
            return queryset.values("id", *(name.removeprefix("-") for name in self.orderings))
        return self.rows(queryset)

    def read_page(self, page: Rows) -> Rows:
        """The rows of a page, with all that showing them takes."""
        if not self.outlined:
            return page
        # Their visibility was just asked; what of their places may be known is asked with them.
        rows = self.rows(self.joined(self.model._default_manager.filter(pk__in=[key["id"] for key in page])))
        found = {row["id"] if isinstance(row, dict) else row.pk: row for row in rows}
        return [found[key["id"]] for key in page if key["id"] in found]

    def page_lines(self, queryset: models.QuerySet[Any], page: Rows, renderer: Any) -> Iterable[bytes]:
        """One page of `queryset` in the format of an export."""
        return self.lines(self.shown(self.read_page(page)), renderer)

    def streamed(self, content: Iterable[bytes], renderer: Any) -> StreamingHttpResponse:
        response = StreamingHttpResponse(content, content_type=content_type(renderer))
        name = self.nouns.replace(" ", "-")
        response["Content-Disposition"] = f'attachment; filename="{name}.{renderer.format}"'
        return response

    def _exported(self, queryset: models.QuerySet[Any]) -> Iterator[Any]:
        rows = queryset.iterator(chunk_size=EXPORTED_AT_ONCE)
        while page := Rows(islice(rows, EXPORTED_AT_ONCE)):
            yield from self.shown(page)

    # --- Writing ------------------------------------------------------------------------------------------------

    def locked(self) -> Any:
        """The object of the address, locked until the call ends, and as If-Match says it was read."""
        pk = self.get_queryset().filter(**self.address()).values_list("pk", flat=True).first()
        found: Any = self.model._default_manager.select_for_update(no_key=True).filter(pk=pk).first()
        if found is None:
            raise Problem("not_seen")
        if IF_MATCH in self.request.headers:
            self._as_it_was_read()
        return found

    def unchanged(self, *, is_written: bool = True) -> Any:
        """The object of the address, for a verb. Where If-Match says how it was read, the lock that the verb itself is
        going to take is taken here already, unless nothing is written. Raises the problem 412 where it is another by
        now."""
        found = self.get_object()
        if IF_MATCH not in self.request.headers:
            return found
        if is_written:
            self.lock(found)
        return self._as_it_was_read()

    def lock(self, found: Any) -> None:
        """Locks what the verbs on `found` lock first, until the call ends: another order could wait in a circle."""
        list(self.model._default_manager.select_for_update(no_key=True).filter(pk=found.pk).values_list("pk"))

    def _as_it_was_read(self) -> Any:
        """The object, read anew. Raises the problem 412 where If-Match names another."""
        found = self.get_object()
        etags.check_match(self.request, etags.etag_of(self.shown([found])[0]))
        return found

    def answer_with(self, pk: int, status: int = 200) -> HttpResponseBase:
        """The object as it stands after a verb; its address where it is new."""
        found = self.rows(self.get_queryset().filter(pk=pk)).first()
        if found is None:
            raise Problem("not_seen")
        headers = {"Location": self.address_of(found)} if status == 201 else None
        return self.answer(self.shown([found])[0], status, headers)

    def address_of(self, found: Any) -> str:
        key = found[self.lookup_field] if isinstance(found, dict) else getattr(found, self.lookup_field)
        address: str = self.reverse_action("detail", args=[key])
        return address

    def refuse_unless(self, allowed: bool, why: str = "") -> None:
        """Raises the problem 403."""
        if not allowed:
            raise Problem("not_yours", why)


def content_type(renderer: Any) -> str:
    return f"{renderer.media_type}; charset={renderer.charset}" if renderer.charset else str(renderer.media_type)
