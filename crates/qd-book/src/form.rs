//! Sheets that somebody fills in: headings, and below them cells that say what goes in and take
//! nothing else.

use crate::book::{Book, Page, ROWS};
use crate::error::BookError;
use crate::style;
use crate::text;
use qd_model::finding::column_letters;
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, DataValidationRule, Format, Formula, Worksheet};

/// One column of a sheet that is filled in.
#[derive(Debug, Clone)]
pub struct FormColumn {
    /// The heading.
    pub heading: String,
    /// Whether every row must have a value.
    pub is_required: bool,
    /// What goes in, for the message beside the cell.
    pub prompt: String,
    /// What the cells take.
    pub takes: Takes,
    /// Whether no two cells may hold the same.
    pub is_unique: bool,
}

/// What a cell takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Takes {
    /// Any text, as it is typed.
    Text {
        /// The fewest characters.
        least: u32,
        /// The most characters.
        most: Option<u32>,
    },
    /// Anything, in the program's own way.
    Anything,
    /// A choice of a list, by its number among the lists.
    List(usize),
    /// A whole number between two, where they are given.
    Whole(Option<i64>, Option<i64>),
    /// A number within limits.
    Number(Vec<Limit>),
    /// A date from one day to another, where they are given: days since 1 January 1970.
    Date(Option<i32>, Option<i32>),
    /// A date and time.
    DateTime,
    /// A time of day.
    Time,
}

/// A limit of numbers: the sign before the number, as formulas write it.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// ">=", ">", "<=" or "<".
    pub sign: &'static str,
    /// The number, in decimal digits.
    pub number: String,
}

/// A list from which cells take their values.
#[derive(Debug, Clone)]
pub struct ChoiceList {
    /// What it is called.
    pub title: String,
    /// What is chosen, and the code that stands for it.
    pub choices: Vec<(String, String)>,
}

/// Rows that are made ready.
const READY: u32 = 5_000;
/// The most characters of a message beside a cell, and of its title.
const MESSAGE: usize = 255;
const TITLE: usize = 32;
/// Characters across one printed page.
const PAGE: usize = 170;
/// Excel's number for 1 January 1970, and the first and last day that all programs agree on.
const EPOCH: i32 = 25_569;
const FIRST_DAY: i32 = 61;
const LAST_DAY: i32 = 2_958_465;
/// The row of the first choice on the sheet of lists, counted from 1.
const FIRST_CHOICE: usize = 4;

/// The sheet of lists, which is written first so that others can point at it, and stands last.
pub struct Choices {
    sheet: Worksheet,
    name: String,
    lengths: Vec<usize>,
}

impl Book {
    /// Writes the lists from which cells choose. `mark` stands above them.
    pub fn choices(&mut self, name: &str, mark: &str, lists: &[ChoiceList]) -> Result<Choices, BookError> {
        let mut sheet = style::TABLES.sheet()?;
        let name = self.set_up(&mut sheet, name, Page::Landscape)?;
        sheet.write_string_with_format(0, 0, text::printable(mark), &style::fine())?;
        let (heading, cell) = (style::heading(crate::Kind::Text), Format::new().set_num_format("@"));
        for (index, list) in lists.iter().enumerate() {
            let at = (index * 3) as u16;
            sheet.write_string_with_format(2, at, text::printable(&list.title), &heading)?;
            sheet.write_string_with_format(2, at + 1, "Code", &heading)?;
            let mut width = list.title.chars().count();
            for (row, (label, code)) in (3u32..).zip(&list.choices) {
                sheet.write_string_with_format(row, at, text::printable(label), &cell)?;
                sheet.write_string_with_format(row, at + 1, text::printable(code), &cell)?;
                width = width.max(label.chars().count());
            }
            sheet.set_column_width(at, (width.clamp(10, 60) + 2) as f64)?.set_column_width(at + 1, 18)?;
            sheet.set_column_width(at + 2, 3)?;
        }
        sheet.set_freeze_panes(3, 0)?;
        Ok(Choices { sheet, name, lengths: lists.iter().map(|list| list.choices.len()).collect() })
    }

