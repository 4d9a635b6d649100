"""The table of figures, printed, and docs/benchmarks/results.json."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "results.json"
COLUMNS = ("name", "value", "unit", "limit", "reference", "ratio", "holds")


def table(figures: list[dict[str, Any]]) -> str:
    """The figures with their headings, one a line, numbers to the right."""
    rows = [COLUMNS, *(tuple(_text(figure[column]) for column in COLUMNS) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column in ("name", "unit") else cell.rjust(width)
            for column, cell, width in zip(COLUMNS, row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 10_000 else _whole(value)


def _whole(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def save(figures: list[dict[str, Any]], path: Path = RESULTS) -> None:
    """Put the figures in the file: in place of those of the same name, the others stay."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    new = {figure["name"]: figure for figure in figures}
    merged = [new.pop(figure["name"], figure) for figure in kept] + list(new.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(merged, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
