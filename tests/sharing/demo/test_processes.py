import os
import signal
from pathlib import Path

import pytest

from sharing.demo import processes
from sharing.demo.processes import ProgramFailed, Programs

SLEEPER = "import time\nwhile True: time.sleep(1)\n"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('deaf', 'w').close()\n" + SLEEPER


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where programs to be started may be put."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_programs_end_with_their_context_even_when_it_fails(modules: Path) -> None:
    (modules / "sleeper.py").write_text(SLEEPER)
    with pytest.raises(KeyboardInterrupt), Programs(modules / "logs") as programs:
        programs.start("one", ("sleeper",))
        programs.start("other", ("sleeper",))
        pids = [process.pid for process in programs._running.values()]
        programs.check()
        raise KeyboardInterrupt
    assert [is_running(pid) for pid in pids] == [False, False]


def test_a_program_that_ends_by_itself_is_named_with_the_end_of_its_log(modules: Path) -> None:
    (modules / "failing.py").write_text("raise SystemExit('no such table')\n")
    with Programs(modules / "logs") as programs:
        programs.start("worker", ("failing",))
        programs._running["worker"].wait()
        with pytest.raises(ProgramFailed, match=r"worker ended by itself:\n    no such table"):
            programs.check()


def test_a_program_that_does_not_listen_is_killed(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEAVE_S", 0.2)
    (modules / "stubborn.py").write_text(STUBBORN.replace("deaf", str(modules / "deaf")))
    with Programs(modules / "logs") as programs:
        programs.start("stubborn", ("stubborn",))
        process = programs._running["stubborn"]
        while not (modules / "deaf").exists():
            programs.check()
    assert process.returncode == -signal.SIGKILL


def test_stopping_twice_does_nothing_the_second_time(modules: Path) -> None:
    (modules / "sleeper.py").write_text(SLEEPER)
    with Programs(modules / "logs") as programs:
        programs.start("one", ("sleeper",))
        programs.stop()
        programs.stop()
        programs.check()
