//! Small parts of a workbook as trees: read, changed where we have to, and written as they were.

use super::Damaged;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// A part that is small enough to be held.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    before: Vec<Event<'static>>,
    pub(crate) root: Element,
}

/// An element with its attributes and what is in it, all as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// With its prefix.
    name: String,
    /// Names with prefixes, values escaped.
    attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
}

/// What stands in an element.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Element(Element),
    /// Text, comments and whatever else there is.
    Other(Event<'static>),
}

/// The name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

impl Document {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Damaged> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| Damaged)?;
        let mut reader = Reader::from_str(text);
        let (mut before, mut open, mut root) = (Vec::new(), Vec::<Element>::new(), None);
        loop {
            let event = reader.read_event().map_err(|_| Damaged)?;
            let done = match event {
                Event::Start(start) => {
                    open.push(Element::of(&start)?);
                    continue;
                }
                Event::Empty(start) => Node::Element(Element::of(&start)?),
                Event::End(_) => Node::Element(open.pop().ok_or(Damaged)?),
                Event::Eof => break,
                other => Node::Other(other.into_owned()),
            };
            match (open.last_mut(), done) {
                (Some(parent), node) => parent.children.push(node),
                (None, Node::Element(element)) => root = root.or(Some(element)),
                // What follows the root says nothing.
                (None, Node::Other(event)) if root.is_none() => before.push(event),
                (None, Node::Other(_)) => {}
            }
        }
        if open.is_empty() { root.map(|root| Self { before, root }).ok_or(Damaged) } else { Err(Damaged) }
    }

    /// A part that is new.
    pub(crate) fn new(root: Element) -> Self {
        let declaration = quick_xml::events::BytesDecl::new("1.0", Some("UTF-8"), Some("yes"));
        Self { before: vec![Event::Decl(declaration)], root }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut writer = quick_xml::Writer::new(Vec::new());
        for event in &self.before {
            writer.write_event(event.borrow()).expect("writing to memory cannot fail");
        }
        self.root.write(&mut writer);
        writer.into_inner()
    }
}

impl Element {
    /// An element without anything. The prefix is that of `like`, so that it is in the same namespace.
    pub(crate) fn beside(like: &Element, name: &str) -> Self {
        let name = match like.name.rsplit_once(':') {
            Some((prefix, _)) => format!("{prefix}:{name}"),
            None => name.to_owned(),
        };
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// An element of that very name.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), attributes: Vec::new(), children: Vec::new() }
    }

    /// The element and all in it, from a document without prefixes, with the prefix of another's root.
    pub(crate) fn in_namespace_of(mut self, like: &Element) -> Self {
        let Some((prefix, _)) = like.name.rsplit_once(':') else { return self };
        self.name = format!("{prefix}:{}", self.name);
        for node in &mut self.children {
            if let Node::Element(element) = node {
                *element = element.clone().in_namespace_of(like);
            }
        }
        self
    }

    fn of(start: &BytesStart<'_>) -> Result<Self, Damaged> {
        let mut all = start.attributes();
        let attributes = all.with_checks(false).map(|attribute| {
            let attribute = attribute.map_err(|_| Damaged)?;
            Ok((attribute.key.as_ref().to_owned(), attribute.value.replace('"', "&quot;")))
        });
        let attributes = attributes.collect::<Result<Vec<_>, Damaged>>()?;
        Ok(Self { name: start.name().as_ref().to_owned(), attributes, children: Vec::new() })
    }

