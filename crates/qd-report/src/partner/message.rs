//! The message to a partner, ready to paste into an e-mail: short sentences, plain words, no values.

use super::{About, DEMONSTRATION, fix_for_sender, sentence};
use crate::entries::{self, Entry, one_line};
use qd_model::report::Report;
use qd_model::{Severity, words};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Entries of one kind in a message; the workbook has the rest.
const ENTRIES: usize = 12;

/// The message to one partner. `report` holds this partner's sources only.
pub fn message(report: &Report, about: &About<'_>) -> String {
    let mut out = String::new();
    let period = report.period.as_ref();
    let label = period.map_or(String::new(), |period| format!(", {}", period.label));
    line(&mut out, &format!("Subject: {}{label}: what we found in your files", about.programme));
    line(&mut out, "");
    if about.demonstration {
        line(&mut out, DEMONSTRATION);
        line(&mut out, "");
    }
    line(&mut out, &format!("To {}", about.partner));
    line(&mut out, "");
    let of_period = period.map_or(String::new(), |period| format!(" for {period}"));
    if report.summary().sources > 0 {
        line(&mut out, &format!("Thank you for your files{of_period}. We have checked them."));
    } else {
        line(&mut out, &format!("We have had no files from you{of_period}."));
    }
    line(&mut out, "");
    numbers(&mut out, report);
    let entries = entries::entries(report);
    work(&mut out, &entries);
    let parts = [
        (Severity::Reject, "Files that we could not use"),
        (Severity::Error, "To put right"),
        (Severity::Query, "To put right or to explain"),
    ];
    for (severity, heading) in parts {
        let of_kind: Vec<&Entry<'_>> =
            entries.iter().filter(|entry| entry.severity() == severity && entry.is_open()).collect();
        part(&mut out, heading, &of_kind, about);
    }
    ending(&mut out, report, &entries, about);
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a string takes every text");
}

fn numbers(out: &mut String, report: &Report) {
    let summary = report.summary();
    if summary.sources == 0 {
        return;
    }
    let files: BTreeSet<&str> = report.sources.iter().filter_map(|source| source.source.as_deref()).collect();
    let rows = words::count(summary.rows as usize, "row");
    line(out, &format!("We read {rows} from {}.", words::count(files.len(), "file")));
    line(out, &format!("We accepted {}.", words::count(summary.accepted as usize, "row")));
    match summary.held {
        0 => line(out, "No row is on hold."),
        1 => line(out, "1 row is on hold. We cannot count it until it is put right."),
        held => {
            let held = words::count(held as usize, "row");
            line(out, &format!("{held} are on hold. We cannot count them until they are put right."));
        }
    }
    let rejected: u64 = report.sources.iter().map(|source| source.rejected).sum();
    if rejected > 0 {
        let verb = words::plural(rejected as usize, "is");
        let rejected = words::count(rejected as usize, "row");
        line(out, &format!("{rejected} {verb} in files that we could not use."));
    }
    line(out, "");
}

