"""What changes while a match is read is in the answer, or makes its fingerprint outdated."""

import pytest

from tests.calls import Caller
from tests.meanwhile import no_page_approves_what_it_does_not_show
from tests.sharing.scene import Scene, by_hand


@pytest.mark.parametrize("path", ["matches/{}/", "matches/?status=consented"])
@pytest.mark.parametrize(
    ("column", "new"),
    [
        ("sharing_consent SET conditions", "Only at night"),
        ("sharing_matchleg SET quantity", 71),
        ("sharing_match SET cost_per_year", 71),
    ],
)
def test_the_fingerprint_stands_for_what_is_told(scene: Scene, path: str, column: str, new: str | int):
    scene.consented()
    officer = Caller(scene.officer)

    def told() -> tuple[str, bool]:
        shown = officer.get(path.format(scene.match.pk)).json()
        match = shown["results"][0] if "results" in shown else shown
        told_values = [match["cost_per_year"], match["legs"][0]["quantity"], match["consents"][0]["conditions"]]
        return match["fingerprint"], new in told_values

    no_page_approves_what_it_does_not_show(scene.match, lambda: by_hand(f"UPDATE {column} = '{new}'"), told)
