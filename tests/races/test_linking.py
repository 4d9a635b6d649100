"""What is noted by whom commits late is linked late, and seems to nobody to have been slipped in."""

import pytest
from django.db import transaction

from registry.models import Export
from sharing import trail
from sharing.models import TrailLink
from tests.races.crowd import at_once
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def taken(scene: Scene) -> Export:
    return Export.objects.create(person=scene.officer, address="/x/", filename="x.csv")


def test_a_lower_number_that_is_committed_later_is_in_a_later_link(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    trail.extend()
    monkeypatch.setattr(trail, "PATIENCE_S", 0.0)
    with transaction.atomic():
        late = taken(scene)
        [early] = at_once([lambda: taken(scene)])
        assert early.pk > late.pk
        assert at_once([trail.extend]) == [0], "neither, while the lower one may still come"
    assert trail.extend() == 1 and trail.broken() == 0
    assert TrailLink.objects.latest("id").reached["registry_export"] == early.pk


def test_without_waiting_it_would_seem_slipped_in(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    """The control."""
    monkeypatch.setattr(trail, "WRITING", "SELECT '', '' WHERE false")
    with transaction.atomic():
        taken(scene)
        at_once([lambda: taken(scene)])
        assert at_once([trail.extend]) == [1]
    assert trail.broken() == 1
