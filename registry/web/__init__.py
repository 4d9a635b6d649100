"""The pages of what exists: catalog, assets, imports; and what all pages of the site share."""
