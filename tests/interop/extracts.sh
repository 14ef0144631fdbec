#!/usr/bin/env bash
# Reads the sample's extracts with the tools of those who receive them, and opens a sealed return with
# the age tool. Run by hand from the root of the repository, after `cargo run -- run pipelines/wwri.toml
# pipelines/whp.toml`. Needs Rscript, pspp, age and zip's `unzip`; and pyarrow, duckdb, pandas, fastparquet
# and frictionless for `python3`. Ends with "all read" where every tool read every table.
set -euo pipefail

# There is no free Stata: its scripts are read, as the samples write them, by the rules of its language, each
# beside the table whose values it has to know.
cargo test -q -p quarterday --test quarterday -- stata:: > /dev/null

for extract in out/*/*/draft/*/datapackage.json; do
    folder=$(dirname "$extract")
    echo "$folder"
    (
        cd "$folder"
        for script in labels/*.R; do
            Rscript --vanilla -e "source('$script')" > /dev/null
        done
        for script in labels/*.sps; do
            said=$(pspp "$script" 2>&1)
            [ -z "$said" ] || { echo "$script: $said"; exit 1; }
        done
        python3 - << 'PYTHON'
import glob, duckdb, frictionless, pyarrow.parquet as parquet
tables = glob.glob("**/*.parquet", recursive=True)
assert "changes.parquet" in tables, tables
for path in tables:
    table = parquet.read_table(path, partitioning=None)
    assert table.num_rows == duckdb.sql(f"select count(*) from '{path}'").fetchall()[0][0], path
    text = f"labels/{path.split('/')[-1].removesuffix('.parquet')}.csv"
    if path == "changes.parquet":
        assert set(table["change"].to_pylist()) <= {"added", "changed", "withdrawn"}, path
        assert table.schema.field("delete").type == "bool", path
        continue
    assert table.num_rows == duckdb.sql(f"select count(*) from read_csv('{text}', all_varchar=true)").fetchall()[0][0], text
    for field in table.schema:
        assert field.metadata and b"title" in field.metadata, (path, field.name)
    assert b"quarterday.key_id" in parquet.read_metadata(path).metadata, path
report = frictionless.validate("datapackage.json")
assert report.valid, report.to_summary()
for path in glob.glob("labels/*.csv"):
    report = frictionless.validate(path, schema=path.replace(".csv", ".schema.json"))
    assert report.valid, report.to_summary()
PYTHON
    )
done

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cp -r pipelines schemas sample-data "$home"
age-keygen -o "$home/recipient.key" 2> /dev/null
public=$(age-keygen -y "$home/recipient.key")
sed -i "s/^epoch = 1$/epoch = 1\nseal = \"age\"\npublic_keys = [\"$public\"]/" "$home/pipelines/wwri.toml"
cargo run -q -- run "$home/pipelines/wwri.toml" --out "$home/out" --state "$home/private" --quiet > /dev/null
for sealed in "$home"/out/*/*/draft/*/*.zip.age; do
    age --decrypt --identity "$home/recipient.key" --output "$home/opened.zip" "$sealed"
    unzip -tq "$home/opened.zip"
done

# The same with a passphrase, for which the age tool asks a terminal.
cp pipelines/wwri.toml "$home/pipelines/wwri.toml"
words="seven lanterns over the quiet harbour"
(umask 077 && echo "$words" > "$home/pipelines/words.txt")
sed -i 's/^epoch = 1$/epoch = 1\nseal = "age"\npassphrase_file = "words.txt"/' "$home/pipelines/wwri.toml"
cargo run -q -- run "$home/pipelines/wwri.toml" --out "$home/out" --state "$home/private" --quiet > /dev/null
cat > "$home/typed.py" << 'PYTHON'
import os, pty, sys
sealed, opened, words = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp("age", ["age", "--decrypt", "--output", opened, sealed])
told, typed = b"", False
while True:
    try:
        part = os.read(terminal, 1024)
    except OSError:
        break
    if not part:
        break
    told += part
    if b"passphrase" in told.lower() and not typed:
        os.write(terminal, words.encode() + b"\n")
        typed = True
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PYTHON
for sealed in "$home"/out/wwri/*/draft/*/*.zip.age; do
    python3 "$home/typed.py" "$sealed" "$home/again.zip" "$words"
    unzip -tq "$home/again.zip"
    if python3 "$home/typed.py" "$sealed" "$home/wrong.zip" "eight lanterns over the quiet harbour"; then
        echo "$sealed opens with another passphrase"
        exit 1
    fi
done

# Partitions of two quarters, as one table: what one quarter's version replaces is one folder.
sed -i 's|^path = "{table}.parquet"|path = "{table}/reported_in={period}/{table}.parquet"|' "$home/pipelines/whp.toml"
for period in 2023-24-Q1 2023-24-Q2; do
    cargo run -q -- run "$home/pipelines/whp.toml" --period $period --out "$home/out" --state "$home/private" --quiet > /dev/null
    cp -r "$home/out/whp/$period/draft/statistics/." "$home/together"
done
python3 - "$home/together" << 'PYTHON'
import sys, duckdb, frictionless, pyarrow.dataset as dataset
folder = sys.argv[1]
rows = duckdb.sql(f"select reported_in, count(*) from read_parquet('{folder}/starts/*/*.parquet') group by 1 order by 1").fetchall()
table = dataset.dataset(f"{folder}/starts", partitioning="hive").to_table()
assert [period for period, _ in rows] == sorted(set(table["reported_in"].to_pylist())) == ["2023-24-Q1", "2023-24-Q2"], rows
assert sum(count for _, count in rows) == table.num_rows > 0, rows
report = frictionless.validate(f"{folder}/datapackage.json")
assert report.valid, report.to_summary()
PYTHON
echo "all read"
