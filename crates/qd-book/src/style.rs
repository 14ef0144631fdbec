//! How cells look: one small set of formats, made once for each sheet.

use crate::cell::{Cell, Tone};
use crate::error::BookError;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, FormatUnderline, Worksheet};
use std::sync::LazyLock;

/// What a column holds; decides number format and alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number without separators: a year, a number of hours.
    Integer,
    /// A whole number of things, with separators between thousands.
    Count,
    /// A number.
    Number,
    /// A share, where 1 is everything.
    Percent,
    /// A share in whole percent.
    Share,
    /// A date, day first.
    Date,
    /// A month, kept as its first day.
    Month,
    /// A date and time, day first.
    DateTime,
    /// A time of day.
    Time,
}

/// How a whole row looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowStyle {
    /// Like any other.
    #[default]
    Plain,
    /// A headline or total: bold.
    Strong,
    /// A heading inside the table: bold on grey.
    Group,
    /// Part of the row above: its first text is moved in.
    Part,
}

const KINDS: [Kind; 10] = [
    Kind::Text,
    Kind::Integer,
    Kind::Count,
    Kind::Number,
    Kind::Percent,
    Kind::Share,
    Kind::Date,
    Kind::Month,
    Kind::DateTime,
    Kind::Time,
];
const ROWS: [RowStyle; 4] = [RowStyle::Plain, RowStyle::Strong, RowStyle::Group, RowStyle::Part];

/// Dark blue-grey behind white headings.
const HEADING: u32 = 0x002F_4858;
/// The colour of marks such as DRAFT.
const MARK: u32 = 0x00B0_1C2E;
const LINK: u32 = 0x0005_4F9C;
const GREY: u32 = 0x0059_5959;
const PALE: u32 = 0x00E9_EDF0;
/// The line below each row.
const RULE: u32 = 0x00D0_D5D9;

/// The formats of one kind of sheet, and the number that each has in a workbook into which they were
/// the first to be taken.
pub(crate) struct Palette {
    formats: Vec<Format>,
    numbers: Vec<u32>,
}

impl Palette {
    /// Formats by look. A workbook keeps equal ones once.
    pub(crate) fn of(formats: Vec<Format>) -> Self {
        // The first number is the workbook's own usual format.
        let usual = Format::default();
        let mut distinct: Vec<&Format> = vec![&usual];
        let mut numbers = Vec::with_capacity(formats.len());
        for format in &formats {
            let place = distinct.iter().position(|known| *known == format).unwrap_or(distinct.len());
            if place == distinct.len() {
                distinct.push(format);
            }
            numbers.push(place as u32);
        }
        Self { formats, numbers }
    }

    /// The numbers by look, in a workbook whose own styles stand behind `first` others.
    pub(crate) fn numbers(&self, first: u32) -> Vec<u32> {
        self.numbers.iter().map(|number| number + first).collect()
    }

    /// A sheet that knows the formats. Each sheet of a workbook begins so, since the first one decides
    /// on the numbers.
    pub(crate) fn sheet(&self) -> Result<Worksheet, BookError> {
        let mut sheet = Worksheet::new();
        for format in &self.formats {
            sheet.write_blank(0, 0, format)?;
        }
        sheet.clear_cell(0, 0);
        Ok(sheet)
    }
}

/// The formats of tables: kinds in all styles of rows, then tones, then links. Behind the look of each
/// is the same for texts that could be taken for formulas.
pub(crate) static TABLES: LazyLock<Palette> = LazyLock::new(|| {
    let mut formats = Vec::with_capacity((KINDS.len() * ROWS.len() + Tone::ALL.len() + 1) * 2);
    let mut add = |format: Format| formats.extend([format.clone(), format.set_quote_prefix()]);
    for kind in KINDS {
        for row in ROWS {
            add(cell(kind, row));
        }
    }
    for tone in Tone::ALL {
        add(cell(Kind::Text, RowStyle::Plain).set_background_color(tone.colour()));
    }
    add(cell(Kind::Text, RowStyle::Plain).set_font_color(LINK).set_underline(FormatUnderline::Single));
    Palette::of(formats)
});

/// The look of a cell of a kind.
pub(crate) fn look(kind: Kind, row: RowStyle) -> u8 {
    ((kind as usize * ROWS.len() + row as usize) * 2) as u8
}

/// The look of a text with a tone.
pub(crate) fn toned(tone: Tone) -> u8 {
    ((KINDS.len() * ROWS.len() + tone as usize) * 2) as u8
}

