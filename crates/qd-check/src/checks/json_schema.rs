//! JSON that is not as the field's own JSON Schema asks.

use super::{Check, Subject, Test, Wording};
use crate::read::Reader;
use crate::read::text::{Texts, json};
use qd_model::Mistake;

pub(super) struct JsonSchema;

impl Check for JsonSchema {
    fn code(&self) -> &'static str {
        "json-schema"
    }

    fn page(&self) -> &'static str {
        include_str!("json_schema.md")
    }

    fn compile(&self, subject: &Subject<'_>) -> Result<Option<Test>, Mistake> {
        let Some(schema) = &subject.field.constraints.json_schema else { return Ok(None) };
        if !matches!(subject.settings, Reader::Text(Texts::Object | Texts::Array | Texts::Geojson | Texts::Topojson)) {
            let noun = subject.field.field_type.as_str();
            let what = format!("`jsonSchema` does not go with a field of type {noun}");
            return Err(Mistake::new(&schema.at, what).hint("it goes with objects and arrays"));
        }
        let document = json(&schema.value).expect("it was written as JSON when the schema was read");
        match jsonschema::validator_for(&document) {
            Ok(validator) => Ok(Some(Test::Value(Box::new(move |cell| {
                json(cell.text).is_some_and(|instance| validator.is_valid(&instance))
            })))),
            Err(error) => {
                let said = error.to_string();
                let first = said.lines().next().unwrap_or_default();
                let mistake = Mistake::new(&schema.at, format!("`jsonSchema` cannot be used: {first}"));
                Err(mistake.hint("it must hold all that it refers to: nothing is fetched from elsewhere"))
            }
        }
    }

    fn wording(&self, _: &Subject<'_>, heading: &str) -> Wording {
        Wording::of_values(
            heading,
            "is not as the JSON Schema of the field asks",
            "are not as the JSON Schema of the field asks",
        )
        .fix("look at `jsonSchema` of the field in the schema file, and correct the value")
    }
}
