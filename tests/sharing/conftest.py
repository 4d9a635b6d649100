import pytest

from tests.sharing.scene import Scene


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()
