//! The report for machines: `quarterday-findings/1`, written as a stream with one line per finding,
//! so that a million findings need no tree in memory and two reports can be compared line by line.

use super::{Format, Options};
use crate::line::{self, COLUMNS, Item};
use crate::pieces;
use qd_model::finding::column_letters;
use qd_model::report::{NotChecked, Report, SourceReport, Summary};
use std::io::{self, BufWriter, Write};

/// The `json` format.
#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &Report, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        out.write_all(b"{\n  \"report\": \"quarterday-findings/1\",\n  \"tool\": ")?;
        string(&mut out, options.tool)?;
        out.write_all(b",\n  \"as_of\": ")?;
        nullable(&mut out, report.as_of.map(|date| date.to_string()).as_deref())?;
        out.write_all(b",\n  \"period\": ")?;
        nullable(&mut out, report.period.as_ref().map(|period| period.label.as_str()))?;
        out.write_all(b",\n  \"summary\": ")?;
        summary(&mut out, &report.summary())?;
        // A source that was expected and is not there has findings, and is not itself a source.
        let sources = report.sources.iter().filter(|read| read.source.is_some());
        list(&mut out, "sources", sources, source)?;
        findings(&mut out, &report.sources)?;
        list(&mut out, "not_checked", report.not_checked.iter(), not_checked)?;
        out.write_all(b"\n}\n")?;
        out.flush()
    }
}

/// A name with a list under it, an entry to a line.
fn list<W: Write, T>(
    out: &mut W,
    name: &str,
    entries: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut W, T) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, ",\n  \"{name}\": [")?;
    let mut any = false;
    for entry in entries {
        out.write_all(if any { b",\n    " } else { b"\n    " })?;
        write(out, entry)?;
        any = true;
    }
    out.write_all(if any { b"\n  ]" } else { b"]" })
}

/// All findings, put into words on all cores.
fn findings(out: &mut dyn Write, sources: &[SourceReport]) -> io::Result<()> {
    out.write_all(b",\n  \"findings\": [")?;
    // What stands before the very first is no comma.
    let first = sources.iter().find_map(|read| read.findings.hits.first());
    for read in sources {
        pieces::write(&read.findings, out, |text, hit, finding| {
            let is_first = first.is_some_and(|first| std::ptr::eq(first, hit));
            text.extend_from_slice(if is_first { b"\n    " } else { b",\n    " });
            let mut object = Object::open(text)?;
            for (name, item) in COLUMNS.iter().zip(line::items(read, finding)) {
                object.item(name, &item)?;
            }
            object.close()
        })?;
    }
    out.write_all(if first.is_some() { b"\n  ]" } else { b"]" })
}

fn summary(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let mut object = Object::open(out)?;
    object.number("sources", summary.sources)?;
    object.number("rows", summary.rows)?;
    object.number("accepted", summary.accepted)?;
    object.number("held", summary.held)?;
    object.number("rejected_sources", summary.rejected_sources)?;
    for severity in qd_model::Severity::ALL {
        object.number(severity.as_str(), summary.of(severity))?;
    }
    object.close()
}

fn source(out: &mut impl Write, read: &SourceReport) -> io::Result<()> {
    let mut object = Object::open(out)?;
    object.text("source", read.source.as_deref())?;
    object.text("sheet", read.sheet.as_deref())?;
    object.text("partner", read.partner.as_deref())?;
    object.text("table", read.table.as_deref())?;
    object.text("schema", read.schema.as_deref())?;
    object.text("schema_version", read.schema_version.as_deref())?;
    object.text("blake3", read.blake3.as_deref())?;
    object.number("rows", read.rows)?;
    object.number("accepted", read.accepted)?;
    object.number("held", read.held)?;
    if read.is_rejected {
        object.item("rejected", &Item::True)?;
    }
    if let Some(row) = read.heading_row {
        object.item("heading_row", &Item::Number(row))?;
    }
    object.name("columns")?;
    let out = object.out;
    out.write_all(b"[")?;
    for (index, column) in read.columns.iter().enumerate() {
        out.write_all(if index > 0 { b",\n      " } else { b"\n      " })?;
        let mut object = Object::open(out)?;
        object.text("column", Some(&column_letters(column.column)))?;
        object.text("heading", Some(&column.heading))?;
        object.text("field", column.field.as_deref())?;
        object.close()?;
    }
    out.write_all(b"] }")
}

fn not_checked(out: &mut impl Write, entry: &NotChecked) -> io::Result<()> {
    let mut object = Object::open(out)?;
    object.text("code", Some(&entry.code))?;
    object.text("reason", Some(&entry.reason))?;
    object.number("rows", entry.rows)?;
    object.close()
}

