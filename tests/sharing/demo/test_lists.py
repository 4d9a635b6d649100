from collections import Counter
from datetime import date

from registry.kinds import Kind
from sharing.demo.lists import Posting, postings
from sharing.demo.parties import MOBILE, POLICE, TELECOM

TODAY = date(2026, 11, 24)


def by_stem() -> dict[str, Posting]:
    return {posting.stem: posting for posting in postings(TODAY)}


def test_the_lists_are_the_same_for_the_same_day() -> None:
    assert postings(TODAY) == postings(TODAY)


def test_one_list_is_of_routes() -> None:
    routes = by_stem()["routes"]
    assert routes.party == TELECOM
    assert Counter(row["kind"] for row in routes.rows) == {Kind.DUCT: 22, Kind.FIBER: 23}


def test_two_operators_ask_for_the_same_things_in_the_same_places() -> None:
    mobile, telecom = by_stem()["hankou-mobile"], by_stem()["hankou-telecom"]
    assert (mobile.party, telecom.party) == (MOBILE, TELECOM)
    assert mobile.rows[0]["name"] == "Guarded core node"
    for ours, theirs in zip(mobile.rows[1:], telecom.rows, strict=True):
        assert {**ours, "lon": 0, "lat": 0, "priority": 0} == {**theirs, "lon": 0, "lat": 0, "priority": 0}
        assert abs(float(ours["lon"]) - float(theirs["lon"])) < 0.0005


def test_one_list_has_bad_rows_at_its_end() -> None:
    cameras = by_stem()["cameras"]
    assert cameras.party == POLICE
    assert (len(cameras.rows), cameras.bad_rows) == (22, 6)


def test_a_quarter_of_the_lines_begins_at_once() -> None:
    starts = Counter(row["start"] == TODAY.isoformat() for posting in postings(TODAY) for row in posting.rows)
    assert starts[True] / starts.total() > 0.15
