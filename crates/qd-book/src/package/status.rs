//! What a workbook that somebody else laid out says of itself in its properties, where nothing of it is seen
//! on its sheets.

use super::archive::Archive;
use super::relations::{Relations, Types};
use super::xml::{Document, Element};
use super::{CORE, Damaged};
use crate::error::BookError;
use crate::pack::Pack;
use std::collections::BTreeMap;

const TYPES: &str = "[Content_Types].xml";
const RELATIONS: &str = "_rels/.rels";
const KIND: &str = "application/vnd.openxmlformats-package.core-properties+xml";

/// The workbook with a status among its properties ("Draft"), which file managers and office programs show.
/// Every other part stays as it is packed. One that has no properties gets some.
pub fn with_status(bytes: Vec<u8>, status: &str) -> Result<Vec<u8>, BookError> {
    let mut archive = Archive::open(bytes)?;
    let mut changed: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut relations = Relations::of("", archive.bytes(RELATIONS).as_deref())?;
    let path = relations.of_kind("core-properties");
    let part = path.as_ref().and_then(|path| archive.bytes(path));
    // Properties that nothing can read are as good as none.
    let properties = part.as_deref().and_then(|part| Document::parse(part).ok());
    let path = path.unwrap_or_else(|| {
        let names = (1..=u32::MAX).map(|number| format!("docProps/core{number}.xml"));
        let mut names = std::iter::once("docProps/core.xml".to_owned()).chain(names);
        let path = names.find(|name| !archive.has(name)).expect("one is free");
        relations.add_typed(&format!("{}/core-properties", super::METADATA), &path);
        path
    });
    if part.is_none() {
        let mut types = Types::of(&archive.bytes(TYPES).ok_or(Damaged)?)?;
        types.add(&path, KIND);
        changed.insert(TYPES.to_owned(), types.bytes());
        changed.insert(RELATIONS.to_owned(), relations.bytes());
    }
    let properties =
        properties.unwrap_or_else(|| Document::new(Element::new("cp:coreProperties").with("xmlns:cp", CORE)));
    changed.insert(path, stated(properties, status).bytes());
    let mut out = Pack::default();
    for index in 0..archive.len() {
        let name = archive.name(index);
        let key = changed.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned();
        if let Some(bytes) = key.and_then(|key| changed.remove(&key)) {
            out.put(&name, &bytes)?;
        } else if !name.ends_with('/') {
            archive.copy_packed(index, &mut out)?;
        }
    }
    for (name, bytes) in changed {
        out.put(&name, &bytes)?;
    }
    out.finish()
}

/// The properties with a status, in place of one that is there.
fn stated(mut properties: Document, status: &str) -> Document {
    let root = &mut properties.root;
    if root.child("contentStatus").is_none() {
        root.push(Element::beside(root, "contentStatus"));
    }
    let own = root.child_mut("contentStatus").expect("it was there or was made");
    own.children.clear();
    own.push_text(status);
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_stands_among_the_properties_once() {
        let check = |part: &str, expected: &str| {
            let properties = Document::parse(part.as_bytes()).expect("whole");
            assert_eq!(String::from_utf8(stated(properties, "Draft").bytes()).expect("text"), expected, "{part}");
        };
        check(
            "<cp:coreProperties xmlns:cp=\"x\"><dc:title>T</dc:title></cp:coreProperties>",
            "<cp:coreProperties xmlns:cp=\"x\"><dc:title>T</dc:title><cp:contentStatus>Draft</cp:contentStatus></cp:coreProperties>",
        );
        check(
            "<coreProperties><contentStatus>Final</contentStatus><a/></coreProperties>",
            "<coreProperties><contentStatus>Draft</contentStatus><a/></coreProperties>",
        );
        check(
            "<cp:coreProperties/>",
            "<cp:coreProperties><cp:contentStatus>Draft</cp:contentStatus></cp:coreProperties>",
        );
    }

    /// A workbook of one sheet, with its parts changed; those of which nothing is left are left out.
    fn workbook(change: impl Fn(&str, String) -> String) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write_string(0, 0, "Ann").expect("written");
        let mut archive = Archive::open(book.save_to_buffer().expect("written")).expect("a package");
        let mut pack = Pack::default();
        for index in 0..archive.len() {
            let name = archive.name(index);
            let part = String::from_utf8(archive.bytes(&name).expect("there")).expect("text");
            let part = change(&name, part);
            if !part.is_empty() {
                pack.put(&name, part.as_bytes()).expect("put");
            }
        }
        pack.finish().expect("packed")
    }

    /// The words of a workbook's properties, and the part that holds them.
    fn properties(bytes: Vec<u8>) -> (String, String) {
        let mut archive = Archive::open(bytes.clone()).expect("a package");
        let relations = Relations::of("", archive.bytes(RELATIONS).as_deref()).expect("relations");
        let paths = relations.all_of_kind("core-properties");
        assert_eq!(paths.len(), 1, "{paths:?}");
        let types = Types::of(&archive.bytes(TYPES).expect("types")).expect("types");
        assert_eq!(types.kind(&paths[0]).as_deref(), Some(KIND));
        let part = String::from_utf8(archive.bytes(&paths[0]).expect("the part is there")).expect("text");
        assert!(crate::package::Package::open(bytes).is_ok());
        (paths[0].clone(), part)
    }

    #[test]
    fn a_workbook_without_properties_gets_some() {
        let own = workbook(|_, part| part);
        let (path, part) = properties(with_status(own, "Draft").expect("written"));
        assert!(path == "docProps/core.xml" && part.contains("<cp:contentStatus>Draft<") && part.contains("dcterms:"));

        let without = |name: &str, part: String| match name {
            "docProps/core.xml" => String::new(),
            RELATIONS | TYPES => {
                let from = part.find(if name == TYPES {
                    "<Override PartName=\"/docProps/core"
                } else {
                    "<Relationship Id=\"rId2\""
                });
                let from = from.expect("it is told of");
                let to = from + part[from..].find("/>").expect("it ends") + 2;
                format!("{}{}", &part[..from], &part[to..])
            }
            _ => part,
        };
        let bytes = with_status(workbook(without), "Draft").expect("written");
        let (path, part) = properties(bytes.clone());
        assert_eq!(path, "docProps/core.xml");
        let space = "xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\"";
        assert!(
            part.contains(&format!("<cp:coreProperties {space}><cp:contentStatus>Draft</cp:contentStatus></cp:core"))
        );
        // Asked again, it says so once.
        assert_eq!(properties(with_status(bytes, "Draft").expect("written")), (path, part));

        // A part that lies where ours would, and one that is named and not there.
        let taken = |name: &str, part: String| if name == "docProps/core.xml" { part } else { without(name, part) };
        assert_eq!(properties(with_status(workbook(taken), "Draft").expect("written")).0, "docProps/core1.xml");
        let dangling = |name: &str, part: String| if name == "docProps/core.xml" { String::new() } else { part };
        assert_eq!(properties(with_status(workbook(dangling), "Draft").expect("written")).0, "docProps/core.xml");
    }
}
