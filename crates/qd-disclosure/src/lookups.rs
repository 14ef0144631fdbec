//! Tables that say what a value stands for, as the pipeline names them.

use std::collections::{BTreeMap, BTreeSet};

/// The tables that profiles look values up in, by the path that the profile names them with.
#[derive(Debug, Clone, Default)]
pub struct Lookups(BTreeMap<String, Lookup>);

/// One table: the first column holds the values that are looked up.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Lookups {
    /// Adds a table from the text of a comma-separated file: a line of headings, then one line for
    /// each value; lines that begin with `#` are remarks. Answers what is wrong with it, if anything.
    pub fn add(&mut self, path: &str, text: &str) -> Result<(), String> {
        let table = Lookup::parse(text)?;
        self.0.insert(path.to_owned(), table);
        Ok(())
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Lookup> {
        self.0.get(path)
    }
}

impl Lookup {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for (index, record) in reader.records().enumerate() {
            let record = record.map_err(|_| format!("record {} has more or fewer cells than the first", index + 1))?;
            rows.push(record.iter().map(str::to_owned).collect::<Vec<_>>());
        }
        if rows.len() < 2 || rows[0].len() < 2 {
            return Err("it needs a line of headings and two columns at least".to_owned());
        }
        let headings = rows.remove(0);
        let mut seen = BTreeSet::new();
        if let Some(at) = rows.iter().position(|row| !seen.insert(row[0].as_str())) {
            return Err(format!("the value of record {} stands there twice", at + 2));
        }
        Ok(Self { headings, rows })
    }

    pub(crate) fn index_of(&self, heading: &str) -> Option<usize> {
        self.headings.iter().position(|other| other == heading)
    }

    pub(crate) fn heading(&self, column: usize) -> &str {
        &self.headings[column]
    }

    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &Vec<String>> {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<usize, &str>) {
        let found = Lookup::parse(text).map(|table| table.rows.len());
        assert_eq!(found, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn tables_say_what_is_wrong_with_them() {
        check("\u{feff}# a remark\ncode,area\nA,North\nB, North \n", Ok(2));
        check("code\nA\n", Err("it needs a line of headings and two columns at least"));
        check("", Err("it needs a line of headings and two columns at least"));
        check("code,area\nA,North\nA,South\n", Err("the value of record 3 stands there twice"));
        check("code,area\nA\n", Err("record 2 has more or fewer cells than the first"));
    }
}