    /// Puts the sheet of lists behind all others.
    pub fn close_choices(&mut self, choices: Choices) {
        self.push(choices.sheet);
    }

    /// Adds a sheet that is filled in: its headings stand in the first row. Answers its name.
    pub fn form(&mut self, name: &str, columns: &[FormColumn], choices: &Choices) -> Result<String, BookError> {
        let mut sheet = style::TABLES.sheet()?;
        let name = self.set_up(&mut sheet, name, Page::Landscape)?;
        let mut across = 0;
        for (at, column) in (0u16..).zip(columns) {
            let heading = style::form_heading(column.is_required);
            let words = text::printable(&column.heading);
            sheet.write_string_with_format(0, at, words.as_ref(), &heading)?;
            let longest = words.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
            let width = longest.max(words.chars().count().min(16)) + 3;
            across += width;
            sheet.set_column_width(at, width as f64)?;
            sheet.set_column_format(at, &format(&column.takes))?;
            let validation = validation(column, at, choices)?;
            sheet.add_data_validation(1, at, READY, at, &validation)?;
        }
        sheet.set_row_height(0, 45)?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        // A wide form is printed on several pages side by side, each of which can be read.
        sheet.set_print_fit_to_pages(across.div_ceil(PAGE).max(1) as u16, 0);
        self.push(sheet);
        Ok(name)
    }
}

fn format(takes: &Takes) -> Format {
    Format::new().set_num_format(match takes {
        Takes::Text { .. } | Takes::List(_) => "@",
        Takes::Anything | Takes::Number(_) => "General",
        Takes::Whole(..) => "0",
        Takes::Date(..) => "dd/mm/yyyy",
        Takes::DateTime => "dd/mm/yyyy hh:mm",
        Takes::Time => "hh:mm",
    })
}

