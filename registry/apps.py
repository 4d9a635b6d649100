from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from registry.checks import geospatial_libraries, patience_of_the_broker, servers


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("What exists")

    def ready(self) -> None:
        # Their modules load models, which are not there before.
        from registry.web.account import events  # noqa: PLC0415

        events.listen()
        register(geospatial_libraries, Tags.compatibility)
        register(servers, Tags.database)
        register(patience_of_the_broker)
