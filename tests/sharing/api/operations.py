"""Every operation of the API: an address or a method that is not here fails test_access.py."""

from tests.sharing.api.registry_operations import OF_REGISTRY
from tests.sharing.api.sharing_operations import OF_SHARING

OPERATIONS = OF_REGISTRY | OF_SHARING
