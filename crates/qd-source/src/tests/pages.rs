//! Every example on a code's page gives the findings that the page says.

use super::{read_bytes, schema};
use crate::{CODES, Request};

/// The text of the first fenced block of a language.
fn fenced<'a>(page: &'a str, language: &str) -> Option<&'a str> {
    let start = page.split_once(&format!("\n```{language}\n"))?.1;
    Some(start.split_once("```")?.0)
}

#[test]
fn examples_give_their_findings() {
    let mut examples = 0;
    for code in CODES {
        let Some(toml) = fenced(code.page, "toml") else { continue };
        let schema = schema(toml);
        let request = Request { schema: Some(&schema), ..Request::default() };
        let text = fenced(code.page, "csv").expect("an example has data");
        let expected: Vec<&str> = fenced(code.page, "text").expect("an example has findings").lines().collect();
        let read = read_bytes(text.as_bytes(), &request, None);
        assert_eq!(read.findings, expected, "{}: {}", code.name, read.messages);
        assert!(expected.iter().any(|line| line.ends_with(code.name)), "{}", code.name);
        examples += 1;
    }
    assert!(examples >= 11, "{examples}");
}
