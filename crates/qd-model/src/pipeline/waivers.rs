//! Waivers: findings that the funder has agreed to let pass for a time.

use super::read::placed;
use crate::document::{self, Node, Table, Value};
use crate::mistake::{Mistake, Mistakes};
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
    /// The records, by the keyed digest that findings show; none of them means all.
    pub records: Vec<String>,
    /// Why.
    pub reason: String,
    /// Role or initials of who agreed.
    pub agreed_by: String,
    /// First day on which it holds.
    pub from: Option<Date>,
    /// Last day on which it holds.
    pub until: Date,
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
    let records = rows(&table);
    let waiver = Waiver {
        rule: rule.and_then(|_| placed(&table, "rule"))?,
        partner: partner.and_then(|_| placed(&table, "partner"))?,
        table: table.text("table").map(str::to_owned),
        records: records?,
        from: table.date("from"),
        reason: reason?.to_owned(),
        agreed_by: agreed_by?.to_owned(),
        until: until?,
    };
    table.finish();
    Some(waiver)
}

/// `rows = "all"`, or the records of some.
fn rows(table: &Table<'_>) -> Option<Vec<String>> {
    let node = table.required("rows")?;
    match &node.value {
        Value::Text(word) if word == "all" => Some(Vec::new()),
        Value::List(items) if !items.is_empty() => {
            let records = items.iter().map(|item| document::as_text(item, "rows", table.mistakes()).map(str::to_owned));
            records.collect()
        }
        _ => {
            let mistake = Mistake::new(&node.at, "`rows` of a waiver is neither \"all\" nor a list of records");
            table.mistake(mistake.hint("a record is named as the findings do under `record`"));
            None
        }
    }
}
