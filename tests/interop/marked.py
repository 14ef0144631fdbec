#!/usr/bin/env python3
"""Marks up every workbook and table of some folders, and reads each copy back: through Quarterday, through
openpyxl, and through LibreOffice.

Run by hand, from the repository's root, with a Python that has openpyxl and with LibreOffice installed:

    cargo build
    python tests/interop/marked.py FOLDER... [--quarterday target/debug/quarterday] [--no-office]

Each sheet is checked against a schema that takes whole numbers only and wants a value everywhere, so that
most cells are marked. Every cell outside our own sheets must be what it was; LibreOffice must open the copy
and find as many sheets. Ends with 1 if any file differs.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

OURS = 3
ENDINGS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv"}


def quarterday(binary, *arguments):
    return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)


def read(binary, file, sheet):
    chosen = ["--sheet", sheet] if sheet else []
    said = quarterday(binary, "read", file, *chosen, "--format", "json")
    return json.loads(said.stdout) if said.returncode == 0 and said.stdout.startswith("{") else None


def sheets_of(binary, file, folder):
    """The sheets, by way of LibreOffice's own list where the file is no Excel workbook."""
    if file.suffix.lower() in {".csv", ".tsv"}:
        return [None]
    try:
        with zipfile.ZipFile(file) as package:
            if "xl/workbook.xml" in package.namelist():
                import openpyxl

                return openpyxl.load_workbook(file, read_only=True).sheetnames
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, TypeError):
        return []
    table = read(binary, file, None)
    return [table["sheet"]] if table else []


def sheet_name(stem):
    """What a workbook calls the only sheet of a text file: what Excel allows, cut with an ellipsis."""
    name = "".join("-" if c in "[]:*?/\\" or ord(c) < 32 or 127 <= ord(c) < 160 else c for c in stem).strip().strip("'") or "Sheet"
    name = "History-" if name.lower() == "history" else name
    units = lambda text: len(text.encode("utf-16-le")) // 2
    if units(name) <= 31:
        return name
    while units(name) > 30:
        name = name[:-1]
    return name + "…"


def value(cell):
    """A cell's value; formulas over ranges and tables of data by what they say, since each is an object of its own."""
    known = getattr(cell.value, "__dict__", None)
    return (type(cell.value).__name__, sorted(known.items())) if known is not None and not hasattr(cell.value, "isoformat") else cell.value


def cells(table):
    return {(row["row"], column["column"]): cell
            for row in table["rows"] for column, cell in zip(table["columns"], row["cells"]) if cell}


