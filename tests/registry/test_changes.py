"""Who changed what in the catalog: noted by the database, whoever writes and however."""

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from registry.accounts import tokens
from registry.migrations._changes import ACCOUNTS, KEPT, STATED, TABLES
from registry.models import Asset, Change, Membership, Noun, PlaceGrant, Role, Scope, Tower
from registry.models.acting import acting, acting_alone
from sharing.models import WebhookEndpoint
from tests import factories
from tests.calls import Caller
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def changes(**narrowed: Any) -> list[tuple[Any, ...]]:
    rows = Change.objects.filter(**narrowed).order_by("pk")
    return list(rows.values_list("noun", "act", "row", "before", "after", "actor__username", "label"))


def last() -> Any:
    return changes()[-1]


def test_every_column_of_an_asset_is_either_stated_or_kept_by_the_database():
    assert {*TABLES} == {*STATED} == {*Noun.values} - {*ACCOUNTS}
    for noun, columns in STATED.items():
        model: Any = apps.get_model("registry", noun)
        kept = {"id", *KEPT} if noun == "asset" else {model._meta.pk.column}
        assert {*columns} | kept == {field.column for field in model._meta.concrete_fields}, noun
        assert not {*columns} & kept


# What is never noted of accounts: secrets and their hashes, what is written all the time, what is one's own matter.
UNSTATED = {
    "user": {"password", "last_login", "date_joined", "first_name", "last_name", "language", "time_zone"},
    "apitoken": {"hint", "digest", "created_at", "last_used_at"},
    "webhookendpoint": {
        "secret", "previous_secret", "previous_secret_until", "created_by_id", "created_at", "failing_since",
        "next_call_at",
    },
}  # fmt: skip


def test_every_column_of_an_account_is_either_stated_or_left_out_on_purpose():
    for noun, (table, stated, _about) in ACCOUNTS.items():
        model = Change(noun=noun).model
        assert model._meta.db_table == table
        assert {"id", *stated, *UNSTATED[noun]} == {field.column for field in model._meta.concrete_fields}, noun
        assert not {*stated} & UNSTATED[noun]


def test_who_makes_whom_superuser_is_noted_whoever_writes_and_that_somebody_signs_in_is_not(scene: Scene):
    person = scene.drafter
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_user SET is_active = false WHERE id = %s", [person.pk])
    assert last()[3:6] == ({"is_active": True}, {"is_active": False}, None)
    person.is_active = False
    with acting(lambda: scene.officer.pk):
        person.is_superuser = person.is_staff = True
        person.save()
    was, became = ({"is_superuser": to, "is_staff": to} for to in (False, True))
    assert last() == ("user", "update", person.pk, was, became, "officer", "drafter")

    before = len(changes())
    person.last_login, person.language = timezone.now(), "zh-hans"
    person.set_password("another one, and long")
    person.save()
    assert len(changes()) == before


def test_accounts_that_are_made_and_removed_are_noted_without_their_password(scene: Scene):
    made = factories.user("newcomer", email="new@example.org")
    said = {
        "username": "newcomer", "email": "new@example.org", "is_superuser": False, "is_staff": made.is_staff,
        "is_active": True,
    }  # fmt: skip
    pk = made.pk
    assert last() == ("user", "insert", pk, None, said, None, "newcomer")
    made.delete()
    assert last() == ("user", "delete", pk, said, None, None, "newcomer")


def test_tokens_are_noted_without_their_digest_and_each_use_is_not(scene: Scene):
    day = timezone.now() + timezone.timedelta(days=9)
    with acting(lambda: scene.metro_manager.pk):
        token, secret = tokens.issue_service(
            scene.metro,
            name="nightly",
            role=Role.EDITOR,
            scopes=[Scope.READ],
            expires_at=day,
            actor=scene.metro_manager,
        )
    [made] = changes(noun="apitoken")
    assert (made[:3], made[5:]) == (("apitoken", "insert", token.pk), ("metro-manager", "nightly"))
    assert (made[4]["scopes"], made[4]["organization_id"]) == (["read"], scene.metro.pk)
    assert token.digest not in str(made) and token.hint not in str(made)
    before = len(changes())
    assert Caller(secret=secret).get("me/").status_code == 200
    token.refresh_from_db()
    assert token.last_used_at and len(changes()) == before
    tokens.revoke(token, actor=scene.metro_manager)
    revoked = changes(noun="apitoken")[-1]
    assert (revoked[1], revoked[3], [*revoked[4]]) == ("update", {"revoked_at": None}, ["revoked_at"])
    assert last()[:5] == ("user", "update", token.user_id, {"is_active": True}, {"is_active": False})


