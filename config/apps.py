from django.contrib.admin.apps import AdminConfig


class AdminOfParties(AdminConfig):
    """Django's admin with the site of config.admin_site, which lets in the members of parties, not staff."""

    default_site = "config.admin_site.AdminSite"
