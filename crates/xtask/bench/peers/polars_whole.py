"""The same work with Polars, as its users write it: one streaming pass types and flags, then the
findings are filtered and the return is written. INPUT OUTDIR. Needs polars and polars-hash."""
import datetime as dt
import os, sys, tomllib
import polars as pl
import polars_hash  # registers `chash`

source, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)
KEY = "0123456789abcdef0123456789abcdef"
c = pl.col

schema = tomllib.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "wcsv.toml"), "rb"))
enums = {f["name"]: f["constraints"]["enum"] for f in schema["fields"] if "enum" in f.get("constraints", {})}
needed = {f["name"] for f in schema["fields"] if f.get("constraints", {}).get("required")}
dates = [f["name"] for f in schema["fields"] if f["type"] == "date"]
numbers = {f["name"]: pl.Int32 if f["type"] == "integer" else pl.Float64
           for f in schema["fields"] if f["type"] in ("integer", "number")}
ranges = {f["name"]: (f["constraints"]["minimum"], f["constraints"]["maximum"]) for f in schema["fields"] if f["name"] in numbers}
patterns = {"brp_number": ("R15", r"^[A-Z]{2}[0-9]{7}$"),
            "nino": ("R16", r"^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]$"),
            "email": ("R17", r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$"),
            "postcode": ("R18", r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$")}
prefixes = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"]
enum_rules = dict(zip(["partner_code", "sex", "nationality", "housing_tenure", "english_level",
                       "employment_status_at_start", "employment_outcome", "consent_share"], [f"R{n:02}" for n in range(7, 15)]))
required_rules = dict(zip(["partner_ref", "forename", "surname", "date_of_birth", "brp_number", "start_date"],
                          [f"R{n:02}" for n in range(1, 7)]))


def typed():
    for name in dates:
        yield c(name).str.to_date("%d/%m/%Y", strict=False).alias(name + "_t")
    for name, kind in numbers.items():
        yield c(name).cast(kind, strict=False).alias(name + "_t")


def checks():
    for name, rule in required_rules.items():
        yield rule, name, c(name).is_null()
    for name, rule in enum_rules.items():
        yield rule, name, (~c(name).is_in(enums[name])).fill_null(name in needed)
    for name, (rule, pattern) in patterns.items():
        bad = ~c(name).str.contains(pattern)
        if name == "nino":
            bad = bad | c(name).str.slice(0, 2).is_in(prefixes)
        yield rule, name, bad.fill_null(name == "postcode")
    for rule, names in (("R19", dates), ("R20", numbers)):
        for name in names:
            yield rule, name, c(name).is_not_null() & c(name + "_t").is_null()
    yield "R21", "date_of_birth", ~c("date_of_birth_t").is_between(dt.date(1930, 1, 1), dt.date(2010, 12, 31))
    for name, (low, high) in ranges.items():
        yield "R21", name, ~c(name + "_t").is_between(low, high)
    yield "R22", "leave_date", c("leave_date_t") < c("start_date_t")
    yield "R23", "initial_assessment_date", c("initial_assessment_date_t") > c("start_date_t")
    yield "R24", "job_start_date", c("employment_outcome").is_in(["EMP_FT", "EMP_PT", "SELF"]) & c("job_start_date").is_null()
    pair = ("partner_code", "brp_number")
    yield "R25", "brp_number", pl.all_horizontal(c(*pair).is_not_null()) & pl.struct(*pair).is_duplicated()


def pseudonym(name, alias):
    return (pl.lit(name + "|") + c(name)).chash.hmac_sha256(key=KEY).str.slice(0, 32).alias(alias)


def released():
    born = c("date_of_birth_t")
    birthday_to_come = (born.dt.month().cast(pl.Int32) * 100 + born.dt.day()) > 331  # the month is 8 bits wide
    age = pl.lit(2026) - born.dt.year() - birthday_to_come.cast(pl.Int32)
    band = pl.when(born.is_null()).then(None)
    for first, label in ((18, "under 18"), (25, "18-24"), (35, "25-34"), (50, "35-49"), (65, "50-64")):
        band = band.when(age < first).then(pl.lit(label))
    yield c("partner_code")
    yield from (pseudonym(*pair) for pair in (("partner_ref", "pseudo_ref"), ("brp_number", "pseudo_brp"), ("nino", "pseudo_nino")))
    yield band.otherwise(pl.lit("65+")).alias("age_band")
    yield from (c("sex"), c("nationality"))
    yield c("postcode").str.split_exact(" ", 1).struct.field("field_0").alias("postcode_district")
    for name in ["housing_tenure", "english_level", "initial_assessment_date", "start_date", "leave_date",
                 "employment_status_at_start", "employment_outcome", "job_start_date", *numbers, "consent_share"]:
        yield c(name + "_t").alias(name) if name in dates or name in numbers else c(name)


all_checks = list(checks())
frame = (pl.scan_csv(source, infer_schema=False).with_row_index("row", offset=1).with_columns(typed())
         .with_columns(bad.alias(f"{rule}:{name}") for rule, name, bad in all_checks).collect(engine="streaming"))
findings = [frame.lazy().filter(c(f"{rule}:{name}")).select(c("row"), pl.lit(name).alias("field"), pl.lit(rule).alias("rule"))
            for rule, name, _ in all_checks]
pl.concat(findings).collect().write_csv(os.path.join(out, "findings.csv"))
frame.lazy().select(released()).sink_parquet(os.path.join(out, "return.parquet"), compression="zstd")
