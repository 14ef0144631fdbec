//! One finding as the machine formats write it: the same names in the same order everywhere.

use qd_model::finding::{Finding, column_letters};
use qd_model::report::SourceReport;
use std::borrow::Cow;

/// What stands under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// The finding has no such thing.
    Absent,
    /// There is a value, and it is withheld.
    Null,
    Text(Cow<'a, str>),
    Number(u32),
    True,
}

/// The names of what a finding says, in the order of the machine formats.
pub const COLUMNS: [&str; 19] = [
    "code",
    "severity",
    "source",
    "sheet",
    "partner",
    "table",
    "row",
    "column",
    "cell",
    "field",
    "heading",
    "record",
    "value_digest",
    "message",
    "fix",
    "value",
    "withheld",
    "trial",
    "explained",
];

/// What a finding says under each of [`COLUMNS`].
pub(crate) fn items<'a>(source: &'a SourceReport, finding: &Finding<'a>) -> [Item<'a>; COLUMNS.len()] {
    std::array::from_fn(|index| item(index, source, finding))
}

/// What a finding says under one of [`COLUMNS`], by its index.
pub(crate) fn item<'a>(index: usize, source: &'a SourceReport, finding: &Finding<'a>) -> Item<'a> {
    let fault = finding.fault;
    match COLUMNS[index] {
        "code" => text(Some(&fault.code)),
        "severity" => text(Some(fault.severity.as_str())),
        "source" => text(source.source.as_deref()),
        "sheet" => text(source.sheet.as_deref()),
        "partner" => text(source.partner.as_deref()),
        "table" => text(source.table.as_deref()),
        "row" => finding.row.map_or(Item::Absent, Item::Number),
        "column" => fault.column.map_or(Item::Absent, |column| Item::Text(column_letters(column).into())),
        "cell" => finding.cell().map_or(Item::Absent, |cell| Item::Text(cell.into())),
        "field" => text(fault.field.as_deref()),
        "heading" => text(fault.heading.as_deref()),
        "record" => text(finding.record),
        "value_digest" => text(finding.value_digest),
        "message" => text(Some(&fault.message)),
        "fix" => text(Some(&fault.fix).filter(|fix| !fix.is_empty()).map(AsRef::as_ref)),
        "value" => match finding.evidence {
            None => Item::Absent,
            Some(evidence) => evidence.shown().map_or(Item::Null, |value| Item::Text(value.into())),
        },
        "withheld" => text(finding.evidence.and_then(qd_model::Evidence::withheld).map(qd_model::Class::as_str)),
        "trial" if fault.trial => Item::True,
        "explained" => text(finding.explained),
        _ => Item::Absent,
    }
}

fn text(content: Option<&str>) -> Item<'_> {
    content.map_or(Item::Absent, |content| Item::Text(content.into()))
}
