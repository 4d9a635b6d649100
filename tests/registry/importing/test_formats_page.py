"""docs/formats.md says what the code does."""

from pathlib import Path

import pytest

from registry.importing.quantities import UNITS
from registry.importing.sources import FORMATS
from registry.importing.synonyms import ASSET, KIND, ORGANIZATION, REGION, SYNONYMS, TERRAIN
from sharing.importing.headings import DEMAND

PAGE = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
TABLES = {"asset": ASSET, "organization": ORGANIZATION, "region": REGION, "terrain": TERRAIN, "demand": DEMAND, **KIND}


@pytest.mark.parametrize("name", TABLES)
def test_every_recognised_heading_stands_in_its_row_of_the_page(name: str) -> None:
    for target, headings in TABLES[name].items():
        rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{target}` |")]
        expected = {f"`{heading}`" for heading in headings}
        assert any(expected <= set(row.replace(",", " ").split()) for row in rows), target


def test_every_unit_word_and_format_stands_on_the_page() -> None:
    missing = [unit for units in UNITS.values() for unit in units if f"`{unit}`" not in PAGE]
    missing += [word for words in SYNONYMS.values() for word in words if f"`{word}`" not in PAGE]
    assert missing == []
    assert [name for name in FORMATS if name not in PAGE] == []
