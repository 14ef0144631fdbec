//! `explain`: the page of a code, or the list of all codes.

use crate::terminal::Terminal;
use crate::{Ending, Result};
use qd_model::{Refusal, words};
use std::fmt::Write;

pub(super) fn explain(code: Option<&str>, terminal: &Terminal) -> Result {
    let all = qd_run::codes::all();
    let Some(wanted) = code else {
        let width = all.iter().map(|code| code.name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (about, codes) in qd_run::codes::groups() {
            writeln!(text, "{about}").expect("memory");
            for code in codes {
                let first = first_sentence(code.page);
                writeln!(text, "  {:width$}  {:6}  {first}", code.name, code.severity.as_str()).expect("memory");
            }
            text.push('\n');
        }
        text.push_str("`quarterday explain CODE` shows the page of one. A schema's own rules are explained in the schema file, under the code that the finding names.\n");
        terminal.print(&text)?;
        return Ok(Ending::Clean);
    };
    let Some(code) = all.iter().find(|code| code.name == wanted) else {
        let refusal = Refusal::new(format!("there is no built-in code `{wanted}`"));
        let near = words::nearest(wanted, all.iter().map(|code| code.name));
        let refusal = match near {
            Some(near) => refusal.hint(format!("did you mean `{near}`?")),
            None => refusal.hint("a schema's own rules are explained in the schema file"),
        };
        return Err(refusal.hint("`quarterday explain` lists every code"));
    };
    let page = code.page.trim_end();
    terminal.print(&format!("{page}\n\nUsual severity: {}\n", code.severity.as_str()))?;
    Ok(Ending::Clean)
}

/// The first sentence under the page's first heading.
fn first_sentence(page: &str) -> &str {
    let text = page.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}
