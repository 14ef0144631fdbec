//! People the use of whose data is restricted: they stay in counts, and out of every list of rows.

use crate::load::{Loaded, plain};
use crate::people::cell_text;
use crate::state::PeriodState;
use arrow::array::Array;
use jiff::civil::Date;
use qd_model::Refusal;
use std::collections::BTreeSet;

/// One person's restriction, by a partner's own reference.
struct Restriction {
    partner: String,
    record: String,
    from: Date,
    until: Option<Date>,
}

/// The lead's ids of everybody whose data may not be used on a day. Read from the pipeline's
/// `restricted` file: comma-separated, with the headings `partner`, `record`, `from` and `until`.
pub(crate) fn restricted<'a>(
    loaded: &Loaded,
    states: impl Iterator<Item = &'a PeriodState>,
    day: Date,
) -> Result<BTreeSet<String>, Refusal> {
    let mut people = BTreeSet::new();
    let list: Vec<Restriction> = read(loaded)?.into_iter().filter(|it| it.stands(day)).collect();
    let (Some(table), Some(spec)) = (loaded.people_table(), &loaded.pipeline.people) else { return Ok(people) };
    if list.is_empty() {
        return Ok(people);
    }
    let record = loaded.tables[table].schema.index_of(&spec.record).expect("the pipeline's fields were checked");
    for state in states {
        for part in &state.tables[table] {
            let Some(person) = &part.typed.person else { continue };
            for row in (0..part.typed.len()).filter(|row| person.is_valid(*row)) {
                let own = cell_text(&part.typed, record, row);
                if list.iter().any(|it| it.partner == part.partner && it.record == own) {
                    people.insert(state.people[person.value(row) as usize].clone());
                }
            }
        }
    }
    Ok(people)
}

impl Restriction {
    fn stands(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| until > day)
    }
}

fn read(loaded: &Loaded) -> Result<Vec<Restriction>, Refusal> {
    let Some(name) = &loaded.pipeline.restricted else { return Ok(Vec::new()) };
    let path = loaded.resolve(name);
    let refuse = |cause: String| {
        Refusal::new("nothing was written, because the list of restricted people cannot be used")
            .because(format!("{}: {cause}", path.display()))
            .hint("its headings are partner, record, from and until; dates are written as 2022-09-30")
    };
    let bytes = std::fs::read(&path).map_err(|error| refuse(plain(&error)))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    let headings = reader.headers().map_err(|_| refuse("its first line cannot be read".to_owned()))?.clone();
    let column = |heading: &str| headings.iter().position(|other| other.trim_start_matches('\u{feff}') == heading);
    let (Some(partner), Some(record), Some(from)) = (column("partner"), column("record"), column("from")) else {
        return Err(refuse("a heading is missing".to_owned()));
    };
    let until = column("until");
    let mut restrictions = Vec::new();
    for (index, line) in reader.records().enumerate() {
        let place = |what: &str| refuse(format!("record {}: {what}", index + 2));
        let line = line.map_err(|_| place("it has more or fewer cells than the headings"))?;
        let cell = |column: usize| line.get(column).unwrap_or_default();
        let date = |text: &str| text.parse::<Date>().map_err(|_| place("a date cannot be read"));
        let code = cell(partner);
        if !loaded.pipeline.partners.iter().any(|known| known.code == code) {
            return Err(place("there is no partner of that code"));
        }
        let ends = until.map(cell).filter(|text| !text.is_empty()).map(date).transpose()?;
        restrictions.push(Restriction {
            partner: code.to_owned(),
            record: cell(record).to_owned(),
            from: date(cell(from))?,
            until: ends,
        });
    }
    Ok(restrictions)
}
