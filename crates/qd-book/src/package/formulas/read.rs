//! A formula taken apart, as far as it matters what its parts draw on.

/// A formula or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A number, a truth value, an error, or nothing.
    Plain,
    /// A text that is written out.
    Text,
    /// Cells.
    Cells(Area),
    /// A name of something, perhaps that of one sheet.
    Name(Option<String>, String),
    /// Columns of a table with headings, by the table's name.
    Table(String),
    /// Parts, and what is done with them.
    Op(Does, Vec<Expr>),
    /// A function, by its name in capitals.
    Call(String, Vec<Expr>),
}

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Reckons with both.
    Reckons,
    /// Puts two texts together.
    Joins,
    /// Asks which is more.
    Orders,
    /// Asks whether they are the same.
    Equates,
    /// Makes several cells of them.
    Gathers,
}

/// A rectangle of cells on one sheet or on several that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    /// The first and the last sheet; the formula's own where absent.
    pub(super) sheets: Option<(String, String)>,
    pub(super) first: Corner,
    pub(super) last: Corner,
}

/// A corner: row from 1, column from 0, and which of the two move along when the formula is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Corner {
    pub(super) row: u32,
    pub(super) column: u32,
    row_moves: bool,
    column_moves: bool,
}

/// The last row, from 1, and the last column, from 0, that a sheet has.
const LAST: (u32, u32) = (1_048_576, 16_383);
/// Formulas that programs write nest at most 64 functions.
const DEEPEST: usize = 256;

/// Takes a formula apart. Whatever is not understood counts as reckoning with what stands beside it.
pub(super) fn parse(formula: &str) -> Expr {
    let mut reader = Reader { rest: formula.trim_start_matches('='), depth: 0 };
    let mut whole = reader.comparison();
    while !reader.rest.is_empty() {
        reader.skip();
        whole = whole.and(Does::Reckons, reader.comparison());
    }
    whole
}

impl Expr {
    /// The formula as it is where it was copied to, so many rows and columns further.
    pub(super) fn moved(&self, rows: i64, columns: i64) -> Self {
        let corner = |corner: &Corner| Corner {
            row: if corner.row_moves { shifted(corner.row, rows) } else { corner.row },
            column: if corner.column_moves { shifted(corner.column, columns) } else { corner.column },
            ..*corner
        };
        match self {
            Self::Cells(area) => {
                Self::Cells(Area { first: corner(&area.first), last: corner(&area.last), sheets: area.sheets.clone() })
            }
            Self::Op(does, parts) => Self::Op(*does, parts.iter().map(|part| part.moved(rows, columns)).collect()),
            Self::Call(name, parts) => {
                Self::Call(name.clone(), parts.iter().map(|part| part.moved(rows, columns)).collect())
            }
            other => other.clone(),
        }
    }

    /// The two together. A long row of parts stays flat, however many there are.
    fn and(self, does: Does, other: Self) -> Self {
        match self {
            Self::Op(own, mut parts) if own == does => {
                parts.push(other);
                Self::Op(does, parts)
            }
            one => Self::Op(does, vec![one, other]),
        }
    }
}

