"""What lies in a tile, for each viewer: exactly the assets, or their numbers, that the registry lets them know."""

from collections import Counter
from typing import Any

import pytest
import shapely

from registry.kinds import Kind
from registry.models import Asset, Disclosure, Membership, Protection, Sector, User
from registry.tiles import folding, grid, tile, versions
from registry.tiles.address import Selection, Tile
from registry.tiles.viewer import Viewer
from tests import factories
from tests.registry.tiles.reading import layers, mercator, middle_of, tile_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, User]:
    """Assets of every kind and protection of two owners in two districts, and all sorts of viewers."""
    metro = factories.organization("metro", sector=Sector.TRANSPORT)
    grid = factories.organization("grid", sector=Sector.POWER)
    told = factories.organization("told")
    n = 0
    for owner in (metro, grid):
        for within in (factories.JIANGAN, factories.WUCHANG):
            for kind in Kind:
                for protection in Protection:
                    n += 1
                    at = (114.28 + 0.0037 * (n % 7), 30.58 + 0.0041 * (n % 5))
                    asset = factories.asset(
                        owner, kind, at=at, to=(at[0] + 0.0031, at[1] + 0.0007), within=within, protection=protection,
                        capacity=4, used=n % 5,
                    )  # fmt: skip
                    if n % 6 in (1, 2):
                        Disclosure.objects.create(
                            asset=asset, organization=told, reason="consent", reference="0" * 31 + "1"
                        )
    folding.fold_all()
    return {
        "stranger": factories.member(factories.organization("stranger")),
        "owner": factories.member(metro, "viewer"),
        "told": factories.member(told),
        "regulator": factories.member(factories.regulator(of=factories.JIANGAN)),
        "regulator elsewhere": factories.member(factories.regulator(of=factories.XIANGYANG)),
        "superuser": factories.user("root", is_superuser=True),
        "nobody": factories.user("nobody"),
    }


VIEWERS = ("stranger", "owner", "told", "regulator", "regulator elsewhere", "superuser")


def known(user: User) -> list[Any]:
    return list(Asset.objects.visible_to(user).with_place_for(user).select_related("owner"))


def read(user: User, zoom: int, column: int, row: int, selection: Selection = Selection()) -> Any:  # noqa: B008
    asked = Tile(zoom, column, row), selection, Viewer(User.objects.get(pk=user.pk))
    made = tile.content(*asked, versions.standing(*asked).assets)
    return layers(made, zoom, column, row) if made else {}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_tile_of_few_has_each_asset_at_the_place_that_the_viewer_may_know(people: dict[str, User], viewer: str):
    user = people[viewer]
    # Of zoom 9 one tile holds them all; a pixel of its 4,096 is 16 m at Wuhan.
    [at] = {tile_at(*factories.WUHAN, 9)}
    found = read(user, *at)
    assert set(found) == {"assets"}
    shown = {feature["mvt_id"]: feature for feature in found["assets"]}
    expected = {asset.pk: asset for asset in known(user)}
    assert set(shown) == set(expected)
    for pk, asset in expected.items():
        feature = shown[pk]
        assert (feature["kind"], feature["sector"], feature["owner"]) == (
            asset.kind, asset.owner.sector, asset.owner.code
        )  # fmt: skip
        assert feature["free_share"] == pytest.approx(asset.free_today / asset.capacity, abs=0.006)
        assert bool(feature["exact"]) is asset.place_is_exact
        place = shapely.from_wkt(asset.place.wkt)
        metres = shapely.transform(place, lambda points: [mercator(*point) for point in points])
        assert shapely.hausdorff_distance(feature["at"], metres) < 40
        # A line between two masks in one cell has no length.
        assert feature["at"].geom_type == ("LineString" if metres.length else "Point")


def middle_of_cell(zoom: int, column: int, row: int, pixel: float) -> tuple[float, float]:
    half, side = 20_037_508.34, 2 * 20_037_508.34 / (1 << zoom)
    return ((column + 0.5) * side - half) / pixel, (half - (row + 0.5) * side) / pixel


@pytest.mark.parametrize("zoom", [0, 5, 9, 12, 13, 14, 16, 18])
@pytest.mark.parametrize("viewer", VIEWERS)
def test_clusters_count_what_the_viewer_may_know_and_where(
    people: dict[str, User], viewer: str, zoom: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tile, "MOST_FEATURES", 0)
    monkeypatch.setattr(tile, "FEW_FEATURES", 0)
    user = people[viewer]
    expected: dict[Any, Counter[str]] = {}
    places: dict[Any, list[Any]] = {}
    deepest = min(zoom, 14)
    for asset in known(user):
        middle = middle_of(asset.place)
        key = (tile_at(*middle, zoom), tile_at(*middle, deepest + 4))
        numbers = expected.setdefault(key, Counter())
        numbers.update(
            {"count": 1, f"kind_{asset.kind}": 1, f"sector_{asset.owner.sector}": 1,
             "with_free_units": int(asset.free_today > 0)}
        )  # fmt: skip
        places.setdefault(key, []).append(mercator(*middle))
    pixel = 2 * 20_037_508.34 / (1 << zoom) / 4096
    for at in {key[0] for key in expected}:
        found = read(user, *at)
        assert set(found) == {"clusters"}
        shown = {}
        for feature in found["clusters"]:
            x, y = feature.pop("at").coords[0]
            feature.pop("mvt_id")
            shown[round(x / pixel), round(y / pixel)] = {name: n for name, n in feature.items() if n}
        wanted = {}
        for key, numbers in expected.items():
            if key[0] == at:
                xs, ys = zip(*places[key], strict=True)
                centre = (sum(xs) / len(xs) / pixel, sum(ys) / len(ys) / pixel)
                if len(xs) == 1 and User.objects.get(pk=user.pk).sees_protected:
                    # An exact place would have to be recorded as seen.
                    centre = middle_of_cell(*key[1], pixel)
                wanted[centre] = {name: n for name, n in numbers.items() if n}
        assert len(shown) == len(wanted)
        for (x, y), numbers in wanted.items():
            near = [n for (a, b), n in shown.items() if abs(a - x) < 2 and abs(b - y) < 2]
            assert numbers in near


