"""Processes of the site that come and go, and the files in which they count."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

COUNTED = (
    "import sys; from config.counting import share_files; share_files()\n"
    "from prometheus_client import Counter\n"
    "counter = Counter('told', 'By one.')\n"
    "for line in sys.stdin: counter.inc(int(line)); print('told', flush=True)"
)


class Process:
    """One of the site's, that counts what it is told."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", COUNTED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        )  # fmt: skip

    def counts(self, times: int) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{times}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "told\n"

    def dies(self) -> None:
        self.process.kill()
        self.process.communicate()


def told(folder: Path) -> float | None:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return registry.get_sample_value("told_total")


def test_who_comes_after_a_dead_process_counts_on_in_its_file(tmp_path: Path):
    total = 0
    for times in (2, 3, 4):
        process = Process(tmp_path)
        process.counts(times)
        process.dies()
        total += times
        assert told(tmp_path) == total
    assert [path.name for path in tmp_path.glob("*.db")] == ["counter_0.db"]


def test_processes_at_once_have_a_file_each(tmp_path: Path):
    first, second = Process(tmp_path), Process(tmp_path)
    first.counts(2)
    second.counts(3)
    first.dies()
    third = Process(tmp_path)
    third.counts(4)
    second.counts(5)
    assert told(tmp_path) == 14
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["counter_0.db", "counter_1.db"]
    second.dies()
    third.dies()