fn shifted(number: u32, by: i64) -> u32 {
    u32::try_from(i64::from(number) + by).unwrap_or(0)
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn comparison(&mut self) -> Expr {
        let mut parts = vec![self.joined()];
        let mut does = Does::Equates;
        loop {
            match (self.peek(), self.rest.trim_start().as_bytes().get(1)) {
                (Some('='), _) | (Some('<'), Some(b'>')) => {}
                (Some('<' | '>'), _) => does = Does::Orders,
                _ if parts.len() == 1 => return parts.remove(0),
                _ => return Expr::Op(does, parts),
            }
            self.skip();
            while matches!(self.rest.chars().next(), Some('=' | '>')) {
                self.rest = &self.rest[1..];
            }
            parts.push(self.joined());
        }
    }

    fn joined(&mut self) -> Expr {
        let mut left = self.reckoned();
        while self.take('&') {
            left = left.and(Does::Joins, self.reckoned());
        }
        left
    }

    /// Which of the operators that reckon binds more closely is all the same here.
    fn reckoned(&mut self) -> Expr {
        let mut left = self.one();
        loop {
            match self.peek() {
                Some('+' | '-' | '*' | '/' | '^') => {
                    self.skip();
                    left = left.and(Does::Reckons, self.one());
                }
                Some('%') => {
                    self.skip();
                    left = left.and(Does::Reckons, Expr::Plain);
                }
                Some(':') => {
                    self.skip();
                    left = left.and(Does::Gathers, self.one());
                }
                Some('#') if !self.rest.trim_start()[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => self.skip(),
                // A blank between two areas is what they share.
                Some(c) if is_of_word(c) || c == '\'' => {
                    left = left.and(Does::Gathers, self.one());
                }
                _ => return left,
            }
        }
    }

    fn one(&mut self) -> Expr {
        self.depth += 1;
        let expr = if self.depth > DEEPEST { self.all_the_rest() } else { self.primary() };
        self.depth -= 1;
        expr
    }

    fn all_the_rest(&mut self) -> Expr {
        self.rest = "";
        Expr::Plain
    }

    fn primary(&mut self) -> Expr {
        match self.peek() {
            Some('-') => {
                self.skip();
                Expr::Op(Does::Reckons, vec![self.one()])
            }
            Some('+' | '@') => {
                self.skip();
                self.one()
            }
            Some('(') => {
                self.skip();
                let gathered = self.parts(')').into_iter().reduce(|one, other| one.and(Does::Gathers, other));
                gathered.unwrap_or(Expr::Plain)
            }
            Some('{') => {
                self.skip();
                let end = self.rest.find('}').map_or(self.rest.len(), |at| at + 1);
                let is_text = self.rest[..end].contains('"');
                self.rest = &self.rest[end..];
                if is_text { Expr::Text } else { Expr::Plain }
            }
            Some('"') => {
                self.quoted('"');
                Expr::Text
            }
            Some('#') => {
                self.skip();
                let is_of_error = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '!' | '?' | '_');
                self.rest = self.rest.trim_start_matches(is_of_error);
                Expr::Plain
            }
            Some('\'') => {
                let sheet = self.quoted('\'');
                if self.rest.starts_with('!') { self.on_sheet(&sheet) } else { Expr::Plain }
            }
            // The number of another workbook, whose cells are not filled.
            Some('[') => {
                self.in_brackets();
                self.word();
                if self.rest.starts_with('!') {
                    self.on_sheet("[");
                }
                Expr::Plain
            }
            Some(c) if is_of_word(c) => self.worded(),
            _ => Expr::Plain,
        }
    }

    /// What begins with a word: a number, a cell, a sheet, a name, a table, a function.
    fn worded(&mut self) -> Expr {
        let word = self.word();
        if self.rest.starts_with('(') {
            self.skip();
            let name = word.to_uppercase();
            let name = ["_XLFN.", "_XLWS.", "_XLUDF."]
                .iter()
                .fold(name.as_str(), |name, start| name.strip_prefix(start).unwrap_or(name));
            return Expr::Call(name.to_owned(), self.parts(')'));
        }
        if self.rest.starts_with('!') {
            return self.on_sheet(word);
        }
        if self.rest.starts_with('[') {
            self.in_brackets();
            return Expr::Table(word.to_owned());
        }
        // "First:Last!A1" is a cell of all sheets from one to the other.
        if let Some(after) = self.rest.strip_prefix(':') {
            let end = after.find(|c| !is_of_word(c)).unwrap_or(after.len());
            if after[end..].starts_with('!') && end > 0 {
                let sheets = format!("{word}:{}", &after[..end]);
                self.rest = &after[end..];
                return self.on_sheet(&sheets);
            }
        }
        self.cells(word, None).unwrap_or_else(|| match word.to_uppercase().as_str() {
            "TRUE" | "FALSE" => Expr::Plain,
            _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
                // What remains of a number such as 1E+3.
                if word.ends_with(['e', 'E']) && self.rest.starts_with(['+', '-']) {
                    self.skip();
                    self.word();
                }
                Expr::Plain
            }
            _ => Expr::Name(None, word.to_owned()),
        })
    }

    /// What stands behind a sheet's name and the sign after it.
    fn on_sheet(&mut self, sheet: &str) -> Expr {
        self.skip();
        let is_other_book = sheet.contains('[');
        let sheets = sheet.split_once(':').unwrap_or((sheet, sheet));
        let sheets = (sheets.0.to_owned(), sheets.1.to_owned());
        let word = self.word();
        let own = self.cells(word, Some(&sheets)).unwrap_or_else(|| Expr::Name(Some(sheets.0), word.to_owned()));
        if is_other_book || word.is_empty() { Expr::Plain } else { own }
    }

    /// The cells that a word names, with those up to another where that is said.
    fn cells(&mut self, word: &str, sheets: Option<&(String, String)>) -> Option<Expr> {
        let next = self.rest.strip_prefix(':').map(|after| {
            let end = after.find(|c| !is_of_word(c)).unwrap_or(after.len());
            (&after[..end], &after[end..])
        });
        let area = |first, last| Some(Expr::Cells(Area { sheets: sheets.cloned(), first, last }));
        if let Some((other, after)) = next.filter(|(_, after)| !after.starts_with(['(', '!', '['])) {
            let both = |read: fn(&str) -> Option<Corner>| Some((read(word)?, read(other)?));
            let (first, last) = match (both(corner), both(column), both(row)) {
                (Some(both), _, _) => both,
                (_, Some((first, last)), _) => (first, Corner { row: LAST.0, ..last }),
                (_, _, Some((first, last))) => (first, Corner { column: LAST.1, ..last }),
                _ => return corner(word).and_then(|only| area(only, only)),
            };
            self.rest = after;
            return area(first, last);
        }
        corner(word).and_then(|only| area(only, only))
    }

    /// The parts between commas up to an end, which is taken too.
    fn parts(&mut self, end: char) -> Vec<Expr> {
        let mut parts = Vec::new();
        loop {
            if self.take(end) || self.rest.trim_start().is_empty() {
                return parts;
            }
            parts.push(if self.peek() == Some(',') { Expr::Plain } else { self.comparison() });
            match self.peek() {
                Some(',') => self.skip(),
                Some(c) if c == end => {}
                None => return parts,
                Some(_) => {
                    self.skip();
                    let last = parts.pop().unwrap_or(Expr::Plain);
                    parts.push(last.and(Does::Reckons, self.comparison()));
                }
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.trim_start().chars().next()
    }

    /// Goes past blanks and one character.
    fn skip(&mut self) {
        let rest = self.rest.trim_start();
        self.rest = rest.chars().next().map_or("", |c| &rest[c.len_utf8()..]);
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.skip();
        }
        is_there
    }

    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !is_of_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// What stands between two marks, a mark in it being written twice.
    fn quoted(&mut self, mark: char) -> String {
        self.skip();
        let mut text = String::new();
        while let Some(end) = self.rest.find(mark) {
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            match self.rest.strip_prefix(mark) {
                Some(rest) => {
                    text.push(mark);
                    self.rest = rest;
                }
                None => return text,
            }
        }
        self.rest = "";
        text
    }

    fn in_brackets(&mut self) {
        let mut open = 0_u32;
        for (at, c) in self.rest.char_indices() {
            match c {
                '[' => open += 1,
                ']' => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 && c == ']' {
                self.rest = &self.rest[at + 1..];
                return;
            }
        }
        self.rest = "";
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '\\' | '?')
}

/// A cell such as "$B9".
fn corner(word: &str) -> Option<Corner> {
    let own = word.strip_prefix('$').unwrap_or(word);
    let letters = own.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = own.split_at_checked(letters)?;
    let number = digits.strip_prefix('$').unwrap_or(digits);
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (row, column) = super::super::sheet::place(&format!("{letters}{number}"))?;
    let is_there = (1..=LAST.0).contains(&row) && column <= LAST.1;
    is_there.then(|| Corner { row, column, row_moves: !digits.starts_with('$'), column_moves: !word.starts_with('$') })
}

/// A whole column such as "$B".
fn column(word: &str) -> Option<Corner> {
    let letters = word.strip_prefix('$').unwrap_or(word);
    let is_letters = !letters.is_empty() && letters.bytes().all(|letter| letter.is_ascii_alphabetic());
    let found = corner(&format!("{word}$1")).filter(|_| is_letters)?;
    Some(Corner { row: 1, ..found })
}

/// A whole row such as "$9".
fn row(word: &str) -> Option<Corner> {
    let own = word.strip_prefix('$').unwrap_or(word);
    let row = own.parse().ok().filter(|row| (1..=LAST.0).contains(row))?;
    Some(Corner { row, column: 0, row_moves: !word.starts_with('$'), column_moves: false })
}

#[cfg(test)]
impl std::fmt::Display for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain => f.write_str("."),
            Self::Text => f.write_str("text"),
            Self::Cells(area) => {
                if let Some((first, last)) = &area.sheets {
                    write!(f, "{first}{}!", if first == last { String::new() } else { format!(":{last}") })?;
                }
                let name =
                    |corner: &Corner| format!("{}{}", qd_model::finding::column_letters(corner.column), corner.row);
                let (first, last) = (name(&area.first), name(&area.last));
                if first == last { f.write_str(&first) } else { write!(f, "{first}:{last}") }
            }
            Self::Name(sheet, name) => {
                write!(f, "{}<{name}>", sheet.as_ref().map_or(String::new(), |sheet| format!("{sheet}!")))
            }
            Self::Table(name) => write!(f, "<{name}[]>"),
            Self::Op(does, parts) => write!(f, "({does:?} {})", spaced(parts)),
            Self::Call(name, parts) => write!(f, "{name}({})", spaced(parts)),
        }
    }
}

