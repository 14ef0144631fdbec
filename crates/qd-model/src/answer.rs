//! What tells our own sheets from a partner's: their names, their columns and the mark that each one
//! carries, so that a workbook that comes back is read without them.

/// The sheet that says what became of the files.
pub const SUMMARY: &str = "Summary";
/// The sheet with one line per finding.
pub const FINDINGS: &str = "Findings";
/// The sheet that says what could not be judged.
pub const NOT_CHECKED: &str = "Not checked";
/// The sheet of a template that says how to fill it in.
pub const HOW_TO: &str = "How to fill this in";
/// The sheet of a template that holds the code lists.
pub const CODES: &str = "Codes";

/// The author of our notes on a partner's cells.
pub const AUTHOR: &str = "Quarterday";

/// What stands under "Explanation" where somebody has explained the query before.
pub const ALREADY: &str = "explained already";

/// Reason codes that the findings sheet offers where the pipeline names none of its own.
pub const REASONS: [&str; 7] = [
    "checked-against-form",
    "checked-with-person",
    "checked-with-employer",
    "asked-the-other",
    "circumstances-changed",
    "recorded-late",
    "other",
];

/// Characters that a list of choices may have in all, with what stands between them: a limit of workbooks.
pub const CHOICES_LIMIT: usize = 255;

/// Whether a text can be a reason code: small letters, digits and hyphens.
pub fn is_reason_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// One column of the findings sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Each is its heading.
pub enum Column {
    Number,
    Severity,
    File,
    Sheet,
    Cell,
    Heading,
    What,
    Fix,
    Reason,
    Explanation,
    By,
    Date,
    Rule,
    Table,
    Record,
    Value,
}

impl Column {
    /// Every column, in order.
    pub const ALL: [Self; 16] = [
        Self::Number,
        Self::Severity,
        Self::File,
        Self::Sheet,
        Self::Cell,
        Self::Heading,
        Self::What,
        Self::Fix,
        Self::Reason,
        Self::Explanation,
        Self::By,
        Self::Date,
        Self::Rule,
        Self::Table,
        Self::Record,
        Self::Value,
    ];

    /// What stands above it.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Number => "No.",
            Self::Severity => "Severity",
            Self::File => "File",
            Self::Sheet => "Sheet",
            Self::Cell => "Cell",
            Self::Heading => "Column heading",
            Self::What => "What we found",
            Self::Fix => "How to put it right",
            Self::Reason => "Reason code",
            Self::Explanation => "Explanation",
            Self::By => "Said by (role or initials)",
            Self::Date => "Said on",
            Self::Rule => "Rule",
            Self::Table => "Table",
            Self::Record => "Record mark",
            Self::Value => "Value mark",
        }
    }
}

/// How the mark begins. What follows is about one answer.
const MARK: &str = "Quarterday sheet 1";
/// What stands between the parts of a mark.
const BETWEEN: &str = " | ";
/// What stands for parts that are not known: words with a space, which no name of a pipeline and no code has.
const ANY: [&str; 3] = ["any programme", "any period", "any partner"];
/// How the mark ends, for the person who reads it.
const ENDING: &str = "it may stay in the workbook that you send: we pass over it";

/// What the mark on one of our sheets says: what the answer was about. Parts that are not known are
/// blank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// The pipeline's name.
    pub programme: String,
    /// The period's label.
    pub period: String,
    /// The partner's code.
    pub partner: String,
}

impl Mark {
    /// The text of the cell that marks a sheet as ours.
    pub fn text(&self) -> String {
        let parts = [&self.programme, &self.period, &self.partner];
        let said = parts.into_iter().zip(ANY).map(|(part, any)| if part.is_empty() { any } else { part });
        [&[MARK], said.collect::<Vec<_>>().as_slice(), &[ENDING]].concat().join(BETWEEN)
    }

    /// The mark that a cell's text is.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(BETWEEN.trim()).map(str::trim);
        if parts.next()? != MARK {
            return None;
        }
        let [programme, period, partner] = ANY.map(|any| {
            let part = parts.next().unwrap_or_default();
            if part == any { String::new() } else { part.to_owned() }
        });
        Some(Self { programme, period, partner })
    }
}

/// How the text begins that says for which schema a sheet of a template is laid out.
const SCHEMA: &str = "Schema";

/// The text that says for which schema a sheet of a template is laid out.
pub fn schema_mark(name: &str, version: Option<&str>) -> String {
    [SCHEMA, name, version.unwrap_or_default()].join(BETWEEN).trim_end_matches(BETWEEN).to_owned()
}

/// Name and version of the schema that such a text names.
pub fn parse_schema_mark(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split(BETWEEN.trim()).map(str::trim);
    (parts.next()? == SCHEMA).then_some(())?;
    Some((parts.next()?, parts.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back() {
        let whole = Mark { programme: "example".to_owned(), period: "2022-Q3".to_owned(), partner: "north".to_owned() };
        for mark in [Mark::default(), whole] {
            assert_eq!(Mark::parse(&mark.text()), Some(mark.clone()));
            assert_eq!(Mark::parse(&format!(" {} ", mark.text())), Some(mark));
        }
        assert_eq!(Mark::parse("Quarterday sheet 1 | a |  | ").map(|mark| mark.programme), Some("a".to_owned()));
        for other in ["", "Quarterday", "Quarterday sheet 11 | a", "Findings"] {
            assert_eq!(Mark::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_template_says_for_which_schema_it_is() {
        for (name, version) in [("programme/people", "2022.3"), ("people", "")] {
            let text = schema_mark(name, Some(version).filter(|version| !version.is_empty()));
            assert_eq!(parse_schema_mark(&text), Some((name, version)));
        }
        assert_eq!(parse_schema_mark("Schemas | x"), None);
    }

    #[test]
    fn no_two_columns_are_headed_alike() {
        let headings: std::collections::BTreeSet<&str> = Column::ALL.iter().map(|column| column.heading()).collect();
        assert_eq!(headings.len(), Column::ALL.len());
    }
}
