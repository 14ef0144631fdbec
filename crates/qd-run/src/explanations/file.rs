//! The explanations file: read, and added to from what people typed into their findings workbooks.

use super::{Explanation, path};
use crate::load::{Loaded, plain};
use jiff::civil::Date;
use qd_model::Refusal;
use std::io::Write;

pub(super) const HEADINGS: [&str; 10] =
    ["period", "partner", "table", "rule", "record", "value", "reason_code", "words", "by", "date"];

/// Columns that may be left out of the file.
const OPTIONAL: [usize; 1] = [5];
/// Columns of which no cell may be blank.
const NEEDED: [usize; 6] = [0, 1, 3, 6, 8, 9];

/// An explanation as somebody typed it into a findings workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedExplanation {
    /// Label of the period.
    pub period: String,
    /// The partner's code.
    pub partner: String,
    /// The table.
    pub table: String,
    /// The code of the query.
    pub rule: String,
    /// The record as the finding names it; blank where it is about a column or a file.
    pub record: String,
    /// The digest of the values, as the finding names it.
    pub value: String,
    /// Why the values are right, as a code.
    pub reason_code: String,
    /// The same in words, or blank.
    pub words: String,
    /// Role or initials of who gave it.
    pub by: String,
    /// When.
    pub date: Date,
    /// Where it was typed, for messages: "Findings!J14".
    pub place: String,
}

/// What became of explanations that were taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakenIn {
    /// How many were new.
    pub added: usize,
    /// How many were in the file already.
    pub known: usize,
}

/// Adds explanations to the file beside the pipeline, or refuses all of them where one names what the
/// pipeline does not have or holds what looks like an identifier.
pub fn take_in(loaded: &Loaded, typed: &[TypedExplanation]) -> Result<TakenIn, Refusal> {
    let mut lines = super::read(loaded)?.lines;
    let mut taken = TakenIn::default();
    for it in typed {
        let line = Explanation {
            line: 0,
            period: it.period.trim().to_owned(),
            partner: it.partner.trim().to_owned(),
            table: it.table.trim().to_owned(),
            rule: it.rule.trim().to_owned(),
            record: it.record.trim().to_owned(),
            value: it.value.trim().to_owned(),
            reason_code: it.reason_code.trim().to_lowercase().replace([' ', '_'], "-"),
            words: it.words.trim().to_owned(),
            by: it.by.trim().to_owned(),
            date: it.date.to_string(),
        };
        let refuse = |(what, hint): (String, String)| {
            let refusal = Refusal::new("an explanation cannot be taken in").because(format!("{}: {what}", it.place));
            refusal.hint(hint)
        };
        let needed =
            [(&line.rule, "rule"), (&line.reason_code, "reason code"), (&line.by, "name or role of who gives it")];
        if let Some((_, what)) = needed.iter().find(|(text, _)| text.is_empty()) {
            return Err(refuse((format!("the {what} is blank"), "fill it in, or clear the row".to_owned())));
        }
        line.check(loaded).map_err(refuse)?;
        let is_it = |known: &&Explanation| Explanation { line: 0, ..(*known).clone() } == line;
        if lines.iter().any(|known| is_it(&known)) {
            taken.known += 1;
        } else {
            taken.added += 1;
            lines.push(line);
        }
    }
    if taken.added > 0 {
        write(loaded, &lines)?;
    }
    Ok(taken)
}

fn write(loaded: &Loaded, lines: &[Explanation]) -> Result<(), Refusal> {
    let path = path(loaded);
    let refuse = |error: &std::io::Error| {
        Refusal::new("the explanations cannot be written")
            .because(format!("{}: {}", path.display(), plain(error)))
            .hint("close the file where it is open; nothing was changed")
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADINGS).expect("writing to memory cannot fail");
    for it in lines {
        let cells = [
            &it.period,
            &it.partner,
            &it.table,
            &it.rule,
            &it.record,
            &it.value,
            &it.reason_code,
            &it.words,
            &it.by,
            &it.date,
        ];
        writer.write_record(cells).expect("writing to memory cannot fail");
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    // Beside it first, so that a full disk leaves the old file as it was.
    let beside = path.with_extension("csv.new");
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, &path)).map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        refuse(&error)
    })
}

/// Reads the file, or says what is wrong in which line.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Explanation>, (u64, String)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let headings = reader.headers().map_err(|_| (1, "the headings cannot be read".to_owned()))?.clone();
    let mut columns = [None; HEADINGS.len()];
    for (at, (wanted, column)) in HEADINGS.iter().zip(&mut columns).enumerate() {
        *column = headings.iter().position(|heading| heading.trim() == *wanted);
        if column.is_none() && !OPTIONAL.contains(&at) {
            return Err((1, format!("there is no column `{wanted}`")));
        }
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let what = match error.kind() {
                csv::ErrorKind::Utf8 { .. } => "the file is not text in UTF-8; save it as CSV UTF-8",
                _ => "the line has another number of cells than the headings",
            };
            (error.position().map_or(1, csv::Position::line), what.to_owned())
        })?;
        let line = record.position().map_or(1, csv::Position::line);
        let cell = |at: usize| columns[at].and_then(|column| record.get(column)).unwrap_or("").trim().to_owned();
        if let Some(at) = NEEDED.iter().find(|at| cell(**at).is_empty()) {
            return Err((line, format!("`{}` is blank", HEADINGS[*at])));
        }
        if cell(9).parse::<Date>().is_err() {
            return Err((line, "`date` is not a date such as 2022-10-04".to_owned()));
        }
        lines.push(Explanation {
            line,
            period: cell(0),
            partner: cell(1),
            table: cell(2),
            rule: cell(3),
            record: cell(4),
            value: cell(5),
            reason_code: cell(6),
            words: cell(7),
            by: cell(8),
            date: cell(9),
        });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_placed_at_its_line() {
        let check = |text: &str, expected: Result<usize, (u64, &str)>| {
            let got = parse(text.as_bytes()).map(|lines| lines.len());
            assert_eq!(got, expected.map_err(|(line, what)| (line, what.to_owned())), "{text}");
        };
        let head = "period,partner,table,rule,record,reason_code,words,by,date\n";
        check(head, Ok(0));
        check(&format!("{head}Q1,north,t,r,abc,checked,,AB,2022-10-04\n"), Ok(1));
        check(
            &format!("{head}Q1,north,t,r,abc,checked,,AB,4 October\n"),
            Err((2, "`date` is not a date such as 2022-10-04")),
        );
        check(&format!("{head}Q1,north,t,r,abc,,words,AB,2022-10-04\n"), Err((2, "`reason_code` is blank")));
        check("period,partner\n", Err((1, "there is no column `table`")));
    }
}
