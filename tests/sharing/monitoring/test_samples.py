"""Samples: the same seed draws the same rows, as anyone can check by hand."""

import hashlib
from collections import Counter

import pytest
from django.db import IntegrityError, transaction

from registry.models import Asset, Role
from sharing.errors import BadInput, NotYours
from sharing.models import Frame, Sample
from sharing.monitoring import samples
from sharing.monitoring.scope import Scope, first_of_month
from tests import factories
from tests.sharing.scene import Scene


def scope_of(scene: Scene) -> Scope:
    start = first_of_month(scene.near.created_at.date(), months=-1)
    return Scope.of(scene.officer, start, first_of_month(start, months=3))


def draw(scene: Scene, seed: str = "7", size: int = 5, of: str = Frame.ASSETS, **more) -> Sample:
    given = {"actor": scene.officer, **more}
    return samples.draw(scene.city, scope_of(scene), of=of, size=size, seed=seed, **given)


def by_hand(ids: list[int], seed: str, size: int) -> list[int]:
    return sorted(ids, key=lambda pk: hashlib.sha256(f"{seed}:{pk}".encode()).hexdigest())[:size]


def test_the_lot_is_the_sha_256_of_seed_and_id(scene: Scene):
    ids = [scene.near.pk, scene.far.pk, *(factories.asset(scene.metro).pk for _ in range(10))]
    for seed in ("7", "大乐透 2026-11-28", "7"):
        drawn = draw(scene, seed)
        assert drawn.members == by_hand(ids, seed, 5)
        assert (drawn.size, drawn.frame_size, drawn.drawn_by) == (5, 12, scene.officer)
        assert samples.is_same(drawn, scope_of(scene))
    assert draw(scene, "", 99).size == 12
    assert draw(scene, "").seed != draw(scene, "").seed


def test_every_row_is_drawn_about_as_often(scene: Scene):
    ids = [factories.asset(scene.metro).pk for _ in range(8)]
    rows = Asset.objects.filter(pk__in=ids)
    often = Counter(pk for seed in range(200) for pk in samples.drawn(rows, f"{seed}", 2))
    # 50 each; four standard deviations (√(200 · ¼ · ¾)) are 24.5.
    assert set(often) == set(ids) and all(abs(count - 50) < 24.5 for count in often.values())


def test_what_left_the_frame_since_is_said(scene: Scene):
    drawn = draw(scene, size=2)
    Asset.objects.filter(pk=scene.near.pk).update(status="out_of_service")
    rows = dict(samples.members(drawn, scope_of(scene)))
    assert rows[scene.near.pk] is None and rows[scene.far.pk] == scene.far
    assert not samples.is_same(drawn, scope_of(scene))


def test_demands_and_requests_are_drawn_too(scene: Scene):
    scene.approved()
    assert draw(scene, of=Frame.DEMANDS).members == [scene.demand.pk]
    assert draw(scene, of=Frame.REQUESTS).members == [scene.match.pk]


def test_who_may_not_draws_nothing(scene: Scene):
    for actor in (scene.asker, scene.governor, factories.member(scene.city, Role.VIEWER)):
        with pytest.raises(NotYours):
            draw(scene, actor=actor)
    for size in (0, samples.MOST + 1):
        with pytest.raises(BadInput):
            draw(scene, size=size)
    with pytest.raises(BadInput):
        draw(scene, of=Frame.REQUESTS)
    assert not Sample.objects.exists()


def test_the_database_keeps_a_sample_whole(scene: Scene):
    drawn = draw(scene, size=2)
    for wrong in ({"size": 3}, {"members": []}, {"seed": ""}, {"frame": "x"}, {"frame_size": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Sample.objects.filter(pk=drawn.pk).update(**wrong)
