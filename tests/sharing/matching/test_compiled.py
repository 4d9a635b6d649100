"""Where what is compiled is kept: by the content of all of it, whoever owns the code."""

import os
from pathlib import Path

import numba
import pytest

from sharing.matching import compiled

HERE = Path(compiled.__file__).parent


def kept(monkeypatch: pytest.MonkeyPatch, *, writable: bool) -> Path:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(os, "access", lambda path, mode: writable)
    compiled._keep_by_content()
    return Path(numba.config.CACHE_DIR)


def test_it_is_kept_beside_the_code(monkeypatch: pytest.MonkeyPatch):
    folder = kept(monkeypatch, writable=True)
    assert (folder.parent, folder.name[:6], len(folder.name)) == (HERE / "__pycache__", "numba-", 22)


def test_where_the_code_is_anothers_it_is_kept_by_its_content_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = kept(monkeypatch, writable=False)
    assert folder == tmp_path / ".cache" / "infrashare" / kept(monkeypatch, writable=True).name
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert kept(monkeypatch, writable=False).parent == tmp_path / "cache" / "infrashare"
