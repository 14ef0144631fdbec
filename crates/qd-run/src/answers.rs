//! What partners sent back in our own sheets: explanations that they typed there, and the findings that
//! they had in hand.

use crate::discover::fits;
use crate::explanations::{self, TypedExplanation};
use crate::load::{Loaded, plain};
use crate::prepared::Prepared;
use jiff::civil::Date;
use qd_model::Refusal;
use qd_model::answer::{ALREADY, Column};
use qd_model::finding::column_letters;
use qd_report::SentBack;
use qd_source::AnswerLine;

/// A line of a findings sheet that came back.
pub(crate) struct Answer {
    /// The partner's code.
    pub(crate) partner: String,
    /// The file in which it came.
    file: String,
    line: AnswerLine,
}

/// Reads our own sheets in the files of the period, and takes in the explanations typed there.
pub(crate) fn take_in(prepared: &mut Prepared<'_>) -> Result<(), Refusal> {
    prepared.answers = read(prepared)?;
    let mut typed = Vec::new();
    for answer in &prepared.answers {
        typed.extend(explanation(prepared, answer)?);
    }
    if !typed.is_empty() && explanations::take_in(prepared.loaded, &typed)?.added > 0 {
        prepared.explanations = explanations::read(prepared.loaded)?;
    }
    Ok(())
}

fn read(prepared: &Prepared<'_>) -> Result<Vec<Answer>, Refusal> {
    let loaded = prepared.loaded;
    let folder = loaded.resolve(&prepared.period.folder);
    // A folder that cannot be read is refused where its files are looked for.
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let path =
            entry.map_err(|error| Refusal::new("a period's folder cannot be read").because(plain(&error)))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut answers = Vec::new();
    for path in files {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for line in qd_source::answers(&path) {
            let is_other = !line.mark.programme.is_empty() && line.mark.programme != loaded.pipeline.name;
            let partner = partner(loaded, &line.mark.partner, &file).filter(|_| !is_other);
            answers.extend(partner.map(|partner| Answer { partner, file: file.clone(), line }));
        }
    }
    Ok(answers)
}

/// Whose answer it is: by the mark on the sheet, else by the name of the file.
fn partner(loaded: &Loaded, code: &str, file: &str) -> Option<String> {
    let mut partners = loaded.pipeline.partners.iter();
    let sends = |source: &qd_model::pipeline::SourceSpec| fits(&source.file, file);
    let found = partners.find(|partner| match code {
        "" => partner.sources.iter().any(sends),
        code => partner.code == code,
    });
    found.map(|partner| partner.code.clone())
}

/// What was typed as an explanation, if anything was.
fn explanation(prepared: &Prepared<'_>, answer: &Answer) -> Result<Option<TypedExplanation>, Refusal> {
    let line = &answer.line;
    let cell = |column| line.cell(column).to_owned();
    let is_typed = [Column::Reason, Column::Explanation].iter().any(|column| !line.cell(*column).is_empty());
    if !is_typed || line.cell(Column::Explanation) == ALREADY {
        return Ok(None);
    }
    let place = |column: Column| {
        format!("{}, {}!{}{}", answer.file, line.sheet, column_letters(line.column(column).unwrap_or(0)), line.row)
    };
    let date = match line.cell(Column::Date) {
        "" => prepared.as_of,
        typed => day(typed).ok_or_else(|| {
            Refusal::new("an explanation cannot be taken in")
                .because(format!("{}: the date cannot be read", place(Column::Date)))
                .hint("write it with the day first, such as 04/10/2022, or clear it")
        })?,
    };
    let label = Some(line.mark.period.clone()).filter(|label| !label.is_empty());
    Ok(Some(TypedExplanation {
        period: label.unwrap_or_else(|| prepared.period.label.clone()),
        partner: answer.partner.clone(),
        table: cell(Column::Table),
        rule: cell(Column::Rule),
        record: cell(Column::Record),
        value: cell(Column::Value),
        reason_code: cell(Column::Reason),
        words: cell(Column::Explanation),
        by: Some(cell(Column::By)).filter(|by| !by.is_empty()).unwrap_or_else(|| answer.partner.clone()),
        date,
        place: place(Column::Reason),
    }))
}

/// A date as a workbook holds it, or as people here type it.
fn day(text: &str) -> Option<Date> {
    if let Ok(date) = text.get(..10).unwrap_or(text).parse() {
        return Some(date);
    }
    let mut parts = text.split(['/', '.', '-']).map(|part| part.trim().parse::<i16>().ok());
    let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
    Date::new(if year < 100 { year + 2000 } else { year }, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// The findings that a partner had in hand when it sent its files.
pub(crate) fn sent_back(prepared: &Prepared<'_>, partner: &str) -> Vec<SentBack> {
    let own = prepared.answers.iter().filter(|answer| answer.partner == partner);
    let of_period = own.filter(|answer| answer.line.mark.period == prepared.period.label);
    of_period
        .map(|answer| SentBack {
            rule: answer.line.cell(Column::Rule).to_owned(),
            table: answer.line.cell(Column::Table).to_owned(),
            record: answer.line.cell(Column::Record).to_owned(),
            place: answer.line.cell(Column::Cell).to_owned(),
        })
        .filter(|line| !line.rule.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_read_as_they_are_typed() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        };
        check("2022-10-04", Some("2022-10-04"));
        check("2022-10-04T09:30:00", Some("2022-10-04"));
        check("4/10/2022", Some("2022-10-04"));
        check("04.10.22", Some("2022-10-04"));
        check("4 October", None);
        check("31/02/2022", None);
    }
}
