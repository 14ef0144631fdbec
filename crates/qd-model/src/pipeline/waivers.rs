//! Waivers: findings that the funder has agreed to let pass for a time.

use super::read::placed;
use crate::document::{self, Node, Table, Value};
use crate::mistake::{At, Mistake, Mistakes};
use crate::schema::Placed;
use jiff::civil::Date;

/// A finding of one partner that has been agreed to pass.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The finding's code.
    pub rule: Placed<String>,
    /// The partner's code.
    pub partner: Placed<String>,
    /// The table, or any.
    pub table: Option<String>,
    /// What of the partner's it is about.
    pub rows: WaivedRows,
    /// Why.
    pub reason: String,
    /// Role or initials of who agreed.
    pub agreed_by: String,
    /// First day on which it holds.
    pub from: Option<Date>,
    /// Last day on which it holds.
    pub until: Date,
}

/// What a waiver is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaivedRows {
    /// Whatever comes.
    All,
    /// Records, by the keyed digest that findings show, wherever they come again.
    Records(Vec<String>),
    /// Rows of one file, which is named by (the first letters of) its digest, so that nothing else is
    /// let pass where the file is sent again.
    OfFile {
        /// The digest, in hexadecimal.
        file: String,
        /// The rows, as a spreadsheet counts them.
        rows: Vec<u32>,
    },
}

impl Waiver {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && day <= self.until
    }
}

pub(super) fn waiver(node: &Node, mistakes: &Mistakes) -> Option<Waiver> {
    let table = Table::open(node, "a waiver", mistakes)?;
    let (rule, partner) = (table.required("rule"), table.required("partner"));
    let (reason, agreed_by) = (table.required_text("reason"), table.required_text("agreed_by"));
    table.required("until");
    let until = table.date("until");
    let rows = rows(&table);
    let waiver = Waiver {
        rule: rule.and_then(|_| placed(&table, "rule"))?,
        partner: partner.and_then(|_| placed(&table, "partner"))?,
        table: table.text("table").map(str::to_owned),
        rows: rows?,
        from: table.date("from"),
        reason: reason?.to_owned(),
        agreed_by: agreed_by?.to_owned(),
        until: until?,
    };
    table.finish();
    Some(waiver)
}

/// `rows = "all"`, the records of some, or the numbers of some rows with the `file` that has them.
fn rows(table: &Table<'_>) -> Option<WaivedRows> {
    let node = table.required("rows")?;
    let refuse = |at: &At, what: &str, hint: &str| {
        table.mistake(Mistake::new(at, what).hint(hint));
        None
    };
    let file = table.text("file");
    let at = table.node("file").map_or(&node.at, |node| &node.at);
    let is_number = |item: &Node| matches!(item.value, Value::Number(_));
    match &node.value {
        Value::List(items) if !items.is_empty() && items.iter().all(is_number) => {
            let row = |item: &Node| match &item.value {
                Value::Number(number) => number.parse::<u32>().ok().filter(|row| *row > 0),
                _ => None,
            };
            let Some(rows) = items.iter().map(row).collect::<Option<Vec<u32>>>() else {
                return refuse(&node.at, "a row in `rows` is not a number from 1 on", "count as a spreadsheet does");
            };
            let Some(file) = file else {
                let hint = "add `file`, the digest that the findings give of it under `blake3`; a file that is sent \
                            again is another one";
                return refuse(&node.at, "`rows` gives numbers of rows, and nothing says of which file", hint);
            };
            if file.len() < 8 || !file.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                let hint = "copy at least its first eight letters from under `blake3` in the findings";
                return refuse(at, "`file` of a waiver is not a digest", hint);
            }
            Some(WaivedRows::OfFile { file: file.to_owned(), rows })
        }
        _ if file.is_some() => {
            refuse(at, "`file` of a waiver goes with numbers of rows", "write `rows = [12, 14]`, or leave it out")
        }
        Value::Text(word) if word == "all" => Some(WaivedRows::All),
        Value::List(items) if !items.is_empty() => {
            let records = items.iter().map(|item| document::as_text(item, "rows", table.mistakes()).map(str::to_owned));
            records.collect::<Option<_>>().map(WaivedRows::Records)
        }
        _ => refuse(
            &node.at,
            "`rows` of a waiver is neither \"all\" nor a list of records or rows",
            "a record is named as the findings do under `record`, a row by its number and its `file`",
        ),
    }
}
