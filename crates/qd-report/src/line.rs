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
    let fault = finding.fault;
    let value = match finding.evidence {
        None => Item::Absent,
        Some(evidence) => evidence.shown().map_or(Item::Null, |value| Item::Text(value.into())),
    };
    let withheld = finding.evidence.and_then(qd_model::Evidence::withheld);
    [
        text(Some(&fault.code)),
        text(Some(fault.severity.as_str())),
        text(source.source.as_deref()),
        text(source.sheet.as_deref()),
        text(source.partner.as_deref()),
        text(source.table.as_deref()),
        finding.row.map_or(Item::Absent, Item::Number),
        fault.column.map_or(Item::Absent, |column| Item::Text(column_letters(column).into())),
        finding.cell().map_or(Item::Absent, |cell| Item::Text(cell.into())),
        text(fault.field.as_deref()),
        text(fault.heading.as_deref()),
        text(finding.record),
        text(finding.value_digest),
        text(Some(&fault.message)),
        text(Some(&fault.fix).filter(|fix| !fix.is_empty()).map(AsRef::as_ref)),
        value,
        text(withheld.map(qd_model::Class::as_str)),
        if fault.trial { Item::True } else { Item::Absent },
        text(finding.explained),
    ]
}

fn text(content: Option<&str>) -> Item<'_> {
    content.map_or(Item::Absent, |content| Item::Text(content.into()))
}
