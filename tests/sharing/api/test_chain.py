"""The whole chain by calls alone: list, lines, matching, request, consent, approval, agreement, end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry.kinds import Kind
from registry.models import Purpose, Role, Sector
from sharing.notifications import outbox
from sharing.tasks.matching import carry_out
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db


def test_a_demand_becomes_an_agreement_and_everybody_reads_of_it():
    metro = factories.organization("metro", sector=Sector.TRANSPORT)
    telco = factories.organization("telco", sector=Sector.TELECOM)
    bureau = factories.regulator("bureau")
    asker = Caller(factories.member(telco, Role.MANAGER, "asker"))
    owner = Caller(factories.member(metro, Role.MANAGER, "owner"))
    officer = Caller(factories.member(bureau, Role.MANAGER, "officer"))
    tower = factories.asset(metro, Kind.TOWER, capacity=3, used=1, code="NEAR")

    made = asker.post("demand-lists/", {"party": "telco", "title": "5G"})
    assert (made.status_code, made.json()["status"], made.json()["demands"]) == (201, "draft", 0)
    address = made["Location"]
    assert asker.get(address).json() == made.json()
    start = timezone.localdate() + timedelta(days=30)
    line = {
        "kind": "tower",
        "quantity": 2,
        "period": {"start": start.isoformat(), "end": None},
        "location": {"type": "Point", "coordinates": list(factories.WUHAN)},
        "radius_m": 500,
    }
    added = asker.post(f"{address}demands/", [line])
    assert (added.status_code, [one["line"] for one in added.json()["results"]]) == (201, [1]), added.content
    submitted = asker.post(f"{address}submit/")
    assert submitted.status_code == 202
    run = submitted.json()["run"]
    assert asker.get(f"match-runs/{run}/").json()["status"] == "queued"
    carry_out(run)
    assert asker.get(f"match-runs/{run}/").json()["status"] == "done"
    assert asker.get(address).json()["status"] == "matched"

    [match] = asker.get("matches/", run=run).json()["results"]
    assert (match["status"], match["actions"]) == ("proposed", ["request"])
    assert [(leg["asset_code"], leg["owner"], leg["quantity"]) for leg in match["legs"]] == [("NEAR", "metro", 2)]
    problem(owner.get(f"matches/{match['id']}/"), 404, "not_seen")
    requested = asker.post(f"matches/{match['id']}/request/")
    assert (requested.status_code, requested.json()["status"]) == (200, "requested")
    held = owner.get("allocations/", asset=tower.pk, purpose="held").json()["results"]
    assert [(one["holder"], one["units"]) for one in held] == [("telco", {"first": 2, "last": 3})]

    [consent] = owner.get("consents/", status="pending").json()["results"]
    assert consent["actions"] == ["grant", "refuse"]
    problem(asker.post(f"consents/{consent['id']}/grant/"), 403, "not_yours")
    granted = owner.post(f"consents/{consent['id']}/grant/", {"conditions": "By day."})
    assert (granted.json()["status"], granted.json()["conditions"]) == ("granted", "By day.")

    shown = officer.get(f"matches/{match['id']}/").json()
    assert shown["actions"] == ["approve", "reject", "assign"]
    problem(officer.post(f"matches/{match['id']}/approve/", {"fingerprint": "0" * 64}), 409, "stale_form")
    approved = officer.post(f"matches/{match['id']}/approve/", {"fingerprint": shown["fingerprint"]})
    assert approved.json()["status"] == "approved"
    problem(officer.post(f"matches/{match['id']}/approve/", {"fingerprint": shown["fingerprint"]}), 409, "wrong_state")
    [agreement] = asker.get("agreements/").json()["results"]
    assert (agreement["match"], agreement["actions"]) == (match["id"], ["end", "renew"])
    assert (
        owner.get("allocations/", purpose=Purpose.GRANTED).json()["results"][0]["reference"]
        == (match["legs"][0]["reference"])
    )
    outbox.dispatch()
    told = asker.get("notifications/", unread=True).json()["results"]
    assert "match.approved" in [one["type"] for one in told]
    assert asker.post(f"notifications/{told[0]['id']}/read/").json()["read_at"]
    assert len(asker.get("notifications/", unread=True).json()["results"]) == len(told) - 1
    ended = owner.post(f"agreements/{agreement['id']}/end/", {"reason": "Rebuilt", "on": start.isoformat()})
    assert ended.status_code == 200, ended.content
    kinds = [event["type"] for event in asker.get("events/", match=match["id"]).json()["results"]]
    assert kinds[:2] == ["consent.asked", "match.requested"]
