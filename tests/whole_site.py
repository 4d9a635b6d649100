"""A world in which every page of the site has something to show, where each page is, and who may open it."""

from functools import cache
from typing import Any, NamedTuple

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core.files.base import ContentFile
from django.http import HttpRequest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from registry.accounts import invitations
from registry.kinds import Kind
from registry.models import ImportJob, ImportTarget, JobStatus, Protection, User
from sharing.models import Demand, Inventory, Outcome, WebhookAttempt, WebhookDelivery
from sharing.monitoring import inventory
from sharing.notifications import outbox
from tests import factories
from tests.registry.web.account.conftest import knowing, with_app
from tests.sharing.api.world import World

# What a form sends itself to, a part of a page, or a file.
FORMS = """agreement-do asset-delete cobuild-group-do consent-do demand-list-do demand-list-request
    demand-remove demand-upload-land facility-delete import-land import-try import-undo inbox-mark inbox-mark-all
    inbox-open inventory-take invitation-again invitation-withdraw language match-do member-remove member-role
    organization-contact organization-invite token-revoke webhook-do webhook-replay"""
PARTS = "asset-places demand-check demand-list-near demand-list-progress"
FILES = """audit-file demand-list-print demand-template-csv demand-template-xlsx demand-upload-rejects import-rejects
    import-template indicator-file indicator-rows-file inventory-file match-letter report-file sample-file"""
# In the midst of signing in, or of a device: tests/browser/test_sign_in.py opens them.
IN_BETWEEN = {"mfa_authenticate", "mfa_reauthenticate_webauthn"}
# JSON; and another name of mfa_index.
NO_HTML = {"mfa_login_webauthn", "mfa_list_webauthn"}
NO_PAGES = {f"web:{name}" for names in (FORMS, PARTS, FILES) for name in names.split()} | IN_BETWEEN | NO_HTML


class Page(NamedTuple):
    """who: nobody where None. proven: whether they showed just now who they are. sent: by a form, of a page that
    answers one."""

    who: User | None
    path: str
    proven: bool = False
    sent: dict[str, Any] | None = None

    def client(self) -> Client:
        """Of whom may open it, signed in."""
        client = Client()
        if self.who:
            client.force_login(self.who)
        if self.who and self.proven:
            request = HttpRequest()
            request.session = session = client.session
            for factor in ("password", "mfa"):
                record_authentication(request, self.who, factor)
            session.save()
        return client

    def ask(self, client: Client) -> Any:
        """The answer."""
        return client.get(self.path) if self.sent is None else client.post(self.path, self.sent)


@cache
def names() -> set[str]:
    """The names of all pages of the site and of one's account."""

    def inside(resolver: URLResolver, space: str = "") -> set[str]:
        found: set[str] = set()
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                found |= inside(pattern, f"{pattern.namespace}:" if pattern.namespace == "web" else space)
            elif space or str(pattern.name).startswith(("account_", "mfa_", "usersessions_")):
                found.add(f"{space}{pattern.name}")
        return found

    return inside(get_resolver())


