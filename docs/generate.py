"""Writes docs/reference/ from the code: `python docs/generate.py`; with --check it only tells whether it is stale."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from patto_hub import hookspecs
from patto_hub.cli.main import make_app
from patto_hub.cli.shell import Exit, pick
from patto_hub.failpoints import POINTS
from patto_hub.feeds.views import FEEDS
from patto_hub.ledger.audited import ACTIONS
from patto_hub.ledger.status import Gauges
from patto_hub.observe.metrics import make_metrics
from patto_hub.settings import access, outlets, shape, subscriptions
from patto_hub.web.kinds import KINDS
from patto_hub.web.measures import make_measures, of_ledger
from patto_hub.web.site import BASE
from patto_schemas import codes as code_lists
from patto_schemas.catalogue import CATALOGUE, OWNERS
from patto_schemas.model import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Made by docs/generate.py; do not edit. -->\n"


def cell(text: object) -> str:
    """Make a text fit a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> str:
    """Write a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell(each) for each in line) + " |" for line in lines) + "\n"


def type_name(annotation: Any) -> str:  # noqa: ANN401 - any type expression
    """Say a field's type in a few words."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is type(None):
        text = "nothing"
    elif origin is None:
        text = str(getattr(annotation, "__name__", annotation))
    elif origin is Annotated:
        text = type_name(args[0])
    elif origin is Literal:
        text = " · ".join(f"`{each}`" for each in args)
    elif origin in (tuple, list, frozenset):
        text = "list of " + type_name(args[0])
    elif origin is dict:
        text = "by name: " + type_name(args[1])
    else:
        text = " or ".join(dict.fromkeys(type_name(each) for each in args))
    return text


def fields(model: type[BaseModel]) -> str:
    """Write the fields of a model."""
    rows = (
        (
            f"`{name}`",
            type_name(field.annotation),
            "yes" if field.is_required() else "",
            field.description or "",
        )
        for name, field in model.model_fields.items()
    )
    return table(("field", "type", "must", "meaning"), rows)


def inner_models(model: type[BaseModel], seen: dict[str, type[BaseModel]]) -> None:
    """Collect the models that a model's fields hold, in order of first use."""
    for field in model.model_fields.values():
        _collect(field.annotation, seen)


def _collect(annotation: Any, seen: dict[str, type[BaseModel]]) -> None:  # noqa: ANN401 - any type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation.__name__ not in seen:
            seen[annotation.__name__] = annotation
            inner_models(annotation, seen)
        return
    for part in get_args(annotation):
        _collect(part, seen)


def entities() -> str:
    """Write the page of the canonical entities."""
    parts = ["# Entities\n", "What the hub keeps and serves; the published JSON Schema and XSD say the same.\n"]
    seen: dict[str, type[BaseModel]] = {}
    for kind, entity in ENTITIES.items():
        parts += [f"## `{kind}`\n", f"{inspect.getdoc(entity)}\n", fields(entity)]
        inner_models(entity, seen)
    parts.append("## Values inside them\n")
    for name, model in seen.items():
        parts += [f"### {name}\n", f"{inspect.getdoc(model)}\n", fields(model)]
    return "\n".join(parts)


def hooks() -> str:
    """Write the page of the hooks."""
    parts = ["# Hooks\n", f"{inspect.getdoc(hookspecs)}\n"]
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction):
        if not hasattr(function, f"{hookspecs.PROJECT}_spec"):
            continue
        prefix = "async " if inspect.iscoroutinefunction(function) else ""
        parts += [f"## `{prefix}{name}{signature(function)}`\n", f"{inspect.getdoc(function)}\n"]
    return "\n".join(parts)


def signature(function: Any) -> str:  # noqa: ANN401 - any callable
    """Write a signature as the source has it."""
    return str(inspect.signature(function)).replace("'", "")


def issues() -> str:
    """Write the page of the issue codes."""
    rows = (
        (f"`{code}`", _many(entry.it), _many(entry.en), entry.example, OWNERS["en"][entry.owner], entry.fix_en)
        for code, entry in sorted(CATALOGUE.items())
    )
    head = ("code", "Italian", "English", "right value", "who can fix it", "what to do")
    return "# Issues and troubles\n\nEvery refusal has one of these codes.\n\n" + table(head, rows)


def _many(sentence: str) -> str:
    """Give a sentence with the words that agree with many."""
    return re.sub(r"{\w+:\w+\|(\w+)}", r"\1", sentence)