/// The look of a text that leads to a place.
pub(crate) fn link() -> u8 {
    ((KINDS.len() * ROWS.len() + Tone::ALL.len()) * 2) as u8
}

/// The kind of a look.
pub(crate) fn kind_of_look(look: u8) -> Kind {
    KINDS.get(usize::from(look) / (ROWS.len() * 2)).copied().unwrap_or(Kind::Text)
}

/// The kind in which a cell is shown: its column's, unless that would show a date as a number.
pub(crate) fn kind_of(cell: &Cell<'_>, column: Kind) -> Kind {
    let holds_numbers = matches!(column, Kind::Integer | Kind::Count | Kind::Number | Kind::Percent | Kind::Share);
    match cell {
        Cell::Date(_) if column != Kind::Month => Kind::Date,
        Cell::DateTime(_) => Kind::DateTime,
        Cell::Time(_) => Kind::Time,
        Cell::Integer(_) if !holds_numbers => Kind::Integer,
        Cell::Number(_) if !holds_numbers => Kind::Number,
        _ => column,
    }
}

impl Kind {
    fn number_format(self) -> &'static str {
        match self {
            Self::Text => "@",
            Self::Integer => "0",
            Self::Count => "#,##0",
            Self::Number => "General",
            Self::Percent => "0.0%",
            Self::Share => "0%",
            Self::Date => "dd/mm/yyyy",
            Self::Month => "mmm yyyy",
            Self::DateTime => "dd/mm/yyyy hh:mm:ss",
            Self::Time => "hh:mm:ss",
        }
    }

    /// Keeps numbers off the text in the next column.
    fn indented(self, format: Format) -> Format {
        if self.align() == FormatAlign::Right { format.set_indent(1) } else { format }
    }

    fn align(self) -> FormatAlign {
        match self {
            Self::Text | Self::Date | Self::Month | Self::DateTime | Self::Time => FormatAlign::Left,
            Self::Integer | Self::Count | Self::Number | Self::Percent | Self::Share => FormatAlign::Right,
        }
    }
}

fn cell(kind: Kind, row: RowStyle) -> Format {
    let format = Format::new().set_num_format(kind.number_format()).set_align(kind.align()).set_align(FormatAlign::Top);
    let format = format.set_border_bottom(FormatBorder::Thin).set_border_bottom_color(RULE);
    // A text that fills its column must not seem to go on in the next.
    let format = format.set_border_right(FormatBorder::Thin).set_border_right_color(RULE);
    let format = if kind == Kind::Text { format.set_text_wrap() } else { kind.indented(format) };
    match row {
        RowStyle::Strong => format.set_bold(),
        RowStyle::Group => format.set_bold().set_background_color(PALE),
        RowStyle::Part if kind == Kind::Text => format.set_indent(1),
        RowStyle::Plain | RowStyle::Part => format,
    }
}

pub(crate) fn heading(kind: Kind) -> Format {
    let format = Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(HEADING)
        .set_align(kind.align())
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap();
    kind.indented(format)
}

/// The heading of a column that is filled in: the star says what the colour says.
pub(crate) fn form_heading(is_required: bool) -> Format {
    heading(Kind::Text).set_background_color(if is_required { MARK } else { HEADING })
}

pub(crate) fn title() -> Format {
    Format::new().set_bold().set_font_size(16).set_font_color(HEADING)
}

pub(crate) fn subtitle() -> Format {
    Format::new().set_font_size(12).set_font_color(GREY)
}

pub(crate) fn mark() -> Format {
    Format::new().set_bold().set_font_color(MARK)
}

pub(crate) fn line() -> Format {
    Format::new().set_font_color(GREY)
}

pub(crate) fn fine() -> Format {
    Format::new().set_font_color(GREY).set_font_size(8)
}

pub(crate) fn section() -> Format {
    Format::new()
        .set_bold()
        .set_font_color(HEADING)
        .set_border_bottom(FormatBorder::Thin)
        .set_border_bottom_color(HEADING)
}

pub(crate) fn label() -> Format {
    Format::new().set_bold().set_align(FormatAlign::Top).set_text_wrap()
}

pub(crate) fn value() -> Format {
    Format::new().set_num_format("@").set_align(FormatAlign::Left).set_align(FormatAlign::Top).set_text_wrap()
}

pub(crate) fn count() -> Format {
    Format::new().set_num_format("#,##0").set_align(FormatAlign::Left).set_align(FormatAlign::Top)
}

/// The colour of the tabs of sheets that carry a mark.
pub(crate) const TAB: u32 = MARK;
