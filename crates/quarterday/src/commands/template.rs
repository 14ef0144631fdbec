//! `template`: a blank workbook for a partner to fill in.

use crate::args::Template;
use crate::{Ending, Result};
use qd_model::Refusal;
use qd_run::For;

pub(super) fn template(args: &Template) -> Result {
    super::spare(&args.output, args.schema.iter().chain(&args.pipeline))?;
    if !args.output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) {
        return Err(Refusal::new(format!("{} would not open under that name", args.output.display()))
            .because("a template is an Excel workbook")
            .hint(format!("name it {}", args.output.with_extension("xlsx").display())));
    }
    let bytes = if let Some(pipeline) = &args.pipeline {
        let loaded = qd_run::load(pipeline)?;
        qd_run::template(&For::Pipeline(&loaded, args.partner.as_deref()))?
    } else {
        let tables = args.schema.iter().map(|schema| qd_run::load_schema(schema));
        let tables = tables.collect::<std::result::Result<Vec<_>, Refusal>>()?;
        qd_run::template(&For::Schemas(&tables))?
    };
    std::fs::write(&args.output, bytes).map_err(|error| {
        Refusal::new(format!("the template could not be written to {}", args.output.display())).because(error)
    })?;
    Ok(Ending::Clean)
}