def problems() -> str:
    """Write the page of the API's problems."""
    rows = ((f"`{code}`", kind.status, *kind.title, kind.owner, kind.todo[1]) for code, kind in KINDS.items())
    intro = (
        "RFC 9457, with who can fix it and what to do.\n"
        "The hub itself explains each of them in Italian and English where `type` leads: `/problems/{code}`.\n\n"
    )
    return (
        "# Problems of the API\n\n"
        + intro
        + table(("code", "status", "Italian", "English", "who can fix it", "what to do"), rows)
    )


def settings() -> str:
    """Write the page of the settings."""
    sections: Mapping[str, type[BaseModel]] = {
        "[hub]": shape.HubPart,
        "[web]": shape.WebPart,
        "[web.modi]": access.SigningPart,
        "[web.pdnd]": access.VouchersPart,
        "[log]": shape.LogPart,
        "[partners.NAME]": shape.PartnerPart,
        "[partners.NAME.organisation]": shape.OrganisationPart,
        "[partners.NAME.access]": access.AccessPart,
        "[partners.NAME.access.modi]": access.ModiPart,
        "[partners.NAME.subscriptions.FEED]": subscriptions.SubscriptionPart,
        "[partners.NAME.subscriptions.FEED.webhook]": outlets.WebhookPart,
        "[partners.NAME.subscriptions.FEED.signals]": outlets.SignalsPart,
        "[partners.NAME.jobs.CONNECTOR]": shape.JobPart,
        "[partners.NAME.jobs.CONNECTOR.limits]": shape.LimitsPart,
    }
    parts = ["# Settings\n", "One TOML file, partner files beside it, and the environment (`PATTO_WEB__PORT=8081`).\n"]
    for head, model in sections.items():
        rows = (
            (f"`{name}`", "" if field.is_required() else f"`{shown(field.default)}`", field.description or "")
            for name, field in model.model_fields.items()
        )
        parts += [f"## `{head}`\n", f"{inspect.getdoc(model)}\n", table(("key", "without it", "meaning"), rows)]
    return "\n".join(parts)


def shown(default: object) -> str:
    """Say a default; a part of its own is just that."""
    return "…" if isinstance(default, BaseModel) else str(default)


def codes() -> str:
    """Write the page of the code lists."""
    names = sorted(path.stem for path in Path(code_lists.__file__).parent.glob("*.csv"))
    lists = [code_lists.table(name) for name in names]
    rows = ((f"`{each.name}`", len(each), "" if each.complete else "partial", each.source) for each in lists)
    return "# Code lists\n\nDated tables in `schemas/patto_schemas/codes/`.\n\n" + table(
        ("list", "codes", "whole", "source"), rows
    )


def audited() -> str:
    """Write the page of what stands in the audit."""
    rows = ((f"`{name}`", en) for name, (_, en) in sorted(ACTIONS.items()))
    return (
        "# The audit\n\n"
        "What was done is written down in the transaction that does it; each entry's hash covers the one before.\n"
        "Entries name ids, never persons; `patto audit list` shows them.\n\n" + table(("action", "meaning"), rows)
    )


def failpoints() -> str:
    """Write the page of the fail points."""
    rows = ((f"`{name}`", point.meaning) for name, point in POINTS.items())
    return "# Fail points\n\nPlaces where a test can kill the hub.\n\n" + table(("name", "where"), rows)


EXITS = {
    Exit.OK: "done",
    Exit.FAILED: "not done; the message says why",
    Exit.USAGE: "the command was written wrongly",
    Exit.PARTIAL: "done, but some records were set aside or refused",
    Exit.CONFIG: "the settings or the installation are at fault",
    Exit.TEMPORARY: "not now: the partner does not answer, the stream is being read, or the port is taken; try again",
}


def cli() -> str:
    """Write the page of the command line."""
    root: Any = typer.main.get_command(make_app())
    parts = [
        "# The command `patto`\n",
        "Messages are in Italian; `--lang en`, before the command, or `PATTO_LANG=en` gives English.",
        "The settings are where `--config` or `PATTO_CONFIG` says, else in `config/hub.toml`.",
        "Without that file, they are in the user's configuration folder, else in `/etc/patto/hub.toml`.",
        "Results go to standard output, everything else to standard error; `--json` gives the result for programs.\n",
        "## Exit codes\n",
        table(("code", "meaning"), ((f"`{code.value}`", EXITS[code]) for code in Exit)),
        "## Options of every command\n",
        options(root),
    ]
    for name, command in root.commands.items():
        inner = getattr(command, "commands", {"": command})
        for rest, each in inner.items():
            parts += [f"## `patto {name}{' ' * bool(rest)}{rest}`\n", f"{pick(each.help, 'en')}\n", options(each)]
    return "\n".join(parts)


def called(parameter: Any) -> str:  # noqa: ANN401 - typer's own, not public
    """Name an argument by its place holder, an option by what is typed."""
    name = parameter.metavar if parameter.param_type_name == "argument" else ""
    return pick(name or "", "en") or ", ".join(parameter.opts)


