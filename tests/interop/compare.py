#!/usr/bin/env python3
"""Runs frictionless and Quarterday over the same small files, and lists every difference with its reason.

Run by hand, from the repository's root, with a Python that has frictionless 5 (`pip install frictionless`):

    cargo build
    python tests/interop/compare.py [--quarterday target/debug/quarterday] [--write]

The files are the schema and data of each page in crates/qd-check/src/features. A difference without a
reason in REASONS makes the script end with 1. `--write` renews tests/interop/differences.md.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Without it frictionless takes a schema for one of version 1.
PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
PAGES = ROOT / "crates/qd-check/src/features"

# What frictionless calls what the standard calls otherwise. It has one name for all constraints.
NAMES = {"type-error": "type", "primary-key": "primary-key", "foreign-key": "foreign-key", "unique-error": "unique"}

REASONS = {
    "categories": "frictionless does not check `categories`, neither of texts nor of whole numbers.",
    "datetime": "frictionless cannot compare a moment that has an offset with one that has none; here one without an offset is universal time.",
    "duration": "frictionless has no limits for durations; the standard has.",
    "enum_logical": "frictionless refuses lists of values of durations; the standard has them.",
    "foreign_key_self": "a reference of which a part is blank refers to nothing, as in SQL; frictionless looks the rest up.",
    "json_schema": "frictionless refuses `jsonSchema`, which the standard has for objects and arrays.",
    "number_characters": "frictionless knows no `groupChar` of whole numbers, which version 2 brought.",
    "pattern_xml_schema": "frictionless reads patterns as Python does, which has no classes less other classes; XML Schema has.",
    "primary_key": "frictionless names only the later row of two with one key, and calls a blank part of it nothing.",
    "unique": "frictionless names only the later row of two that are equal; here every row of the group is named.",
    "unique_logical": "frictionless cannot compare objects, and gives up; it names only the later row of two that are equal.",
    "unique_keys": "frictionless does not check `uniqueKeys`.",
    "version_1": "frictionless takes version 1's word `self` for another table, and gives up; it names only the later row of two with one key.",
}


def block(page: str, language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", page, re.S)[1]


def ours(program: str, schema: pathlib.Path, data: pathlib.Path) -> set:
    done = subprocess.run(
        [program, "validate", str(data), "--schema", str(schema), "--format", "json"], capture_output=True, text=True
    )
    if done.returncode > 1:
        return {(0, "refused: " + done.stderr.strip().splitlines()[0])}
    report = json.loads(done.stdout)
    return {(f.get("row", 0), f["code"]) for f in report["findings"] if f["severity"] != "note"}


def theirs(schema: pathlib.Path, data: pathlib.Path) -> set:
    from frictionless import FrictionlessException, Resource, Schema, system

    try:
        # An absolute path is not trusted there unless it is said to be.
        with system.use_context(trusted=True):
            report = Resource(path=str(data), schema=Schema.from_descriptor(str(schema))).validate()
    except FrictionlessException as error:
        return {(0, "refused: " + error.error.note)}
    except TypeError as error:
        return {(0, f"fell over: {error}")}
    found = set()
    for number, kind, note in report.flatten(["rowNumber", "type", "note"]):
        constraint = re.search(r'constraint "(\w+)"', note or "")
        name = re.sub("([A-Z])", r"-\1", constraint[1]).lower() if constraint else NAMES.get(kind, kind)
        found.add((number or 0, name))
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quarterday", default=str(ROOT / "target/debug/quarterday"))
    arguments.add_argument("--write", action="store_true")
    asked = arguments.parse_args()
    lines, unexplained = [], 0
    pages = sorted(PAGES.glob("*.md"))
    for path in pages:
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            schema, data = pathlib.Path(folder) / "schema.json", pathlib.Path(folder) / "data.csv"
            descriptor = tomllib.loads(block(page, "toml"))
            schema.write_text(json.dumps({"$schema": PROFILE} | descriptor, default=str), encoding="utf-8")
            data.write_text(block(page, "csv"), encoding="utf-8")
            a, b = ours(asked.quarterday, schema, data), theirs(schema, data)
        if a == b:
            continue
        show = lambda found: ", ".join(f"row {row} {code}" for row, code in sorted(found)) or "nothing"
        reason = REASONS.get(path.stem)
        unexplained += reason is None
        lines.append(f"- **{path.stem}**: only Quarterday: {show(a - b)}; only frictionless: {show(b - a)}. {reason or 'NO REASON GIVEN'}")
    head = f"# Where frictionless and Quarterday differ\n\n{len(pages)} pages, {len(pages) - len(lines)} without a difference.\n"
    text = head + "\n" + "\n".join(lines) + "\n"
    print(text)
    if asked.write:
        (pathlib.Path(__file__).parent / "differences.md").write_text(text, encoding="utf-8")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
