"""Static files under names that say their content, so that browsers keep them for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Also renames what the site's JavaScript modules import from each other."""

    support_js_module_import_aggregation = True
