"""Static files as a server collects them: under names that say their content, by which modules import each other."""

import json
import re
from pathlib import Path, PurePosixPath

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

IMPORTED = re.compile(r'^import .* from "(.+)";$', re.MULTILINE)


def test_they_are_collected_and_modules_import_each_other_by_names_that_say_their_content(settings, tmp_path: Path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static_files.Storage"}}
    # But for the compressed copies, which take minutes.
    found = {name for finder in get_finders() for name, _ in finder.list([])}
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = {PurePosixPath(name).suffix.removeprefix(".") for name in found}

    call_command("collectstatic", interactive=False, verbosity=0)

    names = json.loads((tmp_path / "staticfiles.json").read_text("utf-8"))["paths"]
    modules = [names[name] for name in names if name.startswith("web/") and name.endswith(".js")]
    asked = {
        (tmp_path / module).parent.joinpath(target).resolve().relative_to(tmp_path).as_posix()
        for module in modules
        for target in IMPORTED.findall((tmp_path / module).read_text("utf-8"))
    }
    assert {names["web/map.js"], names["vendor/maplibre-gl.mjs"]} <= asked
    assert asked <= set(names.values())
