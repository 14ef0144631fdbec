//! The table of cell styles: our backgrounds and our sheets' styles are added behind what is there.

use super::Damaged;
use super::xml::{Document, Element};
use crate::cell::Tone;
use std::collections::BTreeMap;

/// The format's order of elements.
const ORDER: [&str; 11] = [
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
];
/// Excel's limit of cell styles, a little lower than it is.
const MOST: u32 = 64_000;
/// Number formats below are Excel's own.
const OWN_FORMATS: u32 = 164;

/// A workbook's cell styles.
pub(crate) struct Styles {
    document: Document,
    /// Our backgrounds that were added, by tone.
    fills: BTreeMap<usize, u32>,
    /// Styles with one of our backgrounds, by the style that they were made of and tone.
    toned: BTreeMap<(u32, usize), u32>,
    /// How many cell styles there are.
    count: u32,
    /// Styles with a background of ours from an earlier answer, and the style without.
    plain: BTreeMap<u32, u32>,
}

/// The least that a workbook's styles are.
const LEAST: &str = "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
    <fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
    <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
    <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
    <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
    <cellXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/></cellXfs>\
    <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>";

impl Styles {
    /// The styles of a workbook; the least there can be where it has none.
    pub(crate) fn of(part: Option<&[u8]>) -> Result<Self, Damaged> {
        let document = Document::parse(part.unwrap_or(LEAST.as_bytes()))?;
        let mut styles =
            Self { document, fills: BTreeMap::new(), toned: BTreeMap::new(), count: 0, plain: BTreeMap::new() };
        let least = Document::parse(LEAST.as_bytes())?;
        for list in ["fonts", "fills", "borders", "cellStyleXfs", "cellXfs"] {
            let own = least.root.child(list).expect("it stands above");
            let there = styles.list(list);
            if there.elements().next().is_none() {
                for element in own.elements() {
                    let element = element.clone().in_namespace_of(there);
                    there.push(element);
                }
            }
        }
        styles.count = styles.list("cellXfs").elements().count() as u32;
        styles.find_earlier_marks();
        Ok(styles)
    }

    fn list(&mut self, name: &str) -> &mut Element {
        self.document.root.child_in_order(name, &ORDER)
    }

    /// Adds an entry to one of the lists, and answers its number.
    fn add(&mut self, list: &str, element: Element) -> u32 {
        let list = self.list(list);
        list.push(element);
        let count = list.elements().count() as u32;
        list.set("count", &count.to_string());
        count - 1
    }

    /// The style with a tone for a background, made of another one; that one itself where the
    /// workbook can take no more styles.
    pub(crate) fn toned(&mut self, base: u32, tone: Tone) -> u32 {
        if let Some(made) = self.toned.get(&(base, tone as usize)) {
            return *made;
        }
        let Some(mut format) = self.list("cellXfs").elements().nth(base as usize).cloned() else { return base };
        if self.count >= MOST {
            return base;
        }
        let fill = self.fill(tone);
        format.set("fillId", &fill.to_string());
        format.set("applyFill", "1");
        let made = self.add("cellXfs", format);
        self.count += 1;
        self.toned.insert((base, tone as usize), made);
        made
    }

    fn fill(&mut self, tone: Tone) -> u32 {
        if let Some(fill) = self.fills.get(&(tone as usize)) {
            return *fill;
        }
        let like = &self.document.root;
        let mut pattern = Element::beside(like, "patternFill").with("patternType", "solid");
        pattern.push(Element::beside(like, "fgColor").with("rgb", &argb(tone)));
        pattern.push(Element::beside(like, "bgColor").with("indexed", "64"));
        let mut fill = Element::beside(like, "fill");
        fill.push(pattern);
        let fill = self.add("fills", fill);
        self.fills.insert(tone as usize, fill);
        fill
    }

    /// Cells that an earlier answer of ours marked have a style that is another one with one of our
    /// backgrounds.
    fn find_earlier_marks(&mut self) {
        let ours: Vec<u32> = (0u32..)
            .zip(self.list("fills").elements())
            .filter(|(_, fill)| {
                let pattern = fill.child("patternFill");
                let colour = pattern.and_then(|pattern| pattern.child("fgColor")).and_then(|colour| colour.get("rgb"));
                let is_mark =
                    |tone: &Tone| colour.as_deref().is_some_and(|colour| colour.eq_ignore_ascii_case(&argb(*tone)));
                Tone::ALL.iter().filter(|tone| **tone != Tone::Fill).any(is_mark)
            })
            .map(|(index, _)| index)
            .collect();
        if ours.is_empty() {
            return;
        }
        let formats: Vec<Element> = self.list("cellXfs").elements().cloned().collect();
        for (index, format) in (0u32..).zip(formats) {
            if format.number("fillId").is_some_and(|fill| ours.contains(&fill)) {
                let mut plain = format;
                plain.set("fillId", "0");
                plain.remove("applyFill");
                let plain = self.add("cellXfs", plain);
                self.count += 1;
                self.plain.insert(index, plain);
            }
        }
    }

