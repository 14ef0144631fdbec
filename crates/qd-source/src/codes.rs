//! Every code that this room can raise, each with its page.

use qd_model::{Code, Severity};

macro_rules! codes {
    ($($constant:ident $name:literal $severity:ident;)*) => {
        $(pub(crate) const $constant: Code = Code {
            name: $name,
            severity: Severity::$severity,
            page: include_str!(concat!("findings/", $name, ".md")),
        };)*

        /// Every code that reading a source can raise, in alphabetical order.
        pub static CODES: &[Code] = &[$($constant),*];
    };
}

codes! {
    BELOW_TABLE "below-table" Note;
    BLANK_HEADING "blank-heading" Note;
    COLUMN_ORDER "column-order" Reject;
    DATE_ORDER "date-order" Query;
    DUPLICATE_HEADING "duplicate-heading" Reject;
    ENCODING "encoding" Note;
    HIDDEN "hidden" Note;
    LONE_SENTENCE "lone-sentence" Error;
    LOST_DIGITS "lost-digits" Query;
    MERGED "merged" Note;
    MISSING_COLUMN "missing-column" Reject;
    NO_ROWS "no-rows" Note;
    NOT_COLLECTED "not-collected" Query;
    OLD_TEMPLATE "old-template" Note;
    RAGGED_ROW "ragged-row" Error;
    REPEATED_HEADING "repeated-heading" Note;
    SEVERAL_SHEETS "several-sheets" Reject;
    SHEET_NOT_FOUND "sheet-not-found" Reject;
    STRAY_QUOTE "stray-quote" Error;
    TOO_LARGE "too-large" Reject;
    UNCALCULATED "uncalculated" Query;
    UNCLOSED_QUOTE "unclosed-quote" Reject;
    UNDECODABLE "undecodable" Error;
    UNKNOWN_COLUMN "unknown-column" Note;
    UNREADABLE "unreadable" Reject;
    VANISHED_HEADING "vanished-heading" Query;
    WRONG_TEMPLATE "wrong-template" Reject;
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn every_page_has_the_fixed_headings_in_order() {
        const HEADINGS: [&str; 5] =
            ["What it looks for", "Why a funder asks", "Example", "How to put it right", "When it stays silent"];
        for code in CODES {
            let found: Vec<&str> = code.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
            assert_eq!(found, HEADINGS, "{}", code.name);
        }
    }

    #[test]
    fn every_page_in_the_folder_belongs_to_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/findings");
        let mut pages: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".md", ""))
            .collect();
        pages.sort();
        let mut names: Vec<&str> = CODES.iter().map(|code| code.name).collect();
        names.sort_unstable();
        assert_eq!(pages, names);
    }
}