def options(command: Any) -> str:  # noqa: ANN401 - typer's own, not public
    """Write the arguments and options of a command; those that typer gives to every program are left out."""
    rows = [
        (
            f"`{called(each)}`",
            "" if getattr(each, "is_flag", False) else type_name(each.type_descriptor.annotation),
            "yes" if getattr(each, "required", False) else "",
            "" if getattr(each, "default", None) in (None, False, "") else f"`{each.default}`",
            pick(each.help or "", "en"),
        )
        for each in command.params
        if "completion" not in (each.name or "") and each.name != "help"
    ]
    return table(("argument or option", "value", "must", "without it", "meaning"), iter(rows)) if rows else ""


def metrics() -> str:
    """Write the page of the figures at `/metrics`."""
    counted = CollectorRegistry()
    make_metrics(counted)
    nothing = Gauges(changes=0, parked=0, quarantined={}, last_good_at={}, records={})
    rows = (row for each in (counted, make_measures().registry, of_ledger(nothing, 0)) for row in _figures(each))
    return (
        "# Metrics\n\n`/metrics` gives them in the text format of Prometheus, to this machine, or to a key with the"
        " scope `metrics` (`patto partner add prometheus --feed metrics`).\n"
        "Labels name jobs, partners and routes, never persons.\n\n"
        + table(("name", "type", "labels", "meaning"), iter(sorted(rows)))
    )


def _figures(registry: CollectorRegistry) -> Iterable[tuple[str, str, str, str]]:
    """Give name, type, labels and meaning of what a registry counts, as Prometheus shows it."""
    for collector in registry._collector_to_names:  # noqa: SLF001 - the library tells labels nowhere else
        labels = ", ".join(getattr(collector, "_labelnames", ()))
        for family in collector.collect():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield f"`{name}`", family.type, labels, family.documentation


def feeds() -> str:
    """Write the page of the feeds: which fields leave, why, and which stay in."""
    parts = [
        "# Feeds\n",
        "A field that is not listed here cannot leave the hub.",
        "A plugin may add feeds; `patto feed list` names all of an installation, `patto feed show` their fields.",
        f"The XML Schema of a feed is at `{BASE}/feeds/<feed>/changes.xsd`, without a key.\n",
    ]
    for feed in FEEDS:
        whom = "what is addressed to everybody" if feed.public else "what is addressed to the reader's organisation"
        parts += [f"## `{feed.name}`: {feed.title['en']}\n", f"Gives {whom}.\n"]
        for view in feed.views:
            inner: dict[str, type[BaseModel]] = {}
            inner_models(view.shape, inner)
            parts += [f"### `{view.kind}` as `{view.name}`\n", f"{inspect.getdoc(view.shape)}"]
            parts += [f"Purpose: {view.purpose['en']}.", f"Legal basis: {view.legal_basis['en']}.\n"]
            parts += [f"Version {version}: {said['en']}\n" for version, said in sorted(view.changes.items())]
            parts.append(fields(view.shape))
            for name, model in inner.items():
                parts += [f"`{name}`: {inspect.getdoc(model)}\n", fields(model)]
            stay = [f"`{name}`" for name in ENTITIES[view.kind].model_fields if name not in view.shape.model_fields]
            parts.append(f"What stays in: {', '.join(stay) or 'nothing'}.\n")
            concealed = () if view.under_pseudonyms is None else view.under_pseudonyms.model_fields
            hidden = [f"`{name}`" for name in concealed]
            parts.append(f"Under pseudonyms: {', '.join(hidden) or 'nothing leaves'}.\n")
    return "\n".join(parts)


PAGES = {
    "cli.md": cli,
    "feeds.md": feeds,
    "metrics.md": metrics,
    "entities.md": entities,
    "hooks.md": hooks,
    "issues.md": issues,
    "problems.md": problems,
    "settings.md": settings,
    "codes.md": codes,
    "audit.md": audited,
    "failpoints.md": failpoints,
}


def pages() -> dict[str, str]:
    """Give every page by file name."""
    made = {name: NOTE + make() for name, make in PAGES.items()}
    made["README.md"] = (
        NOTE
        + "# Reference\n\n"
        + "\n".join(f"- [{text.splitlines()[1].removeprefix('# ')}]({name})" for name, text in made.items())
        + "\n"
    )
    return made


def main() -> int:
    """Write the pages, or tell which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = [name for name, text in pages().items() if not _same(FOLDER / name, text)]
    if check:
        sys.stdout.write("".join(f"stale: docs/reference/{name}\n" for name in stale))
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(pages()[name], encoding="utf-8")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