#[cfg(test)]
fn spaced(parts: &[Expr]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_formula_is_taken_apart() {
        let check = |formula: &str, expected: &str| assert_eq!(parse(formula).to_string(), expected, "{formula}");
        check("IF(N(C9)=0,\"n/a\",B9/C9)", "IF((Equates N(C9) .) text (Reckons B9 C9))");
        check("SUM(B9:$C$12, 1.5E+3)*100%", "(Reckons SUM(B9:C12 .) . .)");
        check("'It''s, all'!$B$9+Sheet2!A1:B2", "(Reckons It's, all!B9 Sheet2!A1:B2)");
        check("First:Last!A1&'One:Two'!B:C&3:$4", "(Joins First:Last!A1 One:Two!B1:C1048576 A3:XFD4)");
        check("-starts_q>=Quarter.1!total", "(Orders (Reckons <starts_q>) Quarter.1!<total>)");
        check("SUM(Table1[[#This Row],[A]],(A1,B2))", "SUM(<Table1[]> (Gathers A1 B2))");
        check("_xlfn.XLOOKUP(A1,B:B,,\"a\"\"b\")<>#REF!", "(Equates XLOOKUP(A1 B1:B1048576 . text) .)");
        check("[1]Sheet1!A1+'[b.xlsx]S'!B2+A1#", "(Reckons . . A1)");
        check("A1:INDEX(B:B,3)", "(Gathers A1 INDEX(B1:B1048576 .))");
        check("@A1 B2", "(Gathers A1 B2)");
        check("TRUE", ".");
        check("LOG10(A1)", "LOG10(A1)");
        // Nothing that a file may hold brings it to a stand.
        for broken in ["", "(", "))", "A1+", "\"a", "'a", "SUM(A1", "{1", "[", "é§A1", "IF(,,)", "1:", "$", "A1;B2"] {
            parse(broken);
        }
        parse(&"(".repeat(10_000));
        parse(&"-".repeat(10_000));
    }

    #[test]
    fn a_formula_that_is_copied_moves_what_is_not_held_fast() {
        assert_eq!(
            parse("B9+$B9+B$9+$B$9+C:C+Q!B9").moved(2, 1).to_string(),
            parse("C11+$B11+C$9+$B$9+D:D+Q!C11").to_string()
        );
    }
}