@pytest.mark.parametrize("zoom", [3, 15])
@pytest.mark.parametrize(
    "selection",
    [Selection(kinds=("tower", "fiber")), Selection(sectors=("power",)), Selection(("duct",), ("transport", "other"))],
)
def test_kinds_and_sectors_are_selected_alike_in_clusters_and_one_by_one(
    people: dict[str, User], selection: Selection, zoom: int, monkeypatch: pytest.MonkeyPatch
):
    user = people["owner"]
    wanted = [a for a in known(user) if a.kind in selection.kinds and a.owner.sector in selection.sectors]
    tiles = {tile_at(*middle_of(asset.place), zoom) for asset in wanted}
    each = {feature["mvt_id"] for at in tiles for feature in read(user, *at, selection)["assets"]}
    assert each == {asset.pk for asset in wanted}
    monkeypatch.setattr(tile, "MOST_FEATURES", 0)
    monkeypatch.setattr(tile, "FEW_FEATURES", 0)
    clusters = [feature for at in tiles for feature in read(user, *at, selection).get("clusters", [])]
    assert sum(feature["count"] for feature in clusters) == len(wanted)
    assert sum(f.get(f"kind_{kind}") or 0 for f in clusters for kind in selection.kinds) == len(wanted)


def test_an_owner_is_selected_one_by_one_and_gathered(people: dict[str, User], monkeypatch: pytest.MonkeyPatch):
    user, selection = people["regulator"], Selection(owner="grid")
    wanted = [asset for asset in known(user) if asset.owner.code == "grid"]
    tiles = {tile_at(*middle_of(asset.place), 12) for asset in wanted}
    assert {f["mvt_id"] for at in tiles for f in read(user, *at, selection)["assets"]} == {a.pk for a in wanted}
    monkeypatch.setattr(tile, "FEW_FEATURES", 0)
    clusters = [feature for at in tiles for feature in read(user, *at, selection)["clusters"]]
    assert sum(feature["count"] for feature in clusters) == len(wanted)
    assert sum(feature["with_free_units"] or 0 for feature in clusters) == sum(a.free_today > 0 for a in wanted)


def test_lines_that_only_pass_are_drawn_beside_what_stands_there(monkeypatch: pytest.MonkeyPatch):
    owner, viewer = factories.organization("metro"), factories.member(factories.organization("stranger"))
    zoom, column, row = tile_at(*factories.WUHAN, 15)
    west, south, east, north = map(float, grid.box(column, row, zoom))
    middle = (west + east) / 2, (south + north) / 2
    here = {factories.asset(owner, at=(middle[0] + n * 1e-5, middle[1])).pk for n in range(5)}
    passing = [
        factories.asset(owner, Kind.DUCT, at=(middle[0] - 0.001, middle[1]), to=(middle[0] + 0.1, middle[1])).pk
        for _line in range(4)
    ]
    folding.fold_all()
    monkeypatch.setattr(tile, "MOST_FEATURES", 5)
    drawn = read(viewer, *tile_at(*factories.WUHAN, 15))
    assert set(drawn) == {"clusters"}, "nine are more than 1.6 times five"
    Asset.objects.get(pk=passing.pop()).delete()
    folding.fold_all()
    drawn = read(viewer, *tile_at(*factories.WUHAN, 15))
    assert {feature["mvt_id"] for feature in drawn["assets"]} == here | set(passing)


def test_a_tile_too_large_to_draw_one_by_one_shows_clusters(people: dict[str, User], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tile, "MOST_BYTES", 200)
    assert set(read(people["owner"], *tile_at(*factories.WUHAN, 9))) == {"clusters"}


def test_whoever_changes_the_organization_sees_as_the_new_one_and_no_longer_as_the_old_one(people: dict[str, User]):
    [at] = {tile_at(*factories.WUHAN, 9)}
    person, owner = people["stranger"], people["owner"]
    before = read(person, *at)["assets"]
    Membership.objects.filter(user=person).update(organization=Membership.objects.get(user=owner).organization)
    exact = {feature["mvt_id"] for feature in read(person, *at)["assets"] if feature["exact"]}
    assert exact == {feature["mvt_id"] for feature in read(owner, *at)["assets"] if feature["exact"]}
    assert len(exact) > sum(feature["exact"] for feature in before)
    Membership.objects.filter(user=person).update(
        organization=Membership.objects.get(user=people["told"]).organization
    )
    assert read(person, *at) == read(people["told"], *at)


def test_a_tile_without_assets_is_empty(people: dict[str, User]):
    assert read(people["owner"], *tile_at(0, 0, 9)) == {}
    assert read(people["owner"], *tile_at(*factories.WUHAN, 9), Selection(kinds=())) == {}


def test_whoever_belongs_to_no_organization_sees_no_asset(people: dict[str, User]):
    assert read(people["nobody"], *tile_at(*factories.WUHAN, 14)) == {}
