//! The workbook as a whole: its properties, its marks, its page set-up, its sheets in order.

use crate::cover::{self, Cover};
use crate::error::BookError;
use crate::names::Names;
use crate::package::Package;
use crate::rows::Body;
use crate::skeleton::Skeleton;
use crate::style;
use crate::table::{Filled, Layout, TableSheet};
use crate::text;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};
use std::collections::BTreeMap;

/// What a workbook says of itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Its title, also at the foot of each printed page.
    pub title: String,
    /// What it is about.
    pub subject: String,
    /// Who made it: an organisation, never a person.
    pub author: String,
    /// Whether it says DRAFT on its covers and on each printed page.
    pub draft: bool,
    /// A line that stands on every sheet and every printed page, for example that all is invented.
    pub banner: Option<String>,
    /// Year, month and day given as the day of its making; 1 January 2000 where absent, so that the
    /// same values give the same bytes.
    pub created: Option<(u16, u8, u8)>,
}

/// A workbook that is being written.
pub struct Book {
    pub(crate) workbook: Workbook,
    pub(crate) about: About,
    pub(crate) names: Names,
    pub(crate) row_limit: u32,
    /// Styles of another workbook that stand before this one's.
    pub(crate) first_style: u32,
    /// How many sheets there are.
    count: usize,
    /// The rows of tables, by the place of their sheet.
    bodies: BTreeMap<usize, Body>,
    /// What was put into it, where the same is put into another one.
    kept: Option<Vec<Kept>>,
}

/// Something that was put into a book, to be put into another one.
pub(crate) enum Kept {
    Cover(Cover),
    /// A table's name, its layout, and the rows of its sheets.
    Table(String, Layout, Vec<Filled>),
}

/// Rows of a sheet.
pub(crate) const ROWS: u32 = 1_048_576;
/// The line on the covers of drafts.
pub(crate) const DRAFT: &str = "DRAFT: not yet sent, and may still change";
/// Excel's numbers of paper sizes.
const A4: u8 = 9;
pub(crate) const A3: u8 = 8;

/// Which way up a sheet is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Portrait,
    Landscape,
}

impl Book {
    /// A workbook without sheets.
    pub fn new(about: About) -> Self {
        let (workbook, names, bodies) = (Workbook::new(), Names::default(), BTreeMap::new());
        Self { workbook, about, names, row_limit: ROWS, first_style: 0, count: 0, bodies, kept: None }
    }

    /// A workbook that is written once and comes as a draft and without saying so: see
    /// [`Book::finish_twice`].
    pub fn twice(about: About) -> Self {
        Self { kept: Some(Vec::new()), ..Self::new(About { draft: true, ..about }) }
    }

    /// A workbook whose sheets will be put in front of another one's.
    pub fn in_front_of(package: &Package, about: About) -> Self {
        let mut book = Self::new(about);
        book.names.reserve(package.sheet_names());
        book.first_style = package.style_count();
        book
    }

    /// Adds a sheet of labels and values.
    pub fn cover(&mut self, cover: &Cover) -> Result<(), BookError> {
        cover::write(self, cover)
    }

    /// Begins a sheet of rows under headings. It becomes part of the workbook when it is finished.
    pub fn table(&mut self, name: &str, layout: Layout) -> Result<TableSheet<'_>, BookError> {
        TableSheet::begin(self, name, layout)
    }

    /// Adds a sheet.
    pub(crate) fn push(&mut self, sheet: Worksheet) {
        self.workbook.push_worksheet(sheet);
        self.count += 1;
    }

    /// Adds a sheet with rows below what it holds.
    pub(crate) fn push_with_rows(&mut self, sheet: Worksheet, rows: Body) {
        self.bodies.insert(self.count, rows);
        self.push(sheet);
    }

    /// The workbook's bytes.
    pub fn finish(self) -> Result<Vec<u8>, BookError> {
        self.skeleton()?.finish()
    }

    /// The bytes of a workbook that was begun by [`Book::twice`]: as a draft, and as it will be sent. Its rows
    /// were written and packed once.
    pub fn finish_twice(mut self) -> Result<[Vec<u8>; 2], BookError> {
        let mut sent = Self::new(About { draft: false, ..self.about.clone() });
        sent.row_limit = self.row_limit;
        for kept in self.kept.take().unwrap_or_default() {
            match kept {
                Kept::Cover(cover) => cover::write(&mut sent, &cover)?,
                Kept::Table(name, layout, sheets) => TableSheet::again(&mut sent, &name, &layout, &sheets)?,
            }
        }
        debug_assert_eq!(self.count, sent.count, "the two have the same sheets");
        let (draft, sent) = rayon::join(|| self.finish(), || sent.finish());
        Ok([draft?, sent?])
    }

    /// Whether rows are kept for another book.
    pub(crate) fn keeps_rows(&self) -> bool {
        self.kept.is_some()
    }

    /// Keeps something that was put into it, if that is wanted.
    pub(crate) fn keep(&mut self, what: impl FnOnce() -> Kept) {
        if let Some(kept) = &mut self.kept {
            kept.push(what());
        }
    }

    /// The workbook without the rows of its tables, and these beside it.
    pub(crate) fn skeleton(mut self) -> Result<Skeleton, BookError> {
        let (year, month, day) = self.about.created.unwrap_or((2000, 1, 1));
        let properties = DocProperties::new()
            .set_title(text::printable(&self.about.title))
            .set_subject(text::printable(&self.about.subject))
            .set_author(text::printable(&self.about.author))
            .set_creation_datetime(&ExcelDateTime::from_ymd(year, month, day)?);
        let properties = if self.about.draft { properties.set_status("Draft") } else { properties };
        self.workbook.set_properties(&properties);
        Skeleton::of(self.workbook.save_to_buffer()?, self.bodies)
    }

    /// Names a sheet and sets up its printed page.
    pub(crate) fn set_up(&mut self, sheet: &mut Worksheet, name: &str, page: Page) -> Result<String, BookError> {
        let name = self.names.claim(name);
        sheet.set_name(&name)?;
        sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0).set_margins(0.5, 0.5, 0.7, 0.7, 0.3, 0.3);
        if page == Page::Landscape {
            sheet.set_landscape();
        }
        let draft = if self.about.draft { "&C&\"-,Bold\"&14DRAFT" } else { "" };
        let banner = self.about.banner.as_deref().map_or(String::new(), |banner| format!("&R{}", on_page(banner)));
        if self.about.draft || self.about.banner.is_some() {
            sheet.set_header(format!("{draft}{banner}"));
            sheet.set_tab_color(style::TAB);
        }
        sheet.set_footer(format!("&L{}&R&A, page &P of &N", on_page(&self.about.title)));
        Ok(name)
    }
}

/// A text for the head or foot of a printed page, where `&` begins a code and 255 characters are all.
fn on_page(text: &str) -> String {
    text::cut(&text::printable(text), 90).replace('&', "&&")
}
