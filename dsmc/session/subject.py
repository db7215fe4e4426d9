"""What is checked."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.coverage.vacuity import Probed, probed
from dsmc.frozen import Frozen
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.typecheck.models import ExpectCount


class Subject(Frozen):
    """The system of a job, or another one in its place; the same with probes behind its properties,
    and the reference of that.
    """

    job: Job
    system: System
    probed: Probed
    machine: PythonMachine

    @property
    def is_counted(self) -> bool:
        """Is it expected how many states there are?"""
        return any(isinstance(e, ExpectCount) for e in self.job.expectations)


def subject(job: Job, system: System) -> Subject:
    """The subject that a job's system is."""
    with_probes = probed(system)
    return Subject(job, system, with_probes, PythonMachine(with_probes.system))
