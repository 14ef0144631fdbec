//! Notes on cells: the part that holds their words, and the drawing without which no program shows
//! them.

use super::Damaged;
use super::edits::Note;
use super::sheet::place;
use super::xml::{Document, Element};
use crate::text;
use qd_model::answer::AUTHOR;
use qd_model::finding::column_letters;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The format's order of elements.
const ORDER: [&str; 3] = ["authors", "commentList", "extLst"];
const SPREADSHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
/// Characters in a line of a note.
const WIDTH: usize = 42;
/// The last column that a note can reach to.
const LAST_COLUMN: u32 = 16_383;
const LAST_ROW: u32 = 1_048_575;

/// The words of a sheet's notes.
pub(super) struct Words {
    document: Document,
}

impl Words {
    pub(super) fn of(part: Option<&[u8]>) -> Result<Self, Damaged> {
        let document = match part {
            Some(part) => Document::parse(part)?,
            None => Document::new(Element::new("comments").with("xmlns", SPREADSHEET)),
        };
        Ok(Self { document })
    }

    /// Takes off the notes of an earlier answer, and answers where they were.
    pub(super) fn take_off(&mut self) -> BTreeSet<(u32, u32)> {
        let mut places = BTreeSet::new();
        let Some(author) = self.our_author() else { return places };
        let author = author.to_string();
        let list = self.document.root.child_in_order("commentList", &ORDER);
        let is_ours = |comment: &Element| comment.get("authorId").is_some_and(|id| id == author);
        places.extend(
            list.elements().filter(|comment| is_ours(comment)).filter_map(|comment| place(&comment.get("ref")?)),
        );
        list.retain(|comment| !is_ours(comment));
        places
    }

    fn our_author(&self) -> Option<usize> {
        self.document.root.child("authors")?.elements().position(|author| author.text() == AUTHOR)
    }

    /// Adds notes where there are none yet, and answers which were added.
    pub(super) fn add<'n>(&mut self, notes: &'n BTreeMap<(u32, u32), Note>) -> Vec<((u32, u32), &'n Note)> {
        let author = self.our_author().unwrap_or_else(|| {
            let root = &mut self.document.root;
            let mut author = Element::beside(root, "author");
            author.push_text(AUTHOR);
            let authors = root.child_in_order("authors", &ORDER);
            authors.push(author);
            authors.elements().count() - 1
        });
        let like = Element::beside(&self.document.root, "comment");
        let list = self.document.root.child_in_order("commentList", &ORDER);
        let mut all: BTreeMap<(u32, u32), Element> = BTreeMap::new();
        let mut unplaced = Vec::new();
        for comment in list.elements().cloned() {
            match comment.get("ref").and_then(|name| place(&name)) {
                Some(place) => {
                    all.entry(place).or_insert(comment);
                }
                None => unplaced.push(comment),
            }
        }
        let mut added = Vec::new();
        for (place, note) in notes {
            if let std::collections::btree_map::Entry::Vacant(free) = all.entry(*place) {
                free.insert(comment(&like, *place, note, author));
                added.push((*place, note));
            }
        }
        list.retain(|_| false);
        for comment in all.into_values().chain(unplaced) {
            list.push(comment);
        }
        added
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.document.bytes()
    }
}

fn comment(like: &Element, (row, column): (u32, u32), note: &Note, author: usize) -> Element {
    let run = |content: &str, is_bold: bool| {
        let mut properties = Element::beside(like, "rPr");
        if is_bold {
            properties.push(Element::beside(like, "b"));
        }
        properties.push(Element::beside(like, "sz").with("val", "9"));
        properties.push(Element::beside(like, "color").with("indexed", "81"));
        properties.push(Element::beside(like, "rFont").with("val", "Tahoma"));
        let mut words = Element::beside(like, "t").with("xml:space", "preserve");
        let content = text::printable(content);
        words.push_text(&content.replace("_x", "_x005F_x"));
        let mut run = Element::beside(like, "r");
        run.push(properties);
        run.push(words);
        run
    };
    let mut words = Element::beside(like, "text");
    words.push(run(&note.title, true));
    words.push(run(&format!("\n{}", note.text), false));
    let name = format!("{}{row}", column_letters(column));
    let mut comment = like.clone().with("ref", &name).with("authorId", &author.to_string());
    comment.push(words);
    comment
}

