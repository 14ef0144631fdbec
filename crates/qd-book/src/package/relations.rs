//! Which part of a workbook points at which, and what kind of part each one is.

use super::Damaged;
use super::xml::{Document, Element};

const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";

/// The relationships of one part.
pub(super) struct Relations {
    /// The folder of the part that they belong to, with its slash.
    folder: String,
    document: Document,
    pub(super) is_changed: bool,
}

/// Where the relationships of a part stand.
pub(super) fn path_of(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/_rels/{name}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

impl Relations {
    pub(super) fn of(part: &str, bytes: Option<&[u8]>) -> Result<Self, Damaged> {
        let document = match bytes {
            Some(bytes) => Document::parse(bytes)?,
            None => Document::new(Element::new("Relationships").with("xmlns", PACKAGE)),
        };
        let folder = part.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        Ok(Self { folder, document, is_changed: false })
    }

    /// The part that a relationship points at.
    pub(super) fn target(&self, id: &str) -> Option<String> {
        self.document
            .root
            .elements()
            .find(|one| one.get("Id").is_some_and(|own| own == id))
            .and_then(|one| self.path(one))
    }

    /// The part at which the first relationship of a kind points.
    pub(super) fn of_kind(&self, kind: &str) -> Option<String> {
        self.document.root.elements().find(|one| is_of_kind(one, kind)).and_then(|one| self.path(one))
    }

    /// The parts at which all relationships of a kind point.
    pub(super) fn all_of_kind(&self, kind: &str) -> Vec<String> {
        self.document.root.elements().filter(|one| is_of_kind(one, kind)).filter_map(|one| self.path(one)).collect()
    }

    fn path(&self, relationship: &Element) -> Option<String> {
        let target = relationship
            .get("Target")
            .filter(|_| relationship.get("TargetMode").is_none_or(|mode| mode != "External"))?;
        if let Some(absolute) = target.strip_prefix('/') {
            return Some(absolute.to_owned());
        }
        let mut path: Vec<&str> = self.folder.split('/').filter(|piece| !piece.is_empty()).collect();
        for piece in target.split('/') {
            match piece {
                "." | "" => {}
                ".." => {
                    path.pop();
                }
                piece => path.push(piece),
            }
        }
        Some(path.join("/"))
    }

    /// Whether they are of the strict kind.
    pub(super) fn is_strict(&self) -> bool {
        self.document.root.elements().any(|one| one.get("Type").is_some_and(|kind| kind.contains("purl.oclc.org")))
    }

    /// Adds a relationship to a part, and answers its name.
    pub(super) fn add(&mut self, kind: &str, part: &str) -> String {
        self.add_typed(&format!("{}/{kind}", super::RELATIONS), part)
    }

    /// The same, by the whole name of its kind.
    pub(super) fn add_typed(&mut self, kind: &str, part: &str) -> String {
        let taken = |id: &str| self.document.root.elements().any(|one| one.get("Id").is_some_and(|own| own == id));
        let id = (1..=u32::MAX).map(|number| format!("rIdQ{number}")).find(|id| !taken(id)).expect("one is free");
        let root = &mut self.document.root;
        let element = Element::beside(root, "Relationship")
            .with("Id", &id)
            .with("Type", kind)
            .with("Target", &format!("/{part}"));
        root.push(element);
        self.is_changed = true;
        id
    }

    /// Takes out relationships of a kind, and answers where they pointed.
    pub(super) fn remove_kind(&mut self, kind: &str) -> Vec<String> {
        let parts = self.all_of_kind(kind);
        let before = self.document.root.elements().count();
        self.document.root.retain(|one| !is_of_kind(one, kind));
        self.is_changed |= before != self.document.root.elements().count();
        parts
    }

    /// Takes out one relationship.
    pub(super) fn remove(&mut self, id: &str) {
        self.document.root.retain(|one| one.get("Id").is_none_or(|own| own != id));
        self.is_changed = true;
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.document.bytes()
    }
}

fn is_of_kind(relationship: &Element, kind: &str) -> bool {
    relationship.get("Type").is_some_and(|own| own.rsplit('/').next() == Some(kind))
}

/// What kind of part each one is.
pub(super) struct Types(Document);

impl Types {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, Damaged> {
        let document = Document::parse(bytes)?;
        if document.root.get("xmlns").is_none_or(|space| space != TYPES) && document.root.local() != "Types" {
            return Err(Damaged);
        }
        Ok(Self(document))
    }

    /// The kind of a part that is named by itself.
    pub(super) fn kind(&self, part: &str) -> Option<String> {
        let is_part = |one: &&Element| {
            let name = one.get("PartName");
            name.is_some_and(|name| name.trim_start_matches('/').eq_ignore_ascii_case(part))
        };
        self.0.root.elements().find(is_part).and_then(|one| one.get("ContentType")).map(std::borrow::Cow::into_owned)
    }

    pub(super) fn add(&mut self, part: &str, kind: &str) {
        if self.kind(part).is_none() {
            let root = &mut self.0.root;
            let element =
                Element::beside(root, "Override").with("PartName", &format!("/{part}")).with("ContentType", kind);
            root.push(element);
        }
    }

    pub(super) fn add_extension(&mut self, extension: &str, kind: &str) {
        let root = &mut self.0.root;
        let is_known = |one: &Element| one.get("Extension").is_some_and(|own| own.eq_ignore_ascii_case(extension));
        if !root.elements().any(is_known) {
            let element = Element::beside(root, "Default").with("Extension", extension).with("ContentType", kind);
            // Kinds of extensions come before kinds of parts, as every program writes them.
            root.children.insert(0, super::xml::Node::Element(element));
        }
    }

    pub(super) fn remove(&mut self, part: &str) {
        self.0.root.retain(|one| {
            one.get("PartName").is_none_or(|name| !name.trim_start_matches('/').eq_ignore_ascii_case(part))
        });
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.bytes()
    }
}
