//! What this room says, in one place: the wording of every fault.

use crate::codes;
use qd_model::words;
use qd_model::{Class, Code, Fault, Field, Leaving, Schema};
use std::sync::Arc;

/// Why a file cannot be used: a fault that ends the reading of it.
#[derive(Debug, Clone)]
pub(crate) struct Trouble(Box<Fault>);

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}

impl Trouble {
    /// The fault, as findings hold it.
    pub(crate) fn fault(&self) -> &Fault {
        &self.0
    }
}

/// A fault of a code about the whole file, with its message and what to do.
pub(crate) fn fault(code: &Code, message: &str, fix: &str) -> Fault {
    Fault {
        code: code.name.into(),
        severity: code.severity,
        field: None,
        column: None,
        heading: None,
        class: Class::None,
        message: message.into(),
        many: uncapitalised(message).into(),
        fix: fix.into(),
        asks: None,
        trial: false,
        leaving: None,
    }
}

/// What a sheet, a range or a packed table is called. Its own name was chosen by whoever sent the file
/// and can name a person; the other one says only which it is.
#[derive(Debug, Clone)]
pub(crate) struct Called {
    pub(crate) own: String,
    pub(crate) plain: String,
}

/// Which names a message repeats.
#[derive(Debug, Clone, Copy)]
enum Names {
    Own,
    Plain,
}

impl Names {
    /// What one is called, in a sentence: the sheet "Starts", or sheet 2.
    fn one(self, what: &str, called: &Called) -> String {
        match self {
            Self::Own => format!("the {what} \"{}\"", called.own),
            Self::Plain => called.plain.clone(),
        }
    }

    /// The same for several, the first ten of them.
    fn list(self, all: &[Called]) -> String {
        const SHOWN: usize = 10;
        let name = |called: &Called| match self {
            Self::Own => format!("\"{}\"", called.own),
            Self::Plain => called.plain.clone(),
        };
        let mut items: Vec<String> = all.iter().take(SHOWN).map(name).collect();
        if all.len() > SHOWN {
            items.push(format!("{} more", all.len() - SHOWN));
        }
        words::list(&items)
    }
}

/// A fault whose message or fix repeats names that a sender chose, said with them and without.
fn naming(code: &Code, said: impl Fn(Names) -> (String, String)) -> Fault {
    let ((message, fix), (plain, plain_fix)) = (said(Names::Own), said(Names::Plain));
    let mut fault = fault(code, &message, &fix);
    if (&message, &fix) != (&plain, &plain_fix) {
        let many = uncapitalised(&plain).into();
        fault.leaving = Some(Arc::new(Leaving { message: plain.into(), many, fix: plain_fix.into() }));
    }
    fault
}

