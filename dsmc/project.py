"""From files to what can be checked: specs with their imports, models with what they set."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from dsmc.diagnostics import Mistakes, Problems, did_you_mean
from dsmc.frozen import Frozen
from dsmc.source import NOWHERE, Source, Span
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed, parse
from dsmc.typecheck.models import Expectation, Model, models_of
from dsmc.typecheck.program import Instance

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

    Raises `Mistakes` for what cannot be read or parsed.
    """
    problems = Problems()
    parsed = _load(path, NOWHERE, problems)
    if parsed is None:
        raise Mistakes(problems.sorted())
    models = models_of(parsed, problems)
    problems.extend(parsed.problems)
    extra = _overridden(overrides, problems)
    jobs = [_model_job(path, parsed, model, extra, problems) for model in models]
    if not models:
        jobs = [Job("", path, _with_imports(path, parsed, problems), extra, (), "")]
    if problems:
        raise Mistakes(problems.sorted())
    return tuple(job for job in jobs if job is not None)


def _model_job(
    path: Path, parsed: Parsed, model: Model, extra: Instance, problems: Problems
) -> Job | None:
    instance = _combined(model.instance, extra)
    if model.spec is None:
        files = _with_imports(path, parsed, problems)
        return Job(model.name, path, files, instance, model.expectations, model.doc)
    spec_path = Path(os.path.normpath(path.parent / model.spec))
    spec = _load(spec_path, model.span, problems)
    if spec is None:
        return None
    files = _with_imports(spec_path, spec, problems)
    return Job(model.name, path, files, instance, model.expectations, model.doc)


def _combined(model: Instance, extra: Instance) -> Instance:
    """What the command line sets goes before what the model sets."""
    given = {name.text for name, _ in extra.constants}
    kept = tuple(pair for pair in model.constants if pair[0].text not in given)
    return Instance(
        (*kept, *extra.constants), extra.faults or model.faults, model.network, model.explore
    )


# ---------------------------------------------------------------- files


def _load(path: Path, asked_at: Span, problems: Problems) -> Parsed | None:
    """A parsed file; None, reported, if it cannot be read."""
    try:
        return parse(Source.read(path))
    except FileNotFoundError:
        near = did_you_mean(path.name, _neighbours(path))
        problems.add("D701", asked_at, f"there is no file `{path}`", help=near)
    except IsADirectoryError:
        problems.add("D701", asked_at, f"`{path}` is a folder", help=f"dsmc test {path}")
    except UnicodeDecodeError as error:
        problems.add("D702", asked_at, f"`{path}` is not UTF-8 text (byte {error.start})")
    except OSError as error:
        problems.add("D701", asked_at, f"`{path}` cannot be read: {error.strerror}")
    return None


def _neighbours(path: Path) -> list[str]:
    try:
        return [other.name for other in path.parent.iterdir()]
    except OSError:
        return []


def _with_imports(path: Path, parsed: Parsed, problems: Problems) -> tuple[Parsed, ...]:
    """A file after the files that it imports, each once; what it needs of the library first."""
    found: dict[Path, Parsed] = {}
    _import(path, parsed, found, [], problems)
    library = [name for name, words in _PRELUDE.items() if _mentions(found, words)]
    return (*(_prelude(name) for name in library), *found.values())


def _import(
    path: Path, parsed: Parsed, found: dict[Path, Parsed], open_: list[Path], problems: Problems
) -> None:
    here = path.resolve()
    for item in parsed.file.items:
        if not isinstance(item, ast.ImportFile):
            continue
        wanted = Path(os.path.normpath(path.parent / item.path))
        if wanted.resolve() in (*open_, here):
            problems.add("D703", item.span, f"`{wanted}` imports itself")
        elif wanted.resolve() not in found:
            other = _load(wanted, item.span, problems)
            if other is not None:
                _import(wanted, other, found, [*open_, here], problems)
    found[here] = parsed


def _mentions(files: dict[Path, Parsed], words: tuple[str, ...]) -> bool:
    return any(word in parsed.source.text for parsed in files.values() for word in words)


def _prelude(name: str) -> Parsed:
    text = resources.files("dsmc.prelude").joinpath(name).read_text(encoding="utf-8")
    return parse(Source(f"prelude/{name}", text))


# ---------------------------------------------------------------- the command line


def _overridden(overrides: Overrides, problems: Problems) -> Instance:
    """What the command line sets, parsed as a model's lines."""
    lines = [f"const {text.replace('=', ' = ', 1)}" for text in overrides.constants]
    if overrides.faults is not None:
        lines.append(f"faults {{ {overrides.faults} }}")
    if not lines:
        return Instance()
    source = Source("command line", "model given {\n" + "\n".join(lines) + "\n}")
    parsed = parse(source)
    problems.extend(parsed.problems)
    models = models_of(parsed, problems)
    return models[0].instance if models else Instance()