def test_endpoints_are_noted_without_their_secret_and_each_call_is_not(scene: Scene):
    endpoint = WebhookEndpoint.objects.create(
        organization=scene.metro, name="orders", url="https://example.org/in", secret="sealed"
    )
    made = last()
    assert made[:3] == ("webhookendpoint", "insert", endpoint.pk) and made[4]["url"] == "https://example.org/in"
    assert "sealed" not in str(made)
    before = len(changes())
    endpoint.next_call_at = timezone.now()
    endpoint.save()
    assert len(changes()) == before
    endpoint.url = "https://example.com/in"
    endpoint.save()
    assert last()[3:5] == ({"url": "https://example.org/in"}, {"url": "https://example.com/in"})
    editor = factories.member(scene.metro, Role.EDITOR, "metro-editor")
    assert [
        Change.objects.visible_to(person).filter(noun="webhookendpoint").exists()
        for person in (scene.metro_manager, editor, scene.officer)
    ] == [True, False, False]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "superuser status: no → yes"), ("zh-hans", "超级用户状态：否 → 是")]
)
def test_superusers_read_what_was_done_to_accounts_in_words(scene: Scene, language: str, words: str):
    scene.drafter.is_superuser = True
    scene.drafter.save()
    root = factories.user("root", is_superuser=True, is_staff=True)
    for person, reads in ((root, True), (scene.officer, False)):
        client = Client(headers={"accept-language": language})
        client.force_login(person)
        for address in ("/admin/registry/change/?q=drafter", "/monitoring/audit/?of=changes&text=drafter"):
            assert (words in client.get(address).content.decode()) == reads, address


def test_a_change_says_who_what_before_and_after(scene: Scene):
    body = {"name": "Pole 7", "capacity": 3, "details": {"height_m": 31.5}}
    assert Caller(scene.metro_manager).patch(f"assets/{scene.near.pk}/", body).status_code == 200
    asset, tower = changes(row=scene.near.pk, act="update")
    assert asset == (
        "asset", "update", scene.near.pk, {"name": "", "capacity": 2}, {"name": "Pole 7", "capacity": 3},
        "metro-manager", "NEAR",
    )  # fmt: skip
    assert (tower[0], *tower[3:]) == ("tower", {"height_m": None}, {"height_m": 31.5}, "metro-manager", "NEAR")
    client = Client()
    client.force_login(scene.metro_manager)
    page = client.get(f"/assets/{scene.near.pk}/").content.decode()
    assert "capacity: 2 → 3" in page and "metro-manager" in page


def test_a_program_is_told_as_the_person_it_acts_as(scene: Scene):
    day = timezone.now() + timezone.timedelta(days=9)
    _token, secret = tokens.issue_personal(name="x", scopes=[Scope.WRITE], expires_at=day, actor=scene.metro_manager)
    assert Caller(secret=secret).patch(f"assets/{scene.near.pk}/", {"name": "by program"}).status_code == 200
    assert last()[5] == "metro-manager"


def test_rows_that_are_changed_past_the_application_are_noted_too_without_a_person(scene: Scene):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_asset SET terms = 'none' WHERE code IN ('NEAR', 'FAR')")
    found = changes(act="update", noun="asset")
    assert {(one[6], one[4]["terms"], one[5]) for one in found} == {("NEAR", "none", None), ("FAR", "none", None)}
    Asset.objects.update(terms="none")
    assert len(changes(act="update", noun="asset")) == 2, "what stays as it is, is no change"