/// How much there is to do. What was tidied and other notes are no work.
fn work(out: &mut String, entries: &[Entry<'_>]) {
    let open = |severities: &[Severity]| -> usize {
        let open = entries.iter().filter(|entry| entry.is_open() && severities.contains(&entry.severity()));
        open.map(|entry| entry.count).sum()
    };
    let (fix, answer) = (open(&[Severity::Reject, Severity::Error]), open(&[Severity::Query]));
    let said =
        |count: usize, what: &str| format!("{} {} {what}", words::count(count, "finding"), words::plural(count, "is"));
    match (fix, answer) {
        (0, 0) => return,
        (fix, 0) => line(out, &format!("{}.", said(fix, "to be put right"))),
        (0, answer) => line(out, &format!("{}.", said(answer, "to be put right or explained"))),
        (fix, answer) => {
            line(
                out,
                &format!("{}, and {}.", said(fix, "to be put right"), said(answer, "to be put right or explained")),
            );
        }
    }
    line(out, "");
}

fn part(out: &mut String, heading: &str, entries: &[&Entry<'_>], about: &About<'_>) {
    if entries.is_empty() {
        return;
    }
    line(out, heading);
    line(out, "");
    for (index, entry) in entries.iter().take(ENTRIES).enumerate() {
        let number = format!("{}. ", index + 1);
        let indent = " ".repeat(number.len());
        line(out, &format!("{number}{}", sentence(&entry.headline())));
        if let Some(place) = place(entry) {
            line(out, &format!("{indent}Where: {place}"));
        }
        if !entry.fault.fix.is_empty() {
            line(out, &format!("{indent}What to do: {}", fix_for_sender(&entry.fault.fix)));
        }
        line(out, "");
    }
    if entries.len() > ENTRIES {
        let rest = words::count(entries.len() - ENTRIES, "more kind");
        line(
            out,
            &format!("There {} {rest}. They are in {}.", words::plural(entries.len() - ENTRIES, "is"), about.workbook),
        );
        line(out, "");
    }
}

/// `oak.xlsx, sheet "Participants", column F "Start date": F12, F47`
fn place(entry: &Entry<'_>) -> Option<String> {
    let mut path = Vec::new();
    path.extend(entry.source.source.as_deref().map(|name| one_line(name).into_owned()));
    path.extend(entry.source.sheet.as_deref().map(|sheet| format!("sheet \"{}\"", one_line(sheet))));
    path.extend(entry.column());
    let path = (!path.is_empty()).then(|| path.join(", "));
    let places = entry.places(|_, place| place);
    match (path, places) {
        (Some(path), Some(places)) => Some(format!("{path}: {places}")),
        (path, places) => path.or(places),
    }
}

fn ending(out: &mut String, report: &Report, entries: &[Entry<'_>], about: &About<'_>) {
    let notes = report.summary().of(Severity::Note) as usize;
    let explained: usize = entries.iter().filter(|entry| !entry.is_open()).map(|entry| entry.count).sum();
    if explained > 0 {
        let verb = words::plural(explained, "is");
        line(
            out,
            &format!("{} {verb} already explained. You need not answer again.", words::count(explained, "query")),
        );
    }
    let is_open = |severity| entries.iter().any(|entry| entry.severity() == severity && entry.is_open());
    if [Severity::Reject, Severity::Error, Severity::Query].into_iter().any(is_open) {
        line(out, &format!("The workbook {} lists every cell. It holds no values from your files.", about.workbook));
        if !about.sealed.is_empty() {
            line(
                out,
                &format!("Your own files with the cells marked are in {}. Only your key opens it.", about.sealed),
            );
        }
        line(out, "Correct your own file, and send the whole file again.");
    } else {
        line(out, "There is nothing that you need to do.");
    }
    if is_open(Severity::Query) {
        line(
            out,
            &format!("If something is right as it is, tell us why in {}, and send it back to us.", about.workbook),
        );
        line(out, "Do not write names, dates of birth or document numbers in it.");
    }
    if notes > 0 {
        line(out, &format!("Notes for your information are in {} as well. They ask nothing of you.", about.workbook));
    }
    if !report.not_checked.is_empty() {
        line(out, &format!("Some checks could not be made. The sheet \"Not checked\" of {} says why.", about.workbook));
    }
    line(out, "");
    line(out, about.lead);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const ABOUT: About<'_> = About {
        programme: "Example programme",
        pipeline: "example",
        lead: "Lead organisation",
        partner: "North",
        code: "north",
        workbook: "north-findings.xlsx",
        sealed: "",
        demonstration: false,
        sent_back: &[],
        reasons: &[],
    };

    #[test]
    fn a_message_says_what_to_do_in_plain_words() {
        let expected = r#"Subject: Example programme, 2022-Q3: what we found in your files

To North

Thank you for your files for 2022-Q3 (1 July 2022 to 30 September 2022). We have checked them.

We read 130 rows from 2 files.
We accepted 115 rows.
5 rows are on hold. We cannot count them until they are put right.
10 rows are in files that we could not use.

9 findings are to be put right, and 2 findings are to be put right or explained.

Files that we could not use

1. The file is a PDF, whatever its name says.
   Where: "elm".xlsx
   What to do: Send us the workbook itself.

To put right

1. 6 start dates are later than the period's last day.
   Where: oak.xlsx, sheet "Participants", column F "Start Date": F12, F47, F48, F49, F50 and 1 more
   What to do: Correct these dates against your own records.

2. The hours are above 80.
   Where: oak.xlsx, sheet "Participants", column G "+Hours": G9
   What to do: Check the hours.

3. The row has more cells than there are headings.
   Where: oak.xlsx, sheet "Participants": row 61
   What to do: Look at the row.

To put right or to explain

1. Nothing came for the table activities.
   What to do: Ask for the file, or declare it.

2. The course is longer than a year.
   Where: oak.xlsx, sheet "Participants", column F "Start Date": F13
   What to do: Correct the dates, or explain.

The workbook north-findings.xlsx lists every cell. It holds no values from your files.
Correct your own file, and send the whole file again.
If something is right as it is, tell us why in north-findings.xlsx, and send it back to us.
Do not write names, dates of birth or document numbers in it.
Notes for your information are in north-findings.xlsx as well. They ask nothing of you.
Some checks could not be made. The sheet "Not checked" of north-findings.xlsx says why.

Lead organisation
"#;
        assert_eq!(message(&sample::report(), &ABOUT), expected);
    }

    #[test]
    fn a_clean_submission_is_thanked_and_asked_nothing() {
        let text = message(&sample::clean(), &About { demonstration: true, ..ABOUT });
        assert!(text.contains("\nDemonstration: invented people\n"), "{text}");
        assert!(text.contains("\nWe accepted 1 row.\nNo row is on hold.\n"), "{text}");
        assert!(text.ends_with("There is nothing that you need to do.\n\nLead organisation\n"), "{text}");
    }
}
