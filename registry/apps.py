from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from registry.checks import geospatial_libraries, patience_of_the_broker, servers
from registry.days import tell_functions


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
        post_migrate.connect(tell_functions, sender=self)
