//! Formulas of a recipient's template that cannot reckon with a sign that may stand in a figure's place.

use crate::load::Loaded;
use qd_book::package::{NamedCell, Upset, UpsetFormula};
use qd_model::finding::column_letters;
use qd_model::mistake::{At, Mistake};
use qd_model::pipeline::{FigureColumn, FileSpec, NamedFigure, Part, Recipient, ReturnSpec};
use qd_model::words;
use qd_return::Template;

/// Cells that one message names.
const NAMED: usize = 4;
const HINT: &str = "have the pipeline fill that cell as well, with a count of its own; or have the formula ask first, \
                    such as =IF(ISNUMBER(…),…,\"[c]\") or =IF(COUNT(…)<…,\"[c]\",SUM(…)); or, where there is a reason, \
                    let the recipient have exact counts (`exact_counts`)";

/// Every formula of a template that would fail, or silently come to something else, where a figure that it
/// draws on is suppressed: by the return's name.
pub(crate) fn warnings(loaded: &Loaded) -> Vec<(String, Mistake)> {
    let mut warnings = Vec::new();
    for spec in &loaded.pipeline.returns {
        for file in &spec.files {
            for (at, found) in upset(loaded, spec, file) {
                let template = file.template.as_ref().map(|template| template.value.as_str()).unwrap_or_default();
                let sign = if is_exact(loaded, spec) { "[z]" } else { "[c]" };
                warnings.push((spec.name.clone(), Mistake::new(&at, sentence(template, sign, &found)).hint(HINT)));
            }
        }
    }
    warnings
}

/// The same in short, for the person who sends the return.
pub(crate) fn note(loaded: &Loaded, spec: &ReturnSpec) -> Option<String> {
    let count = loaded.warnings.iter().filter(|(name, _)| *name == spec.name).count();
    (count > 0).then(|| {
        let formulas = words::count(count, "formula");
        let (them, cannot) = if count == 1 { ("it", " that cannot") } else { ("each", ", none of which can") };
        format!(
            "{formulas} of its form{cannot} reckon with a suppressed figure (`run --plan` says of {them} what to do)"
        )
    })
}

fn recipient<'a>(loaded: &'a Loaded, spec: &ReturnSpec) -> &'a Recipient {
    loaded.pipeline.recipient(&spec.recipient).expect("the pipeline's references were checked")
}

fn is_exact(loaded: &Loaded, spec: &ReturnSpec) -> bool {
    recipient(loaded, spec).exact_counts.is_some()
}

/// The formulas of a file's template that signs upset, each with the place of the figure in the pipeline.
fn upset(loaded: &Loaded, spec: &ReturnSpec, file: &FileSpec) -> Vec<(At, UpsetFormula)> {
    let bytes = file.template.as_ref().and_then(|template| loaded.templates.get(&template.value));
    let figures: Vec<&NamedFigure> = file
        .parts
        .iter()
        .filter_map(|part| if let Part::Indicators(indicators) = part { Some(&indicators.cells) } else { None })
        .flatten()
        .filter(|figure| may_be_a_sign(figure.column, is_exact(loaded, spec)))
        .collect();
    let Some((bytes, first)) = bytes.zip(figures.first()) else { return Vec::new() };
    // One that cannot be read was refused when it was checked.
    let Ok(mut template) = Template::open(bytes.clone()) else { return Vec::new() };
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    let found = template.upset_formulas(&names).unwrap_or_default();
    let mut at = |found: &UpsetFormula| {
        let (cell, _) = found.by.first()?;
        figures.iter().find(|figure| template.named_cell(&figure.name).as_ref() == Some(cell)).map(|it| it.at.clone())
    };
    found.into_iter().map(|found| (at(&found).unwrap_or_else(|| first.at.clone()), found)).collect()
}

/// Whether something else than a number may stand in a figure's place. A share or a mean of nobody is no
/// number for anybody.
fn may_be_a_sign(column: FigureColumn, is_exact: bool) -> bool {
    match column {
        FigureColumn::Target => false,
        FigureColumn::ThisPeriod | FigureColumn::Cumulative => !is_exact,
        FigureColumn::ThisPeriodShare
        | FigureColumn::CumulativeShare
        | FigureColumn::ThisPeriodMean
        | FigureColumn::CumulativeMean => true,
    }
}

fn sentence(template: &str, sign: &str, found: &UpsetFormula) -> String {
    let own = &found.formula.sheet;
    let mut by: Vec<String> = found
        .by
        .iter()
        .take(NAMED)
        .map(|(cell, over)| match over {
            Some(over) => format!("{} (over {})", name(cell, own), name(over, own)),
            None => name(cell, own),
        })
        .collect();
    if found.by.len() > NAMED {
        by.push(format!("{} more", words::count(found.by.len() - NAMED, "cell")));
    }
    let by = words::list(&by);
    let (does, then) = match found.upset {
        Upset::Fails => ("reckons with", "it then comes to an error such as #VALUE!"),
        Upset::Misjudges => ("compares", "it then takes the sign for more than any number"),
        Upset::LeavesOut => ("sums up or counts", "it then leaves that cell out, and nothing tells so"),
    };
    let cell = format!("{}{}", column_letters(found.formula.at.1), found.formula.at.0);
    format!(
        "in the template \"{template}\", the formula in cell {cell} of the sheet \"{own}\" {does} {by}, where {sign} may \
         stand in place of a number: {then}"
    )
}

/// A cell as formulas of a sheet name it.
fn name(cell: &NamedCell, own: &str) -> String {
    let name = format!("{}{}", column_letters(cell.at.1), cell.at.0);
    if cell.sheet == own { name } else { format!("'{}'!{name}", cell.sheet.replace('\'', "''")) }
}
