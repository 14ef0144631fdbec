#!/usr/bin/env bash
# Reads the sample's extracts with the tools of those who receive them, and opens a sealed return with
# the age tool. Run by hand from the root of the repository, after `cargo run -- run pipelines/wwri.toml
# pipelines/whp.toml`. Needs Rscript, pspp, age and zip's `unzip`; and pyarrow, duckdb and frictionless for
# `python3`. Ends with "all read" where every tool read every table.
set -euo pipefail

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
import glob, json, duckdb, frictionless, pyarrow.parquet as parquet
for path in glob.glob("*.parquet"):
    table = parquet.read_table(path)
    text = f"labels/{path.removesuffix('.parquet')}.csv"
    assert table.num_rows == duckdb.sql(f"select count(*) from '{path}'").fetchone()[0], path
    assert table.num_rows == duckdb.sql(f"select count(*) from read_csv('{text}', all_varchar=true)").fetchone()[0], text
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
echo "all read"
