"""Everything the demo lists, through the same doors as anybody's files: the functions behind `manage.py import_*`."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import LineString
from django.utils import timezone

from registry import capacity
from registry.capacity import Claim
from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.importing.organizations import import_organizations
from registry.importing.report import ImportReport
from registry.models import Asset, Membership, Organization, PlannedFacility, Purpose, Region, User
from registry.models.region import GB_T_2260
from sharing.demo import extension
from sharing.demo.catalogue import AssetFile, all_assets, write_assets
from sharing.demo.districts import WUHAN
from sharing.demo.parties import METRO, PARTIES, PASSWORD, PEOPLE

COLUMNS = ("code", "name", "sector", "region", "social_credit_code", "contact_email", "regulates")


@dataclass(frozen=True)
class Loaded:
    """A file and what its import said."""

    path: Path
    report: ImportReport


def load_organizations(folder: Path) -> Loaded:
    path = folder / "organizations.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([getattr(party, column) for column in COLUMNS] for party in PARTIES)
    return Loaded(path, import_organizations(path, options=Options()))


def make_people() -> int:
    """Users with their memberships. One password for all, so only where sharing.demo.database allows it."""
    organizations = Organization.objects.in_bulk([party.code for party in PARTIES], field_name="code")
    password = make_password(PASSWORD)  # a second of work on purpose, so once
    for person in PEOPLE:
        user = User.objects.create(
            username=person.username,
            email=person.email,
            password=password,
            first_name=person.first_name,
            last_name=person.last_name,
            language=person.language,
            is_staff=True,
        )
        Membership.objects.create(user=user, organization=organizations[person.party], role=person.role)
    return len(PEOPLE)


def load_assets(folder: Path, progress: Callable[[Loaded, AssetFile], None]) -> list[Loaded]:
    """All asset files; `progress` is called after each."""
    organizations = Organization.objects.select_related("region").in_bulk(field_name="code")
    loaded = []
    for file in write_assets(all_assets(timezone.localdate()), folder):
        report = import_assets(
            file.path,
            owner=organizations[file.owner],
            kind=file.kind,
            options=Options(constants={"source": file.source}),
        )
        loaded.append(Loaded(file.path, report))
        _enter_holdings(file, organizations)
        progress(loaded[-1], file)
    return loaded


def make_extension(today: date) -> PlannedFacility:
    """The planned metro extension, and the assets reserved in it."""
    facility = PlannedFacility.objects.create(
        owner=Organization.objects.get(code=METRO),
        code=extension.CODE,
        region=Region.objects.get(scheme=GB_T_2260, code=WUHAN),
        geometry=LineString(extension.route().points, srid=4326),
        **extension.FACTS,
        **extension.dates(today),
    )
    Asset.objects.filter(owner__code=METRO, source=extension.SOURCE).update(planned_facility=facility)
    return facility


def _enter_holdings(file: AssetFile, organizations: dict[str, Organization]) -> None:
    """What files have no columns for: own use with its loads, what tenants hold, and what the owner reserves."""
    rows = [row for row in file.rows if row.used_loads or row.reserved_units]
    owner, today = organizations[file.owner], timezone.localdate()
    ids = dict(Asset.objects.filter(owner=owner, code__in=[row.code for row in rows]).values_list("code", "pk"))
    claims: dict[Purpose, list[Claim]] = {Purpose.OWN_USE: [], Purpose.GRANTED: [], Purpose.RESERVED: []}
    for row in rows:
        asset = ids[row.code]
        if row.used_loads:
            end = today.replace(year=today.year + row.tenant_years, month=1, day=1) if row.tenant_years else None
            holder = organizations[row.tenant or row.owner].pk
            loads = {load: Decimal(str(amount)) for load, amount in row.used_loads.items()}
            purpose = Purpose.GRANTED if row.tenant else Purpose.OWN_USE
            claims[purpose].append(Claim(asset, row.used_units, today, end, holder, loads=loads))
        if row.reserved_units:
            claims[Purpose.RESERVED].append(Claim(asset, row.reserved_units, today, None, owner.pk))
    for purpose, group in claims.items():
        if group:
            capacity.allocate(group, purpose=purpose)
