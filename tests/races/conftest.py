import pytest

from tests.sharing.scene import Scene


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    return Scene()