    /// How many styles there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The style without the background of an earlier answer.
    pub(crate) fn unmarked(&self, style: u32) -> u32 {
        self.plain.get(&style).copied().unwrap_or(style)
    }

    /// Whether cells of a style show days or times.
    pub(crate) fn shows_dates(&self, style: u32) -> bool {
        let list = |name: &str| self.document.root.child(name).into_iter().flat_map(Element::elements);
        let Some(format) = list("cellXfs").nth(style as usize).and_then(|format| format.number("numFmtId")) else {
            return false;
        };
        let of_own = |code: &str| {
            // What stands in quotes, in brackets or behind a backslash is shown as it is.
            let (mut is_quoted, mut is_bracketed, mut is_escaped) = (false, false, false);
            code.chars().any(|sign| match sign {
                _ if is_escaped => {
                    is_escaped = false;
                    false
                }
                '"' => {
                    is_quoted = !is_quoted;
                    false
                }
                '\\' => {
                    is_escaped = true;
                    false
                }
                '[' | ']' => {
                    is_bracketed = sign == '[';
                    false
                }
                'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' => !is_quoted && !is_bracketed,
                _ => false,
            })
        };
        let own = list("numFmts").find(|own| own.number("numFmtId") == Some(format));
        match own.and_then(|own| own.get("formatCode")) {
            Some(code) => of_own(&code),
            None => matches!(format, 14..=22 | 27..=36 | 45..=47 | 50..=58),
        }
    }

    /// Takes in the styles of another workbook, which is one that this crate wrote, and answers what
    /// to add to the number of each of them.
    pub(crate) fn take_in(&mut self, other: &[u8]) -> Result<u32, Damaged> {
        let other = Document::parse(other)?;
        let of = |name: &str| other.root.child(name).map(|list| list.elements().cloned().collect::<Vec<_>>());
        let mut first = |list: &str| {
            let place = self.list(list).elements().count() as u32;
            for element in of(list).unwrap_or_default() {
                self.add(list, element.in_namespace_of(&self.document.root));
            }
            place
        };
        let (fonts, fills, borders) = (first("fonts"), first("fills"), first("borders"));
        let formats = self.number_formats(&of("numFmts").unwrap_or_default());
        let place = self.count;
        for format in of("cellXfs").unwrap_or_default() {
            let mut format = format.in_namespace_of(&self.document.root);
            for (name, first) in [("fontId", fonts), ("fillId", fills), ("borderId", borders)] {
                let number = format.number(name).unwrap_or(0);
                format.set(name, &(number + first).to_string());
            }
            if let Some(own) = format.number("numFmtId").and_then(|number| formats.get(&number)) {
                format.set("numFmtId", &own.to_string());
            }
            format.set("xfId", "0");
            // What the style says holds, whatever the workbook's usual style is.
            for word in ["applyFont", "applyFill", "applyBorder", "applyNumberFormat"] {
                format.set(word, "1");
            }
            self.add("cellXfs", format);
            self.count += 1;
        }
        Ok(place)
    }

    /// Adds number formats, and answers their numbers here by their numbers there.
    fn number_formats(&mut self, formats: &[Element]) -> BTreeMap<u32, u32> {
        let mut numbers = BTreeMap::new();
        if formats.is_empty() {
            return numbers;
        }
        let known = self.list("numFmts").elements().filter_map(|format| format.number("numFmtId")).max();
        let first = known.map_or(OWN_FORMATS, |most| most.saturating_add(1).max(OWN_FORMATS));
        for (next, format) in (first..).zip(formats) {
            let mut own = format.clone().in_namespace_of(&self.document.root);
            own.set("numFmtId", &next.to_string());
            numbers.extend(format.number("numFmtId").map(|number| (number, next)));
            self.add("numFmts", own);
        }
        numbers
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.document.bytes()
    }
}

fn argb(tone: Tone) -> String {
    format!("FF{:06X}", tone.colour())
}