fn validation(column: &FormColumn, at: u16, choices: &Choices) -> Result<DataValidation, BookError> {
    let empty = DataValidation::new();
    let (validation, wrong) = match &column.takes {
        Takes::List(list) => {
            let letters = column_letters((list * 3) as u32);
            let end = FIRST_CHOICE + choices.lengths[*list].max(1) - 1;
            let range = format!("='{}'!${letters}${FIRST_CHOICE}:${letters}${end}", choices.name.replace('\'', "''"));
            (empty.allow_list_formula(Formula::new(range)), "Choose from the list.".to_owned())
        }
        Takes::Whole(least, most) => {
            let limits = [(">=", least), ("<=", most)];
            let limits: Vec<Limit> = limits
                .into_iter()
                .filter_map(|(sign, number)| Some(Limit { sign, number: number.as_ref()?.to_string() }))
                .collect();
            let words = words(&limits);
            let whole = format!("INT({0}2)={0}2", column_letters(u32::from(at)));
            (custom(column, at, &limits, Some(whole)), format!("This takes a whole number{words}."))
        }
        Takes::Number(limits) => (custom(column, at, limits, None), format!("This takes a number{}.", words(limits))),
        Takes::Date(first_day, last_day) => {
            let (least, most) = (first_day, last_day);
            let serial =
                |day: &Option<i32>, other: i32| day.map_or(other, |day| (day + EPOCH).clamp(FIRST_DAY, LAST_DAY));
            let (least, most) = (serial(least, FIRST_DAY), serial(most, LAST_DAY));
            let limits = [(">=", least), ("<=", most)].map(|(sign, number)| Limit { sign, number: number.to_string() });
            let wrong = format!("This takes a date, day first{}.", days(*first_day, *last_day));
            let whole = format!("INT({0}2)={0}2", column_letters(u32::from(at)));
            (custom(column, at, &limits, Some(whole)), wrong)
        }
        Takes::DateTime => {
            let limits =
                [(">=", FIRST_DAY), ("<=", LAST_DAY)].map(|(sign, number)| Limit { sign, number: number.to_string() });
            (custom(column, at, &limits, None), "This takes a date and time.".to_owned())
        }
        Takes::Time => {
            let limits = [(">=", 0), ("<", 1)].map(|(sign, number)| Limit { sign, number: number.to_string() });
            (custom(column, at, &limits, None), "This takes a time of day, such as 14:30.".to_owned())
        }
        Takes::Text { least, most } if column.is_unique => {
            let cell = format!("{}2", column_letters(u32::from(at)));
            let mut parts = vec![alone(at)];
            parts.extend((*least > 0).then(|| format!("LEN({cell})>={least}")));
            parts.extend(most.map(|most| format!("LEN({cell})<={most}")));
            let wrong = "No two rows may hold the same, and the length must fit.".to_owned();
            (empty.allow_custom(Formula::new(format!("=AND({})", parts.join(",")))), wrong)
        }
        Takes::Text { least, most } if *least > 0 || most.is_some() => {
            let most = most.unwrap_or(text::CELL_LIMIT as u32);
            let rule = DataValidationRule::Between(*least, most);
            (empty.allow_text_length(rule), format!("This takes between {least} and {most} characters."))
        }
        Takes::Text { .. } | Takes::Anything => (empty.allow_any_value(), String::new()),
    };
    let prompt = text::printable(&column.prompt);
    let heading = text::printable(&column.heading);
    let validation = validation
        .set_input_title(text::cut(&heading, TITLE))?
        .set_input_message(text::cut(&prompt, MESSAGE))?
        .set_error_style(DataValidationErrorStyle::Stop)
        .set_error_title(text::cut(&heading, TITLE))?;
    Ok(if wrong.is_empty() { validation } else { validation.set_error_message(text::cut(&wrong, MESSAGE))? })
}

/// A condition on the number in a cell.
fn custom(column: &FormColumn, at: u16, limits: &[Limit], also: Option<String>) -> DataValidation {
    let cell = format!("{}2", column_letters(u32::from(at)));
    let mut parts = vec![format!("ISNUMBER({cell})")];
    parts.extend(limits.iter().map(|limit| format!("{cell}{}{}", limit.sign, limit.number)));
    parts.extend(also);
    if column.is_unique {
        parts.push(alone(at));
    }
    // AND would reckon with every part, and a text has no whole part.
    let formula = format!(
        "=IF({},AND({}),FALSE)",
        parts.remove(0),
        if parts.is_empty() { "TRUE".to_owned() } else { parts.join(",") }
    );
    DataValidation::new().allow_custom(Formula::new(formula))
}

/// Whether no other cell of the column holds the same, capitals and leading zeros included.
fn alone(at: u16) -> String {
    let letters = column_letters(u32::from(at));
    format!("SUMPRODUCT(--EXACT({letters}$2:{letters}${},{letters}2))=1", READY.min(ROWS - 1) + 1)
}

fn days(first: Option<i32>, last: Option<i32>) -> String {
    let shown = |day: i32| qd_model::period::from_days(day).map(qd_model::words::date);
    match (first.and_then(shown), last.and_then(shown)) {
        (Some(first), Some(last)) => format!(", from {first} to {last}"),
        (Some(first), None) => format!(", {first} or later"),
        (None, Some(last)) => format!(", {last} or earlier"),
        (None, None) => String::new(),
    }
}

fn words(limits: &[Limit]) -> String {
    let words: Vec<String> = limits
        .iter()
        .map(|limit| {
            let word = match limit.sign {
                ">=" => "of at least",
                ">" => "above",
                "<=" => "of at most",
                _ => "below",
            };
            format!(" {word} {}", limit.number)
        })
        .collect();
    words.join(" and")
}