    /// The prefix that stands for a namespace in this element.
    pub(crate) fn prefix_of(&self, namespace: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(key, value)| key.starts_with("xmlns:") && value == namespace)?;
        found.0.strip_prefix("xmlns:").map(str::to_owned)
    }

    /// The name without its prefix.
    pub(crate) fn local(&self) -> &str {
        local(&self.name)
    }

    /// An attribute's value, by its name with the prefix or without.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let exact = self.attributes.iter().find(|(key, _)| key == name);
        let (_, value) = exact.or_else(|| self.attributes.iter().find(|(key, _)| local(key) == name))?;
        Some(quick_xml::escape::unescape(value).unwrap_or(Cow::Borrowed(value)))
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let value = quick_xml::escape::escape(value).into_owned();
        match self.attributes.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.attributes.retain(|(key, _)| key != name);
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Other(_) => None,
        })
    }

    pub(crate) fn elements_mut(&mut self) -> impl Iterator<Item = &mut Element> {
        self.children.iter_mut().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Other(_) => None,
        })
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.local() == name)
    }

    pub(crate) fn child_mut(&mut self, name: &str) -> Option<&mut Element> {
        self.elements_mut().find(|element| element.local() == name)
    }

    /// The child of that name; made where it is missing, before the first of the children that the
    /// format's order of elements puts after it.
    pub(crate) fn child_in_order(&mut self, name: &str, order: &[&str]) -> &mut Element {
        if self.child(name).is_none() {
            let place = order.iter().position(|known| *known == name).map_or(order.len(), |place| place + 1);
            let later = |node: &Node| {
                let Node::Element(element) = node else { return false };
                !order[..place].contains(&element.local())
            };
            let at = self.children.iter().position(later).unwrap_or(self.children.len());
            let made = Self::beside(self, name);
            self.children.insert(at, Node::Element(made));
        }
        self.child_mut(name).expect("it was there or was made")
    }

    pub(crate) fn push(&mut self, element: Element) {
        self.children.push(Node::Element(element));
    }

    /// Keeps only the child elements that are wanted.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&Element) -> bool) {
        self.children.retain(|node| match node {
            Node::Element(element) => wanted(element),
            Node::Other(_) => true,
        });
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        self.children.push(Node::Other(Event::Text(quick_xml::events::BytesText::new(text).into_owned())));
    }

    /// All text in it, however deep.
    pub(crate) fn text(&self) -> String {
        self.children
            .iter()
            .map(|node| match node {
                Node::Element(element) => element.text(),
                Node::Other(Event::Text(text)) => {
                    let text = text.xml10_content();
                    quick_xml::escape::unescape(&text).map_or_else(|_| String::new(), Cow::into_owned)
                }
                Node::Other(Event::CData(text)) => text.xml10_content().into_owned(),
                Node::Other(Event::GeneralRef(reference)) => {
                    let whole = format!("&{};", &**reference);
                    quick_xml::escape::unescape(&whole).map_or_else(|_| String::new(), Cow::into_owned)
                }
                Node::Other(_) => String::new(),
            })
            .collect()
    }

    fn write(&self, writer: &mut quick_xml::Writer<Vec<u8>>) {
        let expect = "writing to memory cannot fail";
        let mut tag = self.name.clone();
        for (name, value) in &self.attributes {
            for piece in [" ", name, "=\"", value, "\""] {
                tag.push_str(piece);
            }
        }
        let start = BytesStart::from_content(tag, self.name.len());
        if self.children.is_empty() {
            writer.write_event(Event::Empty(start)).expect(expect);
            return;
        }
        let end = start.to_end().into_owned();
        writer.write_event(Event::Start(start)).expect(expect);
        for node in &self.children {
            match node {
                Node::Element(element) => element.write(writer),
                Node::Other(event) => writer.write_event(event.borrow()).expect(expect),
            }
        }
        writer.write_event(Event::End(end)).expect(expect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_is_written_as_it_was() {
        for text in [
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<a xmlns:x=\"u\"><x:b c=\"1 &amp; 2\">t &lt; u&#10;</x:b><d/></a>",
            "<!-- before --><a><![CDATA[ <b> ]]>&amp;</a>",
        ] {
            let document = Document::parse(text.as_bytes()).expect("whole");
            assert_eq!(String::from_utf8(document.bytes()).expect("text"), text);
        }
        for broken in ["", "<a>", "</a>", "<a></b>", "\u{fffe}"] {
            assert!(Document::parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn children_come_in_the_order_of_the_format() {
        let order = ["a", "b", "c"];
        for (before, expected) in [
            ("<r/>", "<r><b/></r>"),
            ("<r><c/></r>", "<r><b/><c/></r>"),
            ("<r><a/></r>", "<r><a/><b/></r>"),
            ("<r><a/><z/></r>", "<r><a/><b/><z/></r>"),
            ("<p:r><p:a/><p:c/></p:r>", "<p:r><p:a/><p:b/><p:c/></p:r>"),
        ] {
            let mut document = Document::parse(before.as_bytes()).expect("whole");
            document.root.child_in_order("b", &order);
            assert_eq!(String::from_utf8(document.bytes()).expect("text"), expected);
        }
    }
}