def letters(index):
    return (letters(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def typed_beyond(file, table, copied):
    """Whether cells that the copy holds beyond the table as read are those that stand in a text file to the
    right of its table: rows with more cells than there are headings are read without them."""
    last = len(table["columns"])
    width = {letters(index): index for index in range(16384)}
    with open(file, encoding="utf-8", errors="replace", newline="") as text:
        rows = list(csv.reader(text, delimiter="\t" if file.suffix.lower() == ".tsv" else ","))
    for (row, column), cell in copied.items():
        raw = rows[row - 1] if row <= len(rows) else []
        if width[column] < last or width[column] >= len(raw) or raw[width[column]].strip() != cell.strip():
            return False
    return True


def schema(table, path):
    lines = ['name = "anything"', 'missingValues = [""]']
    for index, column in enumerate(table["columns"]):
        title = json.dumps(column["heading"] or f"no heading {index}", ensure_ascii=False)
        lines += ["[[fields]]", f'name = "f{index}"', f"title = {title}", 'type = "integer"', "constraints = { required = true }"]
    path.write_text("\n".join([*lines, "[quarterday]"]) + "\n", encoding="utf-8")


def styles_kept(before, after, marked):
    """Values and number formats of every cell, through openpyxl; patterns only where nothing is marked."""
    import openpyxl

    one, other = openpyxl.load_workbook(before), openpyxl.load_workbook(after)
    wrong = []
    if other.sheetnames[OURS:] != one.sheetnames:
        wrong.append(f"sheets {other.sheetnames}")
    for name in one.sheetnames:
        if not hasattr(one[name], "iter_rows"):
            continue
        left, right = one[name], other[name]
        facts = [
            ("merged", sorted(map(str, left.merged_cells.ranges)), sorted(map(str, right.merged_cells.ranges))),
            ("panes", left.freeze_panes, right.freeze_panes),
            ("drop-downs", len(left.data_validations.dataValidation), len(right.data_validations.dataValidation)),
            ("widths", {k: v.width for k, v in left.column_dimensions.items()}, {k: v.width for k, v in right.column_dimensions.items()}),
            ("conditional", len(left.conditional_formatting), len(right.conditional_formatting)),
        ]
        wrong += [f"{name}: {what} {a} → {b}" for what, a, b in facts if a != b]
        for row in left.iter_rows():
            for cell in row:
                copy = right[cell.coordinate]
                same = (value(cell), cell.number_format, cell.font.b, cell.alignment.wrap_text)
                if same != (value(copy), copy.number_format, copy.font.b, copy.alignment.wrap_text):
                    wrong.append(f"{name}!{cell.coordinate} differs")
                if (cell.comment and cell.comment.text) and not copy.comment:
                    wrong.append(f"{name}!{cell.coordinate} lost its note")
    return wrong[:5]


def office(file, folder):
    """LibreOffice opens the copy and writes it again."""
    import openpyxl

    out = folder / "office"
    said = subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx",
         "--outdir", str(out), str(file)], capture_output=True, text=True)
    written = out / (file.stem + ".xlsx")
    if said.returncode != 0 or not written.exists():
        return ["LibreOffice did not open it"]
    names = openpyxl.load_workbook(written, read_only=True).sheetnames
    expected = openpyxl.load_workbook(file, read_only=True).sheetnames
    written.unlink()
    return [] if names == expected else [f"LibreOffice sees {names}, not {expected}"]


def check(binary, file, folder, with_office):
    tested, wrong = 0, []
    for sheet in sheets_of(binary, file, folder):
        table = read(binary, file, sheet)
        if not table or not table["columns"]:
            continue
        schema(table, folder / "anything.toml")
        with zipfile.ZipFile(file) if zipfile.is_zipfile(file) else open(file, "rb") as opened:
            macros = isinstance(opened, zipfile.ZipFile) and any("vbaProject" in name for name in opened.namelist())
        copy = folder / ("copy.xlsm" if macros else "copy.xlsx")
        chosen = ["--sheet", sheet] if sheet else []
        said = quarterday(binary, "validate", file, "--schema", folder / "anything.toml", *chosen, "--format", "workbook", "--output", copy)
        if said.returncode not in (0, 1):
            wrong.append(f"{sheet}: {said.stderr.strip()}")
            continue
        tested += 1
        again = read(binary, copy, sheet or sheet_name(file.stem))
        before, after = cells(table), cells(again) if again else {}
        more = {place: cell for place, cell in after.items() if place not in before}
        lost = {place for place, cell in before.items() if after.get(place) != cell}
        if lost or more and not (sheet is None and typed_beyond(file, table, more)):
            wrong.append(f"{sheet}: cells differ")
        if zipfile.is_zipfile(file) and file.suffix.lower() in {".xlsx", ".xlsm"}:
            wrong += styles_kept(file, copy, folder)
        if with_office and tested == 1:
            wrong += office(copy, folder)
    return tested, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--quarterday", default="target/debug/quarterday")
    parser.add_argument("--no-office", action="store_true")
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.quarterday).resolve())
    files = sorted(file for folder in arguments.folders for file in folder.rglob("*") if file.suffix.lower() in ENDINGS)
    bad = sheets = read_files = 0
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            try:
                tested, wrong = check(binary, file, pathlib.Path(folder).resolve(), not arguments.no_office)
            except Exception as error:  # A library that cannot read the original says nothing about the copy.
                tested, wrong = 0, [f"not compared: {type(error).__name__}: {error}"[:120]]
        sheets += tested
        read_files += tested > 0
        bad += bool(wrong)
        for line in wrong:
            print(f"{file}: {line}")
    print(f"{read_files} of {len(files)} files and {sheets} sheets were marked up and read back, {bad} differ")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
