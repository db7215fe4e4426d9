"""From files to what can be checked: specs with their imports, models with what they set."""

from __future__ import annotations

import functools
import os
from importlib import resources
from pathlib import Path

from dsmc.diagnostics import Mistakes, Problems, did_you_mean
from dsmc.frozen import Frozen
from dsmc.source import NOWHERE, Source, Span
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed, parse
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.models import Expectation, Model, models_of
from dsmc.typecheck.program import check_spec

#: Words whose meaning is in the library that is written in the language itself.
_PRELUDE = {"clocks.dsm": ("lamport<", "vclock<", "hlc<")}


class Overrides(Frozen):
    """What the command line sets: `N=5` for constants, the text of a `faults` block."""

    constants: tuple[str, ...] = ()
    faults: str | None = None


class Job(Frozen):
    """One thing to check: the files of a spec, an instance of it, what is expected of it.

    `name` is the model's (empty for a spec as it stands); `path` the file that it is in.
    """

    name: str
    path: Path
    files: tuple[Parsed, ...]
    instance: Instance
    expectations: tuple[Expectation, ...]
    doc: str


def jobs_in(path: Path, overrides: Overrides = Overrides()) -> tuple[Job, ...]:  # noqa: B008
    """What a file asks to be checked: its models, or, if it has none, its spec.

    Raises `Mistakes`, with all that can be found, if something cannot be read or parsed.
    """
    return _Loader().jobs(path, overrides)


class _Loader:
    """Reads each file once."""

    def __init__(self) -> None:
        self._problems = Problems()
        self._files: dict[Path, Parsed | None] = {}

    def jobs(self, path: Path, overrides: Overrides) -> tuple[Job, ...]:
        extra = _overridden(overrides, self._problems)
        parsed = self._load(path, NOWHERE)
        if parsed is None:
            raise Mistakes(self._problems.sorted())
        self._problems.extend(parsed.problems)
        models = models_of(parsed, self._problems)
        jobs = [job for model in models if (job := self._model_job(path, parsed, model, extra))]
        if not models and not _declares(parsed) and not parsed.problems:
            self._problems.add(
                "D708",
                Span(parsed.source, 0, 0),
                f"`{path}` declares nothing to check",
                help=f"start with `spec {path.stem}`, or with `dsmc new {path.stem}`",
            )
        if not models:
            jobs = [Job("", path, self._with_imports(path, parsed), extra, (), "")]
        if self._problems:
            for job in jobs:
                self._problems.extend(check_spec(job.files, job.instance).problems)
            raise Mistakes(self._problems.sorted())
        return tuple(jobs)

    def _model_job(self, path: Path, parsed: Parsed, model: Model, extra: Instance) -> Job | None:
        instance = _combined(model.instance, extra)
        spec_path, spec = path, parsed
        if model.spec is not None:
            spec_path = Path(os.path.normpath(path.parent / model.spec.text))
            found = self._load(spec_path, model.spec.span)
            if found is None:
                return None
            spec = found
        if not _declares(spec):
            place = model.spec.span if model.spec is not None else model.span
            help = 'name the spec: `model m of "spec.dsm" { … }`' if model.spec is None else ""
            self._problems.add("D708", place, f"`{spec_path}` declares nothing to check", help=help)
            return None
        files = self._with_imports(spec_path, spec)
        return Job(model.name, path, files, instance, model.expectations, model.doc)

    # ------------------------------------------------------------ files

    def _load(self, path: Path, asked_at: Span) -> Parsed | None:
        """A parsed file; None, reported, if it cannot be read."""
        if path not in self._files:
            self._files[path] = self._read(path, asked_at)
        return self._files[path]

    def _read(self, path: Path, asked_at: Span) -> Parsed | None:
        try:
            return _parsed(str(path), Source.read(path).text)
        except FileNotFoundError:
            near = did_you_mean(path.name, _neighbours(path))
            self._problems.add("D701", asked_at, f"there is no file `{path}`", help=near)
        except IsADirectoryError:
            help = f"dsmc test {path}"
            self._problems.add("D701", asked_at, f"`{path}` is a folder", help=help)
        except UnicodeDecodeError as error:
            message = f"`{path}` is not UTF-8 text (byte {error.start})"
            self._problems.add("D702", asked_at, message)
        except ValueError as error:
            self._problems.add("D701", asked_at, f"`{path}` is no name of a file: {error}")
        except OSError as error:
            message = f"`{path}` cannot be read: {error.strerror}"
            self._problems.add("D701", asked_at, message)
        return None

    def _with_imports(self, path: Path, parsed: Parsed) -> tuple[Parsed, ...]:
        """A file after the files that it imports, each once; what it needs of the library first."""
        found: dict[Path, Parsed] = {}
        self._import(path, parsed, found, [])
        library = [name for name, words in _PRELUDE.items() if _mentions(found, words)]
        return (*(_prelude(name) for name in library), *found.values())

    def _import(
        self, path: Path, parsed: Parsed, found: dict[Path, Parsed], open_: list[Path]
    ) -> None:
        here = path.resolve()
        for item in parsed.file.items:
            if not isinstance(item, ast.ImportFile):
                continue
            wanted = Path(os.path.normpath(path.parent / item.path.text))
            if wanted.resolve() in (*open_, here):
                self._problems.add("D703", item.path.span, f"`{wanted}` imports itself")
            elif wanted.resolve() not in found:
                other = self._load(wanted, item.path.span)
                if other is not None:
                    self._import(wanted, other, found, [*open_, here])
        found[here] = parsed