/// An object on one line.
struct Object<'o, W: Write> {
    out: &'o mut W,
    is_empty: bool,
}

impl<'o, W: Write> Object<'o, W> {
    fn open(out: &'o mut W) -> io::Result<Self> {
        out.write_all(b"{ ")?;
        Ok(Self { out, is_empty: true })
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let comma = if self.is_empty { "" } else { ", " };
        self.is_empty = false;
        write!(self.out, "{comma}\"{name}\": ")
    }

    fn text(&mut self, name: &str, content: Option<&str>) -> io::Result<()> {
        let Some(content) = content else { return Ok(()) };
        self.name(name)?;
        string(self.out, content)
    }

    fn number(&mut self, name: &str, number: u64) -> io::Result<()> {
        self.name(name)?;
        write!(self.out, "{number}")
    }

    fn item(&mut self, name: &str, item: &Item<'_>) -> io::Result<()> {
        if *item == Item::Absent {
            return Ok(());
        }
        self.name(name)?;
        match item {
            Item::Absent => Ok(()),
            Item::Null => self.out.write_all(b"null"),
            Item::True => self.out.write_all(b"true"),
            Item::Number(number) => write!(self.out, "{number}"),
            Item::Text(content) => string(self.out, content),
        }
    }

    fn close(self) -> io::Result<()> {
        self.out.write_all(b" }")
    }
}

fn string(out: &mut impl Write, content: &str) -> io::Result<()> {
    serde_json::to_writer(out, content).map_err(io::Error::from)
}

fn nullable(out: &mut impl Write, content: Option<&str>) -> io::Result<()> {
    match content {
        Some(content) => string(out, content),
        None => out.write_all(b"null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::{Value, json};

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        Json.write(report, &Options { tool: "0.1.0", ..Options::default() }, &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_report_has_the_published_shape() {
        let text = written(&sample::report());
        let tree: Value = serde_json::from_str(&text).expect("JSON");
        let names: Vec<&String> = tree.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["report", "tool", "as_of", "period", "summary", "sources", "findings", "not_checked"]);
        assert_eq!(
            tree["summary"],
            json!({ "sources": 2, "rows": 130, "accepted": 115, "held": 5, "rejected_sources": 1,
                    "reject": 1, "error": 8, "query": 2, "note": 2 })
        );
        assert_eq!(tree["sources"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            tree["sources"][0]["columns"][1],
            json!({ "column": "F", "heading": "Start\nDate ", "field": "start_date" })
        );
        assert_eq!(tree["sources"][1]["rejected"], json!(true));
        assert_eq!(
            tree["not_checked"][0],
            json!({ "code": "vanished-participant", "reason": "no previous period", "rows": 118 })
        );
    }

    #[test]
    fn each_finding_is_a_line_and_leaves_out_what_it_does_not_have() {
        let text = written(&sample::report());
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("    { \"code\"")).collect();
        assert_eq!(lines.len(), 13 + 1, "13 findings and one not checked");
        let find = |needle: &str| lines.iter().find(|line| line.contains(needle)).copied().expect("there");
        assert_eq!(
            find("\"cell\": \"F12\""),
            "    { \"code\": \"date-in-the-future\", \"severity\": \"error\", \"source\": \"oak.xlsx\", \
             \"sheet\": \"Participants\", \"partner\": \"north\", \"table\": \"participants\", \"row\": 12, \
             \"column\": \"F\", \"cell\": \"F12\", \"field\": \"start_date\", \"heading\": \"Start\\nDate \", \
             \"record\": \"k4v1\", \"message\": \"The start date is later than the period's last day\", \
             \"fix\": \"ask the partner to correct these dates against their own records\", \
             \"value\": null, \"withheld\": \"indirect\" },"
        );
        let shown: Value = serde_json::from_str(find("\"cell\": \"G9\"").trim_end_matches(',')).expect("JSON");
        assert_eq!((&shown["value"], shown.get("withheld")), (&json!("=90"), None));
        let missing: Value = serde_json::from_str(find("missing-source").trim_end_matches(',')).expect("JSON");
        let names: Vec<&String> = missing.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["code", "severity", "partner", "table", "message", "fix"]);
        let trial: Value = serde_json::from_str(find("\"trial\"").trim_end_matches(',')).expect("JSON");
        assert_eq!(trial["trial"], json!(true));
    }

    #[test]
    fn an_empty_report_is_still_whole() {
        let tree: Value = serde_json::from_str(&written(&Report::default())).expect("JSON");
        assert_eq!((&tree["period"], &tree["findings"]), (&Value::Null, &json!([])));
    }
}