/// The same words as the end of a sentence that begins with a count.
fn uncapitalised(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

/// A fault about one column of a sheet.
fn at(column: u32, heading: &str, mut fault: Fault) -> Fault {
    fault.column = Some(column);
    fault.heading = (!heading.is_empty()).then(|| heading.into());
    fault
}

const ASK_AGAIN: &str = "ask the partner for the table as an Excel workbook (.xlsx) or a CSV file";

/// The file is something else than a table that can be read: `what` completes "The file …".
pub(crate) fn unreadable(what: &str, fix: &str) -> Trouble {
    Trouble::from(fault(&codes::UNREADABLE, &format!("The file {what}"), fix))
}

/// The file is of a kind that is not read.
pub(crate) fn stranger(what: &str, fix: Option<&str>) -> Trouble {
    unreadable(what, fix.unwrap_or(ASK_AGAIN))
}

/// The system would not give the file's bytes.
pub(crate) fn machine(error: &std::io::Error) -> Trouble {
    use std::io::ErrorKind;
    let what = match error.kind() {
        ErrorKind::NotFound => "is not there",
        ErrorKind::PermissionDenied => "cannot be opened, since this account may not read it",
        ErrorKind::IsADirectory => "is a folder",
        _ => "cannot be read to its end",
    };
    unreadable(what, "close the file in other programs, check that you may read it, and try again")
}

/// A library could not make sense of the file, or stumbled over it. `what` is the file's kind.
pub(crate) fn damaged(what: &str) -> Trouble {
    let fix = "open the file in the program that made it, let it repair the file if it offers to, save it under a new name and try again";
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    unreadable(&format!("is damaged: it is {article} {what}, and some of its parts cannot be read"), fix)
}

/// A workbook that only opens with a password.
pub(crate) fn protected() -> Trouble {
    let fix = "open it with its password in Excel, remove the password (File, Info, Protect Workbook) and save it";
    unreadable("is a password-protected workbook", fix)
}

/// A packed file whose contents do not come out whole.
pub(crate) fn broken_packing(what: &str) -> Trouble {
    let fix = "ask the partner to send the file again: it did not arrive whole";
    unreadable(&format!("is {what} that is truncated or damaged"), fix)
}

/// A limit was hit: `what` completes "The file …" and names the limit.
pub(crate) fn too_large(what: &str) -> Trouble {
    let fix = "remove pictures, formatting and sheets that are not needed, or ask for the table as a CSV file; if the file is trusted, run again with `--limits 4`, which makes every limit four times as large";
    Trouble::from(fault(&codes::TOO_LARGE, &format!("The file {what}"), fix))
}

/// A quote that opens in `row` and never closes.
pub(crate) fn unclosed_quote(row: u32) -> Trouble {
    let message =
        format!("A quotation mark opens a cell in row {row} and is never closed, so where rows end is not known");
    let fix = "close or remove the quotation mark, or export the file again";
    Trouble::from(fault(&codes::UNCLOSED_QUOTE, &message, fix))
}

/// No heading was recognised. `sheets` are those that were looked at.
pub(crate) fn wrong_template(table: &str, sheets: &[Called]) -> Trouble {
    let fix = "check that this is the file for this table, and that its headings are in one row near the top";
    Trouble::from(naming(&codes::WRONG_TEMPLATE, |names| {
        let message = match sheets {
            [] => format!("No heading of {table} was recognised in the file"),
            [one] => format!("No heading of {table} was recognised on {}", names.one("sheet", one)),
            _ => format!("No heading of {table} was recognised on any of the sheets {}", names.list(sheets)),
        };
        (message, fix.to_owned())
    }))
}

/// The same of text in which no separator was found.
pub(crate) fn no_separator(table: &str) -> Trouble {
    let message = format!("No heading of {table} was recognised in the file, of which the rows have one cell each");
    let fix = "look at how its columns are separated: commas, semicolons, tabs and bars are known; ask for an Excel workbook (.xlsx) or a CSV file else";
    Trouble::from(fault(&codes::WRONG_TEMPLATE, &message, fix))
}

/// The sheet that was asked for is not there.
pub(crate) fn sheet_not_found(asked: &str, sheets: &[Called]) -> Trouble {
    let near = words::nearest(asked, sheets.iter().map(|called| called.own.as_str()));
    let near = near.and_then(|near| sheets.iter().find(|called| called.own == near));
    Trouble::from(naming(&codes::SHEET_NOT_FOUND, |names| match near {
        Some(near) => (
            format!(
                "There is no sheet \"{asked}\"; there is {}: is that it?",
                match names {
                    Names::Own => format!("a sheet \"{}\"", near.own),
                    Names::Plain => format!("{} with a name near it", near.plain),
                }
            ),
            format!("ask for {}, or rename it", names.one("sheet", near)),
        ),
        None => (
            format!("There is no sheet \"{asked}\"; the sheets are {}", names.list(sheets)),
            "ask for one of these sheets, or ask the partner where the table is".to_owned(),
        ),
    }))
}

/// The range that was asked for is not there.
pub(crate) fn range_not_found(asked: &str, known: &[Called]) -> Trouble {
    let fix = "mend `range` in the pipeline's source: cells such as B4:H200, or a name that the workbook has for cells (a named range; a table in xlsx; a database range in ods)";
    Trouble::from(naming(&codes::SHEET_NOT_FOUND, |names| {
        let known = match (known, names) {
            ([], _) => String::new(),
            (known, Names::Own) => format!("; the file has {}", names.list(known)),
            (known, Names::Plain) => format!("; the file has {} with other names", known.len()),
        };
        (format!("There is no range or table \"{asked}\"{known}"), fix.to_owned())
    }))
}

/// The words that stand before or after the table are not there.
pub(crate) fn words_not_found(words: &str) -> Trouble {
    let message = format!("No row with the words \"{words}\" was found, between which and others the table stands");
    let fix = "mend `between` in the pipeline's source, or ask the partner why the row is gone";
    Trouble::from(fault(&codes::SHEET_NOT_FOUND, &message, fix))
}

/// No sheet has enough of the table's headings.
pub(crate) fn no_sheet_fits(table: &str, sheets: &[Called]) -> Trouble {
    let fix = "name the sheet that holds the table, or check that this is the right file";
    Trouble::from(naming(&codes::SHEET_NOT_FOUND, |names| {
        let sheets = names.list(sheets);
        let message =
            format!("No sheet has at least half of the headings that {table} requires; the sheets are {sheets}");
        (message, fix.to_owned())
    }))
}

/// Several sheets could be the table.
pub(crate) fn several_sheets(table: Option<&str>, sheets: &[Called]) -> Trouble {
    Trouble::from(naming(&codes::SEVERAL_SHEETS, |names| {
        let (count, list) = (sheets.len(), names.list(sheets));
        let message = match table {
            Some(table) => format!("{count} sheets have the headings of {table}: {list}"),
            None => format!("{count} sheets hold something: {list}"),
        };
        (message, "name the sheet that is to be read".to_owned())
    }))
}

/// Nothing but hidden sheets could be the table.
pub(crate) fn only_hidden(table: Option<&str>, sheets: &[Called]) -> Trouble {
    Trouble::from(naming(&codes::SHEET_NOT_FOUND, |names| {
        let list = names.list(sheets);
        let (who, have, hold) = match sheets {
            [_] => ("a sheet that is hidden in the workbook", "has", "holds"),
            _ => ("sheets that are hidden in the workbook", "have", "hold"),
        };
        let message = match table {
            Some(table) => format!("Only {who} {have} the headings of {table}: {list}"),
            None => format!("Only {who} {hold} something: {list}"),
        };
        let fix = "ask the partner whether this is the table and why it is hidden; to read it, name the sheet";
        (message, fix.to_owned())
    }))
}

/// A sheet that cannot be read, beside one that can.
pub(crate) fn other_sheet(sheet: &Called, trouble: &Trouble) -> Fault {
    let why = trouble.fault();
    let plain = why.clone().as_it_leaves();
    let mut fault = why.clone();
    fault.message = format!("\"{}\" was passed over. {}", sheet.own, why.message).into();
    let message = format!("One of the sheets, {}, was passed over. {}", sheet.plain, plain.message);
    let many = uncapitalised(&message).into();
    fault.leaving = Some(Arc::new(Leaving { message: message.into(), many, fix: plain.fix }));
    fault.severity = qd_model::Severity::Note;
    fault
}

/// Nothing is on the sheet, or in the workbook.
pub(crate) fn nothing_on_sheet() -> Trouble {
    unreadable("holds no cell with anything in it", ASK_AGAIN)
}

/// A hidden sheet that was read since it was asked for by name.
pub(crate) fn hidden_read(sheet: &Called) -> Fault {
    naming(&codes::HIDDEN, |names| {
        let message = match names {
            Names::Own => format!("The sheet \"{}\"", sheet.own),
            Names::Plain => "The sheet".to_owned(),
        };
        let message = format!("{message} is hidden in the workbook, and was read since it was asked for by name");
        (message, "nothing, if this is the sheet that you meant".to_owned())
    })
}

/// A hidden sheet that has the headings too, and was left out.
pub(crate) fn hidden_skipped(sheet: &Called) -> Fault {
    naming(&codes::HIDDEN, |names| {
        let message = match names {
            Names::Own => format!("The hidden sheet \"{}\"", sheet.own),
            Names::Plain => format!("One of the hidden sheets, {},", sheet.plain),
        };
        let message = format!("{message} has headings of this table too, and was not read");
        (message, "ask the partner what it is; to read it, name it".to_owned())
    })
}

/// Rows and columns of the sheet that are hidden, and are read all the same.
pub(crate) fn hidden_parts(rows: u64, columns: u64) -> Fault {
    let count = |count: u64, word: &str| match count {
        0 => None,
        1 => Some(format!("1 hidden {word}")),
        _ => Some(format!("{count} hidden {word}s")),
    };
    let parts: Vec<String> = [count(rows, "row"), count(columns, "column")].into_iter().flatten().collect();
    let message = format!("The sheet has {}, and they were read like the others", words::list(&parts));
    fault(&codes::HIDDEN, &message, "nothing, if they belong to the table; else ask the partner to remove them")
}

/// A template of ours that was made for another version of the schema. What it says of its version is a
/// cell of the partner's file by now, and is not repeated.
pub(crate) fn old_template(schema: &Schema) -> Fault {
    let version =
        schema.version.as_ref().map_or_else(|| "the one".to_owned(), |version| format!("{version}, which is"));
    let message =
        format!("The workbook was made from a template for another version of the schema than {version} in force");
    fault(&codes::OLD_TEMPLATE, &message, "send the partner a template of this version for the next period")
}

/// Formulas of which no result was saved: their cells are empty to every reader.
pub(crate) fn uncalculated(count: u64) -> Fault {
    let message = match count {
        1 => "The sheet has 1 formula of which no result was saved, and its cell was read as empty".to_owned(),
        _ => format!("The sheet has {count} formulas of which no result was saved, and their cells were read as empty"),
    };
    fault(&codes::UNCALCULATED, &message, "open the file in Excel, which calculates it, save it and send it again")
}

/// Merged cells on the sheet.
pub(crate) fn merged(count: u64) -> Fault {
    let message = match count {
        1 => "The sheet has 1 merged range, of which the value was read at its first cell".to_owned(),
        _ => format!("The sheet has {count} merged ranges, of which each value was read at its first cell"),
    };
    fault(&codes::MERGED, &message, "nothing, unless a merged range spans several rows of the table: unmerge it then")
}

/// A field without a column. `near` is an unmatched heading that may be meant.
pub(crate) fn missing_column(field: &Field, near: Option<&str>) -> Fault {
    let label = field.label();
    let mut fault = naming(&codes::MISSING_COLUMN, |names| match near {
        Some(near) => {
            let has = match names {
                Names::Own => format!("the file has the heading \"{near}\": is that it?"),
                Names::Plain => "the file has a heading near it: is that it?".to_owned(),
            };
            let fix = "add the heading to the partner's mapping in the pipeline, or rename the heading";
            (format!("There is no column for {label}; {has}"), fix.to_owned())
        }
        None => (
            format!("There is no column for {label}"),
            "ask the partner for the column, or add its heading to the partner's mapping in the pipeline".to_owned(),
        ),
    });
    fault.field = Some(field.name.as_str().into());
    fault
}

/// A heading of the partner's mapping that is gone, and its field with it.
pub(crate) fn vanished_heading(heading: &str, field: &Field) -> Fault {
    let label = field.label();
    let message =
        format!("The partner's mapping has the heading \"{heading}\" for {label}, and the file has it no more");
    let fix =
        "ask the partner what became of the column; if it has another heading now, map that one with `quarterday map`";
    let mut fault = fault(&codes::VANISHED_HEADING, &message, fix);
    fault.field = Some(field.name.as_str().into());
    fault
}

/// A heading that no field knows.
pub(crate) fn unknown_column(column: u32, heading: &str, near: Option<&str>) -> Fault {
    let near = near.map_or(String::new(), |near| format!(" (\"{near}\" is near)"));
    let message = format!("The heading \"{heading}\" is not in the schema{near}, and its column was not read");
    let fix = "nothing, if the column is not needed; else add its heading to the partner's mapping in the pipeline";
    at(column, heading, fault(&codes::UNKNOWN_COLUMN, &message, fix))
}

/// A second column for the same field.
pub(crate) fn duplicate_field(column: u32, heading: &str, other: &str, field: &Field) -> Fault {
    let message = format!("The headings \"{other}\" and \"{heading}\" both mean {}", field.label());
    let fix = "remove or rename one of the two columns, or say in the partner's mapping which one is meant";
    let mut fault = at(column, heading, fault(&codes::DUPLICATE_HEADING, &message, fix));
    fault.field = Some(field.name.as_str().into());
    fault
}

/// The same unknown heading twice.
pub(crate) fn duplicate_unknown(column: u32, heading: &str, first: &str) -> Fault {
    let message = format!("The heading \"{heading}\" stands in column {first} already");
    let mut fault =
        at(column, heading, fault(&codes::DUPLICATE_HEADING, &message, "nothing, if neither column is needed"));
    fault.severity = qd_model::Severity::Note;
    fault
}

/// A column that holds values below an empty heading.
pub(crate) fn blank_heading(column: u32) -> Fault {
    let letters = qd_model::finding::column_letters(column);
    let message = format!("Column {letters} holds values but has no heading, and was not read");
    at(
        column,
        "",
        fault(&codes::BLANK_HEADING, &message, "give the column a heading if its values belong to the table"),
    )
}

/// Cells far beside the table.
pub(crate) fn outside() -> Fault {
    let message = "There are cells beside the table, in columns without a heading, and they were not read";
    fault(&codes::BLANK_HEADING, message, "nothing, if they do not belong to the table")
}

/// A column whose place differs from its field's.
pub(crate) fn column_order(column: u32, heading: &str, expected: &str) -> Fault {
    let message = format!("The heading \"{heading}\" stands where the schema has {expected}");
    at(column, heading, fault(&codes::COLUMN_ORDER, &message, "put the columns in the schema's order"))
}

/// A column of data that must not arrive.
pub(crate) fn not_collected(column: u32, heading: &str) -> Fault {
    let message = format!("The column \"{heading}\" holds data that this programme does not collect");
    let fix = "ask the partner to send the file again without the column, and delete the file that was sent";
    at(column, heading, fault(&codes::NOT_COLLECTED, &message, fix))
}

/// A record with more or fewer cells than there are headings.
pub(crate) fn ragged_row() -> Fault {
    let message =
        "The row has more or fewer cells than there are headings, so its cells may stand under the wrong ones";
    let fix = "look for a separator inside a value that is not in quotation marks, and export the file again";
    Fault {
        many: "rows have more or fewer cells than there are headings, so cells may stand under the wrong ones".into(),
        ..fault(&codes::RAGGED_ROW, message, fix)
    }
}

/// A row with bytes that are no characters.
pub(crate) fn undecodable() -> Fault {
    let message = "The row has characters that cannot be read, shown as \u{fffd}";
    let fix = "export the file again as CSV in UTF-8, or correct these cells against the partner's records";
    Fault {
        many: "rows have characters that cannot be read, shown as \u{fffd}".into(),
        ..fault(&codes::UNDECODABLE, message, fix)
    }
}

/// A row with NUL bytes.
pub(crate) fn nul() -> Fault {
    let message = "The row has NUL bytes, which no text holds";
    let fix = "export the file again as CSV in UTF-8, or correct these cells against the partner's records";
    Fault { many: "rows have NUL bytes, which no text holds".into(), ..fault(&codes::UNDECODABLE, message, fix) }
}

/// A row in which words follow a closing quotation mark.
pub(crate) fn stray_quote() -> Fault {
    let message = "Words follow a closing quotation mark in the row, so where its cells end is a guess";
    let fix = "double the quotation marks that stand inside a quoted value, or remove the one too many, and export the file again";
    Fault {
        many: "rows have words after a closing quotation mark, so where their cells end is a guess".into(),
        ..fault(&codes::STRAY_QUOTE, message, fix)
    }
}

/// A row below the table that is no record.
pub(crate) fn below_table() -> Fault {
    let message = "The row stands below the table and is a total or a note, and was not read";
    Fault {
        many: "rows stand below the table and are totals or notes, and were not read".into(),
        ..fault(&codes::BELOW_TABLE, message, "nothing, if the row is no record of the table")
    }
}

/// A row directly below the records that may be one of them or a note.
pub(crate) fn lone_sentence() -> Fault {
    let message = "The last row holds a sentence in one cell and nothing else, so whether it is a record or a note below the table is not known";
    let fix =
        "if it is a note, take it out or leave a blank row above it; if it is a record, fill in its other columns";
    Fault {
        many: "last rows hold a sentence in one cell and nothing else, so whether they are records or notes below the table is not known".into(),
        ..fault(&codes::LONE_SENTENCE, message, fix)
    }
}

/// A row that repeats the headings.
pub(crate) fn repeated_heading() -> Fault {
    let message = "The row repeats the headings, and was not read";
    Fault {
        many: "rows repeat the headings, and were not read".into(),
        ..fault(&codes::REPEATED_HEADING, message, "nothing, if the rows below it belong to the same table")
    }
}

/// Dates that can only be written in another order than the declared one.
pub(crate) fn date_order(field: &Field, first: &str, then: &str) -> Fault {
    let label = field.label();
    let message = format!(
        "{label} can only be read with the {first} before the {then}, though the {then} is declared to come first; other dates of the column may be read with both exchanged"
    );
    let fix = "ask the partner how the whole column was written, and say so in `formats` of its source in the pipeline, or have these cells corrected";
    let many = format!(
        "cells of {label} can only be read with the {first} before the {then}, so other dates of the column may be read with both exchanged"
    );
    Fault { field: Some(field.name.as_str().into()), many: many.into(), ..fault(&codes::DATE_ORDER, &message, fix) }
}

/// Numbers of which a spreadsheet has dropped digits.
pub(crate) fn lost_digits(field: &Field) -> Fault {
    let label = field.label();
    let message = format!("{label} was kept as a number by a spreadsheet, which has dropped its last digits");
    let fix = "ask the partner to format the column as text, and to enter the value again from their own records";
    Fault {
        field: Some(field.name.as_str().into()),
        many: format!("cells of {label} were kept as numbers by a spreadsheet, which has dropped their last digits")
            .into(),
        ..fault(&codes::LOST_DIGITS, &message, fix)
    }
}

/// Text in another encoding than UTF-8.
pub(crate) fn encoding(name: &str) -> Fault {
    let message = format!("The file is not in UTF-8, and was read as {name}");
    fault(&codes::ENCODING, &message, "look at a few names with accents; if they look wrong, ask for the file in UTF-8")
}

/// A heading row and nothing below it.
pub(crate) fn no_rows() -> Fault {
    let message = "There is no row of data below the headings: this is a nil return";
    fault(&codes::NO_ROWS, message, "nothing, if the partner has nothing to report for the period")
}
