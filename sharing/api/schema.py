"""The recorded examples of this side of the API."""

from pathlib import Path
from typing import Any

from registry.api.schema import examples, with_examples

EXAMPLES = Path(__file__).with_name("examples.json")


def add_examples(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    return with_examples(result, examples(EXAMPLES))