class WholeSite(World):
    """The world of the API's tests, in which everything has happened."""

    def __init__(self) -> None:
        super().__init__()
        self.group_found = self.joined_group()
        self.agreed = self.approved()
        self.asked = self.requested(
            factories.match(factories.demand(self.list, name="Site 2"), [factories.asset(self.metro, code="NEXT")])
        )
        self.requested(factories.match(factories.demand(self.list, name="Site 3"), [self.far]))
        self._told()
        self._filed()
        self.unmet = self._run_twice()
        self.plan = factories.planned_facility(self.grid)
        self.own = {kind: factories.asset(self.grid, kind, code=f"OWN-{kind}") for kind in Kind}
        factories.asset(self.grid, protection=Protection.CORE)
        inventory.take(self.grid, actor=self.grid_manager)
        self.invited = self.invitation()
        self.nobody = factories.user("of-no-party")
        self.keeper = with_app(knowing(factories.member(self.party, username="keeper")))
        self.holder = factories.member(self.party, username="holder")
        self.passkey = Authenticator.objects.create(
            user=self.holder, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
        )

    def _told(self) -> None:
        """What happened, by inbox, mail and webhook; of the webhook's calls one failed for good."""
        outbox.dispatch()
        call = WebhookDelivery.objects.filter(endpoint=self.endpoint).first()
        assert call
        WebhookAttempt.objects.create(delivery=call, started_at=timezone.now(), duration_ms=231, status_code=500)
        WebhookDelivery.objects.filter(pk=call.pk).update(status="parked", attempts=10, last_error="HTTP 500")

    def _filed(self) -> None:
        """What regulators keep, and files on their way in."""
        self.looked_into()
        self.made_report, self.drawn = self.report(), self.sample()
        self.upload = ImportJob.objects.create(
            organization=self.party, target=ImportTarget.DEMANDS, created_by=self.asker, filename="sites.csv",
            file=ContentFile(b"name\n", "sites.csv"), options={"title": "2027"}, status=JobStatus.DONE,
            rejected=[{"row": 2, "column": "lon", "reason": "x"}], rejects=ContentFile(b"row\n", "rejects.csv"),
        )  # fmt: skip

    def _run_twice(self) -> Demand:
        """A line that a second run of its list met with nothing, and that a change would meet."""
        twice = factories.demand_list(self.party, title="Run twice")
        line = factories.demand(twice, name="Site 5", mounting_height_m=30.0)
        before = factories.match_run(twice)
        Outcome.objects.create(run=before, demand=line, met=True)
        factories.match(line, [self.spare], run=before)
        self.runs = before, factories.match_run(twice)
        found = factories.unmet(line, reason="height")
        Outcome.objects.filter(pk=found.pk).update(
            funnel=self.outcome.funnel, nearest_miss=self.outcome.nearest_miss, change=self.outcome.change
        )
        return line

    def pages(self) -> dict[str, Page]:
        """Each page by its name; one that differs by what it shows, several times, with a word after the name."""
        return self._pages_of_assets() | self._pages_of_demands() | self._pages_of_work() | self._pages_of_account()

    def parts(self) -> dict[str, Page]:
        """Each part of a page that is asked for by itself."""
        draft, line = self.draft.pk, self.line
        typed = {
            "lon": "114.3055", "lat": "30.5928", "radius_m": "800", "name": "Site 9", "quantity": "1", "priority": "3",
            "start": f"{line.period.lower}", "end": f"{line.period.upper}", "weight_kg": "0", "wind_area_m2": "0",
            "power_kw": "0",
        }  # fmt: skip
        return {
            "web:asset-places": Page(self.grid_manager, "/assets/places/"),
            "web:demand-check": Page(self.asker, f"/lists/{draft}/check/tower/", sent=typed),
            "web:demand-list-near": Page(self.asker, f"/lists/{draft}/near/"),
            "web:demand-list-progress": Page(self.asker, f"/lists/{self.list.pk}/progress/"),
        }

    def _pages_of_assets(self) -> dict[str, Page]:
        owner, tower, plan = self.grid_manager, self.own[Kind.TOWER].pk, self.plan.pk
        paths = {
            "assets": "/assets/", "asset-terms": f"/assets/terms/?asset={tower}", "asset-reviews": "/assets/reviews/",
            "asset-kinds": "/assets/new/", "asset-edit": f"/assets/{tower}/edit/", "facilities": "/facilities/",
            "facility-new": "/facilities/new/", "facility": f"/facilities/{plan}/",
            "facility-edit": f"/facilities/{plan}/edit/", "imports": "/imports/",
        }  # fmt: skip
        for kind, asset in self.own.items():
            paths |= {f"asset {kind}": f"/assets/{asset.pk}/", f"asset-new {kind}": f"/assets/new/{kind}/"}
        pages = {f"web:{name}": Page(owner, path) for name, path in paths.items()}
        return pages | {"web:import": Page(self.metro_manager, f"/imports/{self.job.pk}/")}

    def _pages_of_demands(self) -> dict[str, Page]:
        draft, line = self.draft.pk, self.line.pk
        paths = {
            "demand-lists": "/lists/", "demand-list-new": "/lists/new/", "demand-list-upload": "/lists/upload/",
            "demand-upload-job": f"/lists/uploads/{self.upload.pk}/", "demand-list draft": f"/lists/{draft}/",
            "demand-list matched": f"/lists/{self.list.pk}/", "demand-list-rename": f"/lists/{draft}/title/",
            "demand-list-compare": f"/lists/{self.unmet.list_id}/compare/", "demand-upload": f"/lists/{draft}/upload/",
            "demand-paste": f"/lists/{draft}/paste/", "demand draft": f"/demands/{line}/",
            "demand met": f"/demands/{self.demand.pk}/", "demand unmet": f"/demands/{self.unmet.pk}/",
            "demand-change": f"/demands/{line}/change/",
        }  # fmt: skip
        paths |= {f"demand-new {kind}": f"/lists/{draft}/new/{kind}/" for kind in Kind}
        pages = {f"web:{name}": Page(self.asker, path) for name, path in paths.items()}
        return pages | {"web:demand-try": Page(self.asker, f"/demands/{self.unmet.pk}/try/", sent={"change": "0"})}

    def _pages_of_work(self) -> dict[str, Page]:
        asked = self.asked.consents.get()
        of_party = {
            "home": "/", "matches": "/matches/", "match": f"/matches/{self.match.pk}/", "agreements": "/agreements/",
            "agreement": f"/agreements/{self.agreed.pk}/", "cobuild-groups": "/cobuild/",
            "cobuild-group": f"/cobuild/{self.group_found.pk}/", "search": "/search/?q=site",
            "organizations": "/organizations/",
        }  # fmt: skip
        of_owner = {
            "consents": "/consents/", "consent": f"/consents/{asked.pk}/", "inbox": "/inbox/",
            "inbox-settings": "/inbox/settings/", "organization": "/organizations/metro/", "webhooks": "/webhooks/",
            "webhook-new": "/webhooks/new/", "webhook": f"/webhooks/{self.endpoint.pk}/",
        }  # fmt: skip
        of_regulator = {
            "monitoring": "/monitoring/", "audit": "/monitoring/audit/", "inventory": "/monitoring/inventory/",
            "reports": "/monitoring/reports/", "report": f"/monitoring/reports/{self.made_report.pk}/",
            "samples": "/monitoring/samples/", "sample": f"/monitoring/samples/{self.drawn.pk}/",
            "indicator": "/monitoring/sharing-rate/", "indicator-rows": "/monitoring/sharing-rate/rows/",
        }  # fmt: skip
        many = Page(self.metro_manager, "/consents/many/grant/", sent={"consent": asked.pk})
        filed = Inventory.objects.get(organization=self.grid)
        return {
            **{f"web:{name}": Page(self.asker, path) for name, path in of_party.items()},
            **{f"web:{name}": Page(self.metro_manager, path) for name, path in of_owner.items()},
            **{f"web:{name}": Page(self.officer, path) for name, path in of_regulator.items()},
            "web:consents-many": many,
            "web:inventory-of": Page(self.grid_manager, f"/monitoring/inventory/{filed.pk}/"),
        }

    def _pages_of_account(self) -> dict[str, Page]:
        keeper, holder, secret = self.keeper, self.holder, default_token_generator.make_token(self.keeper)
        address = EmailAddress.objects.create(user=keeper, email="new@telco.example", verified=False)
        mine, reset = user_pk_to_url_str(keeper), "account_reset_password_from_key"
        invited = reverse("web:invitation", args=[invitations.key_of(self.invited)])
        confirm = reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])
        proven = (
            "web:account", "web:tokens", "account_change_password", "account_email", "usersessions_list", "mfa_index",
            "mfa_deactivate_totp", "mfa_generate_recovery_codes",
        )  # fmt: skip
        strangers = (
            "account_login", "account_inactive", "account_reset_password", "account_reset_password_done",
            "account_reset_password_from_key_done", "account_email_verification_sent",
        )  # fmt: skip
        return {
            **{name: Page(keeper, reverse(name), proven=True) for name in proven},
            **{name: Page(None, reverse(name)) for name in strangers},
            **{name: Page(keeper, reverse(name)) for name in ("account_reauthenticate", "mfa_reauthenticate")},
            reset: Page(None, reverse(reset, kwargs={"uidb36": mine, "key": secret})),
            "account_confirm_email": Page(None, confirm),
            "account_logout": Page(self.asker, reverse("account_logout")),
            "account_set_password": Page(self.asker, reverse("account_set_password")),
            "mfa_activate_totp": Page(self.asker, reverse("mfa_activate_totp")),
            "mfa_add_webauthn": Page(self.asker, reverse("mfa_add_webauthn")),
            "mfa_edit_webauthn": Page(holder, reverse("mfa_edit_webauthn", args=[self.passkey.pk]), proven=True),
            "mfa_remove_webauthn": Page(holder, reverse("mfa_remove_webauthn", args=[self.passkey.pk]), proven=True),
            "web:invitation stranger": Page(None, invited),
            "web:invitation member": Page(self.asker, invited),
        }  # fmt: skip
