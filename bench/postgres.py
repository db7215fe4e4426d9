"""Does PostgreSQL prevent what is published of its isolation levels?

`python -m bench.postgres` starts a server of its own, in a folder that is removed afterwards, runs the
schedules of Hermitage at each level and compares what occurred with the table. It needs `initdb`,
`postgres` and `psql`; without them it says so and does nothing.
"""

from __future__ import annotations

import os
import pwd
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.hermitage import POSTGRESQL, SCHEDULES, SETUP, Answers, Schedule

PROGRAMS = ("initdb", "postgres", "psql")
PATIENCE = 20.0  # seconds for the server to start, or to answer
END = ":: answered"


def program(name: str) -> str | None:
    """Where a program is: on the path, or where Debian puts it."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or next(map(str, reversed(installed)), None)


def _user() -> str | None:
    """PostgreSQL does not run as root: whose it is then."""
    if os.geteuid():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def waited(ready: Callable[[], bool]) -> None:
    """Wait until something is so. Raises `TimeoutError`."""
    end = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the server does not answer")
        time.sleep(0.01)


@contextmanager
def server() -> Iterator[Path]:
    """A server that listens in a folder."""
    initdb, postgres = program("initdb"), program("postgres")
    assert initdb is not None
    assert postgres is not None
    folder, user = Path(tempfile.mkdtemp(prefix="dsmc-pg-")), _user()
    data = folder / "data"
    if user is not None:
        shutil.chown(folder, user)
    options = ["--no-sync", "--auth=trust", "--username=dsmc", "--pgdata", str(data)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([initdb, *options], check=True, user=user, cwd=folder, **quiet)  # type: ignore[call-overload]
    listen = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", str(folder)]
    running = subprocess.Popen([postgres, "-D", str(data), *listen], user=user, cwd=folder, **quiet)  # type: ignore[call-overload]
    try:
        waited((folder / ".s.PGSQL.5432").exists)
        waited(lambda: _answers(folder))
        yield folder
    finally:
        running.terminate()
        running.wait()
        shutil.rmtree(folder)


def _psql(folder: Path) -> list[str]:
    psql = program("psql")
    assert psql is not None
    return [psql, "-X", "-A", "-t", "-h", str(folder), "-U", "dsmc", "-d", "postgres"]


def _answers(folder: Path) -> bool:
    asked = [*_psql(folder), "-c", "select 1"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


class Session:
    """A client: what it asks is answered when the server does, perhaps only after another asked."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            _psql(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._got: list[str] = []
        self._waits = False
        self._tell("\\set VERBOSITY sqlstate")
        (self.pid,) = self.ask("select pg_backend_pid()")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def begin(self, statement: str) -> None:
        """Ask, and do not wait for the answer."""
        self._got, self._waits = [], True
        self._tell(f"{statement};")
        self._tell(f"\\echo {END}")

    def answered(self) -> bool:
        """Has the answer come?"""
        while self._waits and not self._lines.empty():
            line = self._lines.get()
            self._waits = line != END
            self._got += [line] if self._waits and line else []
        return not self._waits

    def answer(self) -> tuple[str, ...]:
        """The answer, once it has come."""
        waited(self.answered)
        return tuple(self._got)

    def ask(self, statement: str) -> tuple[str, ...]:
        """Ask, and wait for the answer."""
        self.begin(statement)
        return self.answer()

    def close(self) -> None:
        """End the client."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()


class Run:
    """One schedule, at one level."""

    def __init__(self, folder: Path, schedule: Schedule, stack: ExitStack) -> None:
        self._schedule = schedule
        self._admin = self._session(folder, stack)
        numbers = sorted({number for number, _ in schedule.steps})
        self._clients = {number: self._session(folder, stack) for number in numbers}
        self._open: dict[int, int] = {}  # which step a session waits in
        self._lines: dict[int, tuple[str, ...]] = {}

    @staticmethod
    def _session(folder: Path, stack: ExitStack) -> Session:
        made = Session(folder)
        stack.callback(made.close)
        return made

    def answers(self, level: str) -> Answers:
        """What comes back. A session that must wait does, and the next one goes on."""
        for statement in SETUP:
            self._admin.ask(statement)
        late = {number for number, text in self._schedule.steps if text == "begin"}
        for number, client in self._clients.items():
            client.ask(f"set session characteristics as transaction isolation level {level}")
            if number not in late:
                client.ask("begin")
        for step, (number, statement) in enumerate(self._schedule.steps):
            self._close(number)
            self._clients[number].begin(statement)
            self._open[number] = step
            waited(lambda: all(self._is_still(one) for one in self._open))
        for number in tuple(self._open):
            self._close(number)
        return Answers(self._lines, self._admin.ask("select * from test order by id"))

    def _is_still(self, number: int) -> bool:
        """Has a session its answer, or does it wait for a lock?"""
        client = self._clients[number]
        asked = f"select cardinality(pg_blocking_pids({client.pid}))"
        return client.answered() or self._admin.ask(asked) != ("0",)

    def _close(self, number: int) -> None:
        if number in self._open:
            self._lines[self._open.pop(number)] = self._clients[number].answer()


def occurred(folder: Path, schedule: Schedule, level: str) -> bool:
    """Was the anomaly there?"""
    with ExitStack() as stack:
        answers = Run(folder, schedule, stack).answers(level)
        return schedule.occurred(schedule.steps, answers)


def compared(folder: Path) -> bool:
    """Print the table, and say whether it is the published one."""
    print("yes: prevented; NO: occurred; !: the published table says otherwise")
    print(f"{'':24}" + "".join(f"{level:>18}" for level in POSTGRESQL))
    agree = True
    for schedule in SCHEDULES:
        cells = []
        for level, allowed in POSTGRESQL.items():
            found = occurred(folder, schedule, level)
            differs = found != (schedule.anomaly in allowed)
            agree &= not differs
            cells.append(("NO" if found else "yes") + "!" * differs)
        print(f"{schedule.name:24}" + "".join(f"{cell:>18}" for cell in cells), flush=True)
    return agree


def main() -> int:
    missing = [name for name in PROGRAMS if program(name) is None]
    if missing:
        print(
            f"PostgreSQL is not installed: there is no {', '.join(missing)}. Nothing was measured."
        )
        return 0
    with server() as folder:
        return 0 if compared(folder) else 1


if __name__ == "__main__":
    sys.exit(main())