def test_what_a_trigger_of_ones_own_changes_is_noted_too(scene: Scene):
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMPORARY TABLE mine (code text) ON COMMIT DROP;
            CREATE FUNCTION pg_temp.mine() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE registry_asset SET terms = 'none' WHERE code = NEW.code;
                RETURN NULL;
            END $$;
            CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION pg_temp.mine();
            INSERT INTO mine VALUES ('NEAR')
            """
        )
    assert last() == ("asset", "update", scene.near.pk, {"terms": ""}, {"terms": "none"}, None, "NEAR")


def test_no_plan_that_was_kept_for_single_rows_compares_each_of_many_with_each():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE starts_with(proname, 'registry_note_changed_')"
            " AND prosrc LIKE '%new_rows%' AND NOT 'enable_nestloop=off' = ANY (proconfig)"
        )
        assert cursor.fetchall() == []


def test_what_the_ledger_keeps_is_no_change_of_the_asset(scene: Scene):
    before = len(changes())
    factories.allocate(scene.near, 1)
    assert len(changes()) == before


def test_many_that_are_listed_at_once_are_one_line_and_found_by_each(scene: Scene):
    before = Change.objects.count()
    with acting(lambda: scene.metro_manager.pk):
        made = Asset.objects.bulk_create(factories.draft_asset(scene.metro, code=f"M-{n}") for n in range(50))
    assert Change.objects.count() == before + 1
    found = Change.objects.latest("pk")
    assert (found.act, found.count, found.organization, found.actor) == (
        "insert", 50, scene.metro, scene.metro_manager
    )  # fmt: skip
    for asset in (made[0], made[49]):
        assert [*Change.objects.of_asset(asset.pk)] == [found]
    assert not Change.objects.of_asset(made[49].pk + 1).exists()


@pytest.mark.django_db(transaction=True)
def test_details_that_come_to_an_asset_later_are_noted_and_those_that_come_with_it_are_not(scene: Scene):
    with transaction.atomic():
        made = Asset.objects.bulk_create(factories.draft_asset(scene.metro, code=f"L-{n}") for n in range(3))
        Tower.objects.create(asset=made[0], height_m=20)
    assert changes(noun="tower", label__startswith="L-") == []

    with acting(lambda: scene.metro_manager.pk):
        Tower.objects.bulk_create(Tower(asset=asset, height_m=30) for asset in made[1:])

    found = changes(noun="tower", label__startswith="L-")
    assert [(one[:3], one[4]["height_m"], *one[5:]) for one in found] == [
        (("tower", "insert", made[1].pk), 30, "metro-manager", "L-1"),
        (("tower", "insert", made[2].pk), 30, "metro-manager", "L-2"),
    ]
    assert [one.row for one in Change.objects.of_asset(made[2].pk).filter(noun="tower")] == [made[2].pk]


def test_what_is_removed_is_kept_whole(scene: Scene):
    gone, place = scene.far.pk, scene.far.geometry.coords
    scene.runner_up.delete()
    scene.far.delete()
    [asset] = changes(noun="asset", act="delete")
    assert (asset[2], asset[3]["code"], tuple(asset[3]["geometry"]["coordinates"])) == (gone, "FAR", place)
    assert not {*KEPT} & {*asset[3]}
    assert changes(noun="tower", act="delete")[0][2] == gone


def test_members_parties_plans_and_grants_are_noted(scene: Scene):
    with acting(lambda: scene.officer.pk):
        member = Membership.objects.get(user=scene.drafter)
        member.role = Role.MANAGER
        member.save()
        assert last()[:6] == ("membership", "update", member.pk, {"role": "editor"}, {"role": "manager"}, "officer")
        scene.party.contact_phone = "1"
        scene.party.save()
        assert (last()[0], *last()[4:6]) == ("organization", {"contact_phone": "1"}, "officer")
        plan = factories.planned_facility(scene.metro)
        assert last()[:3] == ("plannedfacility", "insert", plan.pk) and last()[4]["name"] == "Tunnel"
        today = timezone.localdate()
        grant = PlaceGrant.objects.create(
            organization=scene.party, region=scene.near.region, starts_on=today, ends_on=today, reason="flood",
            granted_by=scene.officer,
        )  # fmt: skip
        assert last()[:3] == ("placegrant", "insert", grant.pk) and last()[4]["reason"] == "flood"
        member.delete()
        assert last()[:2] == ("membership", "delete") and last()[3]["user_id"] == scene.drafter.pk


def test_work_in_the_background_is_that_of_who_ordered_it_and_of_nobody_after_it(scene: Scene):
    with acting_alone(scene.metro_manager.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE registry_asset SET name = 'x' WHERE code = 'NEAR'")
    assert last()[5] == "metro-manager"
    Asset.objects.filter(code="NEAR").update(name="y")
    assert last()[5] is None


def test_statements_answer_as_they_would_alone(scene: Scene):
    with acting(lambda: scene.officer.pk):
        assert Asset.objects.filter(owner=scene.metro).update(terms="t") == 1
        assert Tower.objects.filter(asset=scene.near).update(height_m=9) == 1
        made = factories.asset(scene.metro, code="NEW")
        assert Asset.objects.get(code="NEW").pk == made.pk
        assert made.delete()[0] == 2


@pytest.mark.parametrize(
    "verb", ["UPDATE registry_change SET act = 'x'", "DELETE FROM registry_change", "TRUNCATE registry_change"]
)
def test_the_database_changes_and_removes_no_line(scene: Scene, verb: str):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {verb}")


def test_owners_and_regulators_read_it_and_no_place_is_told(scene: Scene):
    hidden = factories.asset(scene.grid, code="SUB-9", at=(114.312345, 30.598765), protection="restricted")
    Asset.objects.filter(pk=hidden.pk).update(geometry="SRID=4326;POINT(114.319999 30.598888)", name="moved")
    for person, reads in (
        (scene.grid_manager, True), (scene.officer, True), (scene.metro_manager, False), (scene.asker, False)
    ):  # fmt: skip
        assert Change.objects.visible_to(person).filter(row=hidden.pk).exists() == reads
        client = Client()
        client.force_login(person)
        listed = client.get("/admin/registry/change/", {"q": "SUB"}).content.decode()
        assert ("place changed" in listed) == reads and "114.31" not in listed
        page = client.get(f"/assets/{hidden.pk}/").content.decode()
        assert ("place changed" in page) == reads
        assert "114.312345" not in page
