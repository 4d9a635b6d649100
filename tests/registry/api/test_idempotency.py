"""Same key, same answer: also when both calls come at once, and never when the first came to nothing."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from registry import tasks
from registry.models import Asset, IdempotentCall, ImportJob, Role, User
from tests import factories
from tests.calls import ROOT, Caller, problem
from tests.races.crowd import at_once

KEY = {"Idempotency-Key": "7c0e2d5e"}


def tower(code: str = "N-1", **fields: Any) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": [114.3055, 30.5928]}
    return {"owner": "grid", "code": code, "kind": "tower", "place": place, "capacity": 3, **fields}


def editor() -> Caller:
    return Caller(factories.member(factories.organization("grid"), Role.MANAGER))


@pytest.mark.django_db
def test_the_same_call_is_carried_out_once_and_answered_alike():
    caller = editor()
    first = caller.post("assets/", tower(), headers=KEY)
    again = caller.post("assets/", tower(), headers=KEY)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert [again[name] for name in ("Location", "ETag", "Content-Type")] == [
        first[name] for name in ("Location", "ETag", "Content-Type")
    ]
    assert Asset.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("other", ["body", "address", "method"])
def test_a_key_used_for_another_request_is_refused(other: str):
    caller = editor()
    made = caller.post("assets/", tower(), headers=KEY)
    calls = {
        "body": partial(caller.post, "assets/", tower("N-2")),
        "address": partial(caller.post, "assets/bulk/", tower()),
        "method": partial(caller.patch, made["Location"], {"name": "x"}),
    }
    assert problem(calls[other](headers=KEY), 422, "key_reused") == [("Idempotency-Key", "invalid")]
    assert list(Asset.objects.values_list("code", "name")) == [("N-1", "")]


@pytest.mark.django_db
def test_a_refusal_is_an_answer_too():
    caller = editor()
    first = caller.post("assets/", tower(capacity=0), headers=KEY)
    assert problem(first, 400, "bad_input") == [("#/capacity", "min_value")]
    assert caller.post("assets/", tower(capacity=0), headers=KEY).content == first.content
    assert Asset.objects.count() == 0


@pytest.mark.django_db
def test_an_error_of_the_registrys_own_is_tried_anew(monkeypatch: pytest.MonkeyPatch):
    caller = editor()

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr("registry.asset_writing.create", broken)
        problem(caller.post("assets/", tower(), headers=KEY), 500, "internal")
    assert IdempotentCall.objects.count() == 0
    assert caller.post("assets/", tower(), headers=KEY).status_code == 201


@pytest.mark.django_db
def test_keys_are_each_persons_own_and_kept_for_a_day():
    caller = editor()
    factories.organization("other")
    assert caller.post("assets/", tower(), headers=KEY).status_code == 201
    stranger = Caller(factories.member(factories.organization("stranger"), Role.MANAGER))
    assert stranger.post("assets/", tower(owner="stranger"), headers=KEY).status_code == 201
    calls = IdempotentCall.objects.all()
    calls.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    problem(caller.post("assets/", tower("N-2"), headers=KEY), 422, "key_reused")
    calls.update(created_at=timezone.now() - timedelta(hours=24))
    assert caller.post("assets/", tower("N-2"), headers=KEY).status_code == 201
    tasks.forget_old_calls()
    assert list(IdempotentCall.objects.values_list("user_id", "status")) == [(caller_id(caller), 201)]


def caller_id(caller: Caller) -> int:
    return int(caller.client.session["_auth_user_id"])


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\tb"])
def test_a_key_is_short_and_printable(key: str):
    faults = problem(editor().post("assets/", tower(), headers={"Idempotency-Key": key}), 400, "bad_input")
    assert faults == [("Idempotency-Key", "invalid")]
    assert Asset.objects.count() == 0


@pytest.mark.django_db
def test_an_upload_is_known_again_by_what_it_holds(settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = tmp_path
    caller = editor()

    def send(content: bytes) -> Any:
        body = {"file": SimpleUploadedFile("a.csv", content), "owner": "grid", "kind": "tower"}
        return caller.client.post(f"{ROOT}import-jobs/assets/", body, headers=KEY)

    first = send(b"code,lon,lat\n")
    assert first.status_code == 202, first.content
    assert send(b"code,lon,lat\n").content == first.content
    problem(send(b"code,lat,lon\n"), 422, "key_reused")
    assert ImportJob.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_with_one_key_make_one_object_and_get_one_answer():
    caller = editor()
    callers = [caller, *(Caller(caller_user(caller)) for _more in range(7))]
    answers = at_once([partial(one.post, "assets/", tower(), headers=KEY) for one in callers])
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 7
    assert Asset.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_key_each_call_stands_for_itself():
    """The control: what the key prevents."""
    caller = editor()
    callers = [caller, Caller(caller_user(caller))]
    answers = at_once([partial(one.post, "assets/", tower()) for one in callers])
    assert sorted(answer.status_code for answer in answers) == [201, 409]


def caller_user(caller: Caller) -> Any:
    return User.objects.get(pk=caller_id(caller))
