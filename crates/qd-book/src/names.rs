//! Sheet names: what Excel allows, and no two alike.

use crate::text;

/// The most that a sheet's name can hold, in UTF-16 code units.
const LIMIT: usize = 31;

/// The names of the sheets so far.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    /// Takes names that are taken elsewhere.
    pub(crate) fn reserve<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        self.0.extend(names.into_iter().map(str::to_owned));
    }

    /// The wanted name, changed as little as Excel asks for, and unlike every name before.
    pub(crate) fn claim(&mut self, wanted: &str) -> String {
        let plain = allowed(wanted);
        let mut name = text::cut(&plain, LIMIT).into_owned();
        let mut number = 2;
        while self.0.iter().any(|taken| taken.to_lowercase() == name.to_lowercase()) {
            let ending = format!(" ({number})");
            name = format!("{}{ending}", text::cut(&plain, LIMIT - ending.len()));
            number += 1;
        }
        self.0.push(name.clone());
        name
    }
}

fn allowed(wanted: &str) -> String {
    let replaced: String =
        wanted.chars().map(|c| if c.is_control() || "[]:*?/\\".contains(c) { '-' } else { c }).collect();
    let name = replaced.trim().trim_matches('\'');
    // Excel keeps the name "History" for itself.
    let name = if name.eq_ignore_ascii_case("history") { "History-" } else { name };
    if name.is_empty() { "Sheet".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_allowed_and_unlike() {
        let mut names = Names::default();
        let cases = [
            ("Cover", "Cover"),
            ("cover", "cover (2)"),
            ("COVER", "COVER (3)"),
            ("a/b: [c]*?\\", "a-b- -c----"),
            ("  'quoted'  ", "quoted"),
            ("", "Sheet"),
            ("history", "History-"),
            ("A name that is a good deal too long for a sheet", "A name that is a good deal too…"),
            ("A name that is a good deal too long for another", "A name that is a good deal… (2)"),
        ];
        for (wanted, expected) in cases {
            assert_eq!(names.claim(wanted), expected);
        }
    }
}