def _combined(model: Instance, extra: Instance) -> Instance:
    """What the command line sets goes before what the model sets."""
    given = {name.text for name, _ in extra.constants}
    kept = tuple(pair for pair in model.constants if pair[0].text not in given)
    return Instance(
        (*kept, *extra.constants), extra.faults or model.faults, model.network, model.explore
    )


def _neighbours(path: Path) -> list[str]:
    try:
        return [other.name for other in path.parent.iterdir()]
    except OSError:
        return []


def _mentions(files: dict[Path, Parsed], words: tuple[str, ...]) -> bool:
    return any(word in parsed.source.text for parsed in files.values() for word in words)


def _prelude(name: str) -> Parsed:
    text = resources.files("dsmc.prelude").joinpath(name).read_text(encoding="utf-8")
    return _parsed(f"prelude/{name}", text)


@functools.lru_cache(maxsize=256)
def _parsed(name: str, text: str) -> Parsed:
    """A text that many models share is parsed once."""
    return parse(Source(name, text))


# ---------------------------------------------------------------- the command line


def _overridden(overrides: Overrides, problems: Problems) -> Instance:
    """What the command line sets, parsed as a model's lines."""
    lines = [f"const {text.replace('=', ' = ', 1)}" for text in overrides.constants]
    if overrides.faults is not None:
        lines.append(f"faults {{ {overrides.faults} }}")
    wrong = [text for text in overrides.constants if not _is_constant(text, problems)]
    if not lines or wrong:
        return Instance()
    source = Source("command line", "model given {\n" + "\n".join(lines) + "\n}")
    parsed = parse(source)
    problems.extend(parsed.problems)
    models = models_of(parsed, problems)
    return models[0].instance if models else Instance()


def _is_constant(text: str, problems: Problems) -> bool:
    """Is it a name and a value, as `N=5`? If not, that is reported."""
    name, _, value = (part.strip() for part in text.partition("="))
    if name and value:
        return True
    missing = f"no value for `{name}`" if name else "no name of a constant"
    problems.add(
        "D102", Span(Source("command line", f"-D {text}"), 0, len(text) + 3),
        f"there is {missing}", help=f"write `-D {name or 'N'}=3`",
    )  # fmt: skip
    return False


def _declares(parsed: Parsed) -> bool:
    """Is there anything in a file but models and its name?"""
    rest = ast.SpecName | ast.Model
    return any(not isinstance(item, rest) for item in parsed.file.items)
