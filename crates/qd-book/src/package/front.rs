//! The list of sheets: ours are put in front, an earlier answer's are taken out, and what counts
//! sheets by their place is moved along.

use super::graft::Front;
use super::relations::path_of;
use super::xml::Element;
use super::{Damaged, Package, SPREADSHEET};
use crate::book::Book;
use crate::error::BookError;

/// The format's order of elements.
pub(super) const ORDER: [&str; 20] = [
    "fileVersion",
    "fileSharing",
    "AlternateContent",
    "revisionPtr",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
];

impl Package {
    /// Puts all sheets of a workbook in front that was begun for it ([`Book::in_front_of`]).
    pub fn put_in_front(&mut self, book: Book) -> Result<(), BookError> {
        let first = book.first_style;
        let mut front = Front::of(book.skeleton()?)?;
        let styles = front.styles()?;
        front.first_style = self.styles.take_in(&styles)?;
        assert_eq!(front.first_style, first, "nothing took in styles since the sheets were begun");
        for _ in &front.names {
            let mut number = front.paths.len() + 1;
            let path = loop {
                let path = format!("xl/worksheets/answer{number}.xml");
                if !self.archive.has(&path) && !front.paths.contains(&path) {
                    break path;
                }
                number += 1;
            };
            front.paths.push(path);
        }
        self.front = Some(front);
        Ok(())
    }

    /// Takes a sheet out, with the names that belong to it.
    pub(super) fn remove_sheet(&mut self, name: &str) {
        let Some(sheets) = self.workbook.root.child_mut("sheets") else { return };
        let Some(place) = sheets.elements().position(|sheet| sheet.get("name").is_some_and(|own| own == name)) else {
            return;
        };
        let id = sheets.elements().nth(place).and_then(|sheet| sheet.get("id")).map(std::borrow::Cow::into_owned);
        sheets.retain(|sheet| sheet.get("name").is_none_or(|own| own != name));
        if let Some(names) = self.workbook.root.child_mut("definedNames") {
            names.retain(|name| name.number("localSheetId") != Some(place as u32));
        }
        self.move_places(|at| if at > place as u32 { at - 1 } else { at });
        if let Some(id) = id {
            if let Some(path) = self.relations.target(&id) {
                self.types.remove(&path);
                self.dropped.insert(path_of(&path));
                self.dropped.insert(path);
            }
            self.relations.remove(&id);
        }
        self.sheets.retain(|sheet| sheet.name != name);
    }

    /// Changes what counts sheets by their place.
    fn move_places(&mut self, to: impl Fn(u32) -> u32) {
        for name in self.workbook.root.child_mut("definedNames").into_iter().flat_map(Element::elements_mut) {
            if let Some(place) = name.number("localSheetId") {
                name.set("localSheetId", &to(place).to_string());
            }
        }
        for view in self.workbook.root.child_mut("bookViews").into_iter().flat_map(Element::elements_mut) {
            for place in ["activeTab", "firstSheet"] {
                if let Some(at) = view.number(place) {
                    view.set(place, &to(at).to_string());
                }
            }
        }
    }

    /// Brings the list of sheets up to date, and puts down the parts that changed.
    pub(super) fn change_workbook(&mut self) -> Result<(), BookError> {
        if let Some(front) = self.front.take() {
            self.list_front(&front)?;
            self.front = Some(front);
        }
        if self.workbook.root.child("definedNames").is_some_and(|names| names.elements().next().is_none()) {
            self.workbook.root.retain(|element| element.local() != "definedNames");
        }
        self.written.insert(self.workbook_path.clone(), self.workbook.bytes());
        self.written.insert(path_of(&self.workbook_path), self.relations.bytes());
        Ok(())
    }

    fn list_front(&mut self, front: &Front) -> Result<(), BookError> {
        let count = front.names.len() as u32;
        self.move_places(|place| place + count);
        for view in self.workbook.root.child_mut("bookViews").into_iter().flat_map(Element::elements_mut) {
            view.set("activeTab", "0");
            view.remove("firstSheet");
        }
        let relation = self.relation_prefix();
        let sheets = self.workbook.root.child_mut("sheets").ok_or(Damaged)?;
        let mut next = sheets.elements().filter_map(|sheet| sheet.number("sheetId")).max().unwrap_or(0);
        let like = Element::beside(sheets, "sheet");
        let mut ours = Vec::new();
        for (name, path) in front.names.iter().zip(&front.paths) {
            let id = self.relations.add("worksheet", path);
            self.types.add(path, &format!("{SPREADSHEET}.worksheet+xml"));
            next += 1;
            let mut sheet = like.clone().with("name", name).with("sheetId", &next.to_string());
            if relation.is_none() {
                sheet.set("xmlns:rel", super::RELATIONS);
            }
            sheet.set(&format!("{}:id", relation.as_deref().unwrap_or("rel")), &id);
            ours.push(super::xml::Node::Element(sheet));
        }
        let sheets = self.workbook.root.child_mut("sheets").ok_or(Damaged)?;
        sheets.children.splice(0..0, ours);
        let like = Element::beside(&self.workbook.root, "definedName");
        let mut names = front.defined_names();
        if !names.is_empty() {
            let list = self.workbook.root.child_in_order("definedNames", &ORDER);
            names = names.into_iter().map(|name| name.in_namespace_of(&like)).collect();
            list.children.splice(0..0, names.into_iter().map(super::xml::Node::Element));
        }
        Ok(())
    }

    /// The prefix under which the workbook's part speaks of relationships.
    fn relation_prefix(&self) -> Option<String> {
        self.workbook.root.prefix_of(super::RELATIONS)
    }
}