/// How a drawing of notes begins.
const DRAWING: &str = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
    xmlns:x=\"urn:schemas-microsoft-com:office:excel\">";
const TYPE: &str = "<v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" path=\"m,l,21600r21600,l21600,xe\">\
    <v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>";
/// Shapes that one block of numbers holds.
const BLOCK: usize = 1024;

/// The drawing of a sheet's notes: the one that is there with shapes added, or a new one. `block` is
/// a block of shape numbers that no other drawing of the workbook uses. Nothing where the drawing
/// that is there is not as programs write it.
pub(super) fn drawing(there: Option<&str>, notes: &[((u32, u32), &Note)], block: usize) -> Option<String> {
    let mut shapes = String::new();
    for (index, (place, note)) in notes.iter().enumerate() {
        shape(&mut shapes, block * BLOCK + index + 1, *place, note);
    }
    let blocks: Vec<String> = (0..=notes.len() / BLOCK).map(|more| (block + more).to_string()).collect();
    let Some(there) = there else {
        let data = blocks.join(",");
        return Some(format!(
            "{DRAWING}<o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" data=\"{data}\"/></o:shapelayout>{TYPE}{shapes}</xml>"
        ));
    };
    let known = ["xmlns:v=", "xmlns:o=", "xmlns:x="].iter().all(|prefix| there.contains(prefix));
    let end = there.rfind("</xml>").filter(|_| known)?;
    let kind = if there.contains("id=\"_x0000_t202\"") { "" } else { TYPE };
    let mut head = there[..end].to_owned();
    // The numbers that the drawing may use are listed where it says so.
    if let Some(at) = head.find("<o:idmap").and_then(|at| head[at..].find("data=\"").map(|more| at + more + 6))
        && let Some(close) = head[at..].find('"')
    {
        head.insert_str(at + close, &format!(",{}", blocks.join(",")));
    }
    Some(format!("{head}{kind}{shapes}{}", &there[end..]))
}

/// The drawing without the shapes of notes at some places.
pub(super) fn without(drawing: &str, places: &BTreeSet<(u32, u32)>) -> String {
    let mut kept = String::with_capacity(drawing.len());
    let mut rest = drawing;
    while let Some(start) = rest.find("<v:shape ") {
        let Some(length) = rest[start..].find("</v:shape>") else { break };
        let end = start + length + "</v:shape>".len();
        let shape = &rest[start..end];
        let number = |name: &str| -> Option<u32> {
            let (_, after) = shape.split_once(&format!("<x:{name}>"))?;
            after.split_once('<')?.0.trim().parse().ok()
        };
        let at = number("Row").zip(number("Column")).filter(|_| shape.contains("ObjectType=\"Note\""));
        kept.push_str(&rest[..start]);
        if at.is_none_or(|(row, column)| !places.contains(&(row + 1, column))) {
            kept.push_str(shape);
        }
        rest = &rest[end..];
    }
    kept + rest
}

/// The blocks of shape numbers that a drawing uses.
pub(super) fn blocks(drawing: &str) -> impl Iterator<Item = usize> {
    drawing.match_indices("_x0000_s").filter_map(|(at, found)| {
        let digits: String = drawing[at + found.len()..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok().map(|number| number / BLOCK)
    })
}

fn shape(out: &mut String, number: usize, (row, column): (u32, u32), note: &Note) {
    let lines = text::lines(&note.title, WIDTH) + text::lines(&note.text, WIDTH) + 1;
    // A row is about as high as a line and a fifth.
    let rows = (lines as u32 + 1).clamp(4, 20);
    let (left, top) = ((column + 1).min(LAST_COLUMN - 3), row.saturating_sub(2).min(LAST_ROW - rows));
    let height = rows * 15;
    let (right, bottom, row) = (left + 3, top + rows, row - 1);
    write!(
        out,
        "<v:shape id=\"_x0000_s{number}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:60pt;margin-top:2pt;\
         width:190pt;height:{height}pt;z-index:1;visibility:hidden\" fillcolor=\"#ffffe1\" o:insetmode=\"auto\">\
         <v:fill color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/>\
         <v:textbox style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox>\
         <x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/>\
         <x:Anchor>{left}, 15, {top}, 2, {right}, 31, {bottom}, 1</x:Anchor><x:AutoFill>False</x:AutoFill>\
         <x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
    .expect("a string takes every text");
}
