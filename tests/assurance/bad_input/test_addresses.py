"""Every address of the site and the admin with an id in it, read off the URLconf: that of an object which one may not
see is answered as that of one which does not exist, but for the id itself."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver, reverse

from registry.models import ImportJob, ImportTarget, JobStatus, Membership
from registry.models.asset import Protection
from tests import factories
from tests.sharing.api.test_access import addresses
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

ABSENT = 2**40
# The object that the first id of an address is of, by how the address begins; longer beginnings go first.
OBJECTS = {
    "webhooks/": lambda world: world.endpoint,
    "webhook-deliveries/": lambda world: world.delivery(),
    "assets/": lambda world: world.spare,
    "lists/uploads/": lambda world: upload_of(world),
    "lists/": lambda world: world.draft,
    "demands/": lambda world: world.line,
    "matches/": lambda world: world.match,
    "consents/": lambda world: world.consent(),
    "agreements/": lambda world: world.agreement(),
    "cobuild/": lambda world: world.group(),
    "inbox/": lambda world: world.notification(),
    "account/tokens/": lambda world: world.token,
    "account/second-factor/passkeys/": lambda world: passkey_of(world),
    "invitations/": lambda world: world.invitation(),
    "members/": lambda world: Membership.objects.filter(organization=world.metro).first(),
    "imports/": lambda world: world.job,
}
WORDS = {
    "verb": "request", "act": "rotate", "kind": "tower", "language": "en", "form": "csv", "suffix": "csv",
}  # fmt: skip
# Everybody sees plans; the figures of monitoring are each reader's own. The secret of an invitation is no id.
OPEN = ("facilities/", "monitoring/")
SENT = ("GET", "POST")


def upload_of(world: World) -> ImportJob:
    return ImportJob.objects.create(
        organization=world.party, target=ImportTarget.DEMANDS, created_by=world.asker, filename="sites.csv",
        file=ContentFile(b"name\n", "sites.csv"), options={"title": "2027"}, status=JobStatus.DONE,
        rejects=ContentFile(b"row\n", "rejects.csv"),
    )  # fmt: skip


def passkey_of(world: World) -> Authenticator:
    return Authenticator.objects.create(user=world.metro_manager, type=Authenticator.Type.WEBAUTHN, data={})


def with_ids() -> dict[str, URLPattern]:
    """The addresses of the site with an id in them."""
    return {
        address: pattern
        for address, pattern in addresses(get_resolver().url_patterns)
        if "<int:" in address and not address.startswith(("api/", "ogc/", "admin/", *OPEN))
    }


def begun_by(address: str) -> str:
    return max((begin for begin in OBJECTS if address.startswith(begin)), key=len)


def path_of(address: str, id: int) -> str:
    path = re.sub(r"<int:\w+>", str(id), address, count=1)
    return "/" + re.sub(r"<\w+:(\w+)>", lambda found: WORDS[found[1]], path)


def told(response: Any, id: int) -> tuple[int, str, str]:
    """Status, where it leads, and the page, without the id and the tokens made anew for each answer."""
    text = b"".join(response).decode() if response.streaming else response.content.decode()
    text = re.sub(r"\b\w{64}\b", "", text)
    return response.status_code, nameless(response.get("Location", ""), id), nameless(text, id)


def nameless(text: str, id: int) -> str:
    return re.sub(rf"(/|%2F|“){id}(?=\D|$)", r"\1ID", text)


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    settings.MEDIA_ROOT = tmp_path
    made = World()
    factories.protect(made.spare, Protection.CORE)
    return made


def test_every_address_with_an_id_is_known():
    assert {address for address in with_ids() if not any(address.startswith(begin) for begin in OBJECTS)} == set()


@pytest.mark.parametrize("begin", OBJECTS)
def test_what_one_may_not_see_is_answered_as_what_is_not_there(begin: str, world: World):
    client, found = Client(), OBJECTS[begin](world)
    client.force_login(world.people["other manager"])
    known = [address for address in with_ids() if begun_by(address) == begin]
    assert known
    for address in known:
        for method in SENT:
            answers = []
            for id in (found.pk, ABSENT):
                with transaction.atomic():
                    answers.append(told(client.generic(method, path_of(address, id)), id))
                    transaction.set_rollback(True)
            assert answers[0] == answers[1], (method, address)
            # Before a passkey is removed the password is asked for, whichever it is.
            assert answers[0][0] in (404, 405) or "passkeys" in address, (method, address)


def hidden(person: Any) -> Iterator[tuple[Any, Any]]:
    """Each object of the admin that exists and that the person's list does not show."""
    request = RequestFactory().get("/admin/")
    request.user = person
    for model, model_admin in admin.site._registry.items():
        shown = model_admin.get_queryset(request).values("pk")
        found = model._default_manager.exclude(pk__in=shown).first()
        if found is not None:
            yield model, found


def test_the_admin_answers_likewise(world: World):
    for make in (world.delivery, world.group):
        make()
    person = world.people["elsewhere manager"]
    client = Client()
    client.force_login(person)
    tried = 0
    for model, found in hidden(person):
        for page in ("change", "delete", "history"):
            answers = []
            for id in (found.pk, ABSENT):
                path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[id])
                response = client.get(path)
                said = [nameless(str(message), id) for message in get_messages(response.wsgi_request)]
                answers.append((*told(response, id), said))
            assert answers[0] == answers[1], (model, page)
            assert answers[0][0] in (302, 403, 404), (model, page)
            tried += 1
    assert tried > 30
