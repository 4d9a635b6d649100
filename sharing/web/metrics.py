"""What Prometheus reads: how fast the site answers, counted by django-prometheus, and what work waits."""

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from registry.models import ExportJob, ImportJob, JobStatus
from sharing import health
from sharing.models import (
    Consent,
    ConsentStatus,
    Delivery,
    DeliveryStatus,
    Digest,
    Match,
    MatchRun,
    MatchStatus,
    Notification,
    RunStatus,
    WebhookDelivery,
)

DELIVERIES: dict[str, type[Delivery]] = {
    "notification": Notification, "digest": Digest, "webhook": WebhookDelivery,
}  # fmt: skip
UNDER_WAY: dict[str, tuple[Any, Any, Any]] = {
    "match run": (MatchRun, RunStatus.QUEUED, RunStatus.RUNNING),
    "import": (ImportJob, JobStatus.QUEUED, JobStatus.RUNNING),
    "export": (ExportJob, JobStatus.QUEUED, JobStatus.RUNNING),
}
ASKED: dict[str, tuple[Any, Any]] = {
    "consent": (Consent, ConsentStatus.PENDING), "decision": (Match, MatchStatus.CONSENTED),
}  # fmt: skip


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics, for who brings METRICS_TOKEN as a bearer token; to all others there is no such page."""
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    work = CollectorRegistry()
    work.register(Work())
    return HttpResponse(generate_latest(_requests()) + generate_latest(work), content_type=CONTENT_TYPE_LATEST)


def _requests() -> CollectorRegistry:
    """What the site's processes have counted: all of them where they share a folder, else this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


class Work(Collector):
    """What waits in the database, counted when asked: the same whichever process answers. Ages are in seconds, and
    absent where nothing waits, or Redis does not answer."""

    def collect(self) -> Iterator[Metric]:
        waiting, outbox_s = health.outbox()
        yield _gauge("outbox_events", "Events that nobody was told of yet", {(): waiting})
        yield _gauge("outbox_age_seconds", "Age of the oldest such event", {(): outbox_s})
        yield _gauge(
            "beat_age_seconds", "Since who tells people took what beat asks for", {(): _age_s(health.BEAT_SEEN)}
        )
        yield _gauge("worker_age_seconds", "Since who does all else took it", {(): _age_s(health.WORKER_SEEN)})
        yield _deliveries()
        yield _jobs()
        yield _answers()


def _age_s(seen: str) -> float | None:
    try:
        return health.age_s(seen)
    except RedisError:
        return None


def _deliveries() -> Metric:
    counted = {
        (channel, status): model._default_manager.filter(status=status).count()
        for channel, model in DELIVERIES.items()
        for status in (DeliveryStatus.PENDING, DeliveryStatus.PARKED)
    }
    return _gauge("deliveries", "Deliveries on their way, and those that keep failing", counted, "kind", "status")


def _jobs() -> Metric:
    counted = {
        (job, status): model.objects.filter(status=status).count()
        for job, (model, *statuses) in UNDER_WAY.items()
        for status in statuses
    }
    return _gauge("jobs", "Long work that waits or runs", counted, "job", "status")


def _answers() -> Metric:
    counted: dict[tuple[str, ...], float | None] = {}
    for asked, (model, status) in ASKED.items():
        found = model.objects.filter(status=status).aggregate(
            late=Count("pk", filter=Q(deadline__lt=timezone.now())), waiting=Count("pk")
        )
        counted |= {(asked, "late"): found["late"], (asked, "in time"): found["waiting"] - found["late"]}
    return _gauge("answers", "Answers that owners and regulators owe", counted, "asked", "deadline")


def _gauge(name: str, text: str, values: dict[Any, Any], *labels: str) -> Metric:
    family = GaugeMetricFamily(f"infrashare_{name}", text, labels=labels)
    for label, value in values.items():
        if value is not None:
            family.add_metric([str(each) for each in label], value)
    return family
