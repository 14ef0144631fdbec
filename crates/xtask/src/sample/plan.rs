//! The plan of a programme's sample: what `sample-data/<programme>.toml` may say.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The programme's short name.
    pub(crate) name: String,
    /// What the list of planted mistakes says of this sample.
    pub(crate) about: String,
    /// The pipeline file, relative to the plan.
    pub(crate) pipeline: String,
    /// Another plan of the same folder, whose lists, spellings and tables are used where this has none.
    pub(crate) like: Option<String>,
    /// From which everything is drawn.
    pub(crate) seed: u64,
    pub(crate) people: People,
    pub(crate) partners: Vec<Partner>,
    #[serde(default)]
    pub(crate) planted: Vec<Planted>,
    #[serde(default)]
    pub(crate) canaries: Vec<Canary>,
    /// Lists that values are drawn from; a list may be divided by other fields' values.
    #[serde(default)]
    pub(crate) lists: toml::Table,
    /// Other spellings of a word, for people whom two partners have met.
    #[serde(default)]
    pub(crate) spellings: BTreeMap<String, String>,
    /// How each table's rows are drawn.
    #[serde(default)]
    pub(crate) tables: toml::Table,
}

/// How many people there are, and when and by how many partners they are seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct People {
    /// Distinct people over all periods.
    pub(crate) distinct: u64,
    /// The table with one row per partner and person.
    pub(crate) table: String,
    /// Its field with the partner's own reference.
    pub(crate) reference: String,
    /// Weights of the runs of periods that people are seen in: "2022-Q2", "2022-Q2 2022-Q3".
    pub(crate) seen: BTreeMap<String, u64>,
    /// How many in a hundred a second partner sees as well.
    pub(crate) second_partner: u64,
    /// How many in a hundred of those it spells another way.
    pub(crate) other_spelling: u64,
}

/// A partner and its habits. Its code is the pipeline's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partner {
    pub(crate) code: String,
    /// Its share of people.
    pub(crate) weight: u64,
    /// Where most of its people live: the division `home` of the lists.
    pub(crate) area: String,
    /// What its references begin with.
    pub(crate) reference: String,
    pub(crate) digits: usize,
    /// Its first number.
    pub(crate) first: u64,
    /// Names of its files: the pipeline's pattern with every `*` filled, by the file's place in the pipeline.
    pub(crate) files: BTreeMap<String, String>,
    /// Rows above the headings.
    #[serde(default)]
    pub(crate) above: Vec<String>,
    /// Which of a field's headings it writes, where the pipeline maps none.
    #[serde(default)]
    pub(crate) headings: Headings,
    /// How it writes codes.
    #[serde(default)]
    pub(crate) codes: Codes,
    /// How it writes true and false; typed where absent and the file is a workbook.
    pub(crate) yes_no: Option<(String, String)>,
    /// Workbooks only: dates stored as dates.
    #[serde(default)]
    pub(crate) real_dates: bool,
    /// Workbooks only: references stored as numbers.
    #[serde(default)]
    pub(crate) reference_is_number: bool,
    /// Text files only.
    #[serde(default)]
    pub(crate) encoding: Encoding,
    /// Text files only.
    pub(crate) delimiter: Option<char>,
    /// How many cells in a hundred have a stray space.
    #[serde(default)]
    pub(crate) untidy: u64,
    /// Columns that it leaves out.
    #[serde(default)]
    pub(crate) omit: Vec<String>,
    /// Whether its columns come in another order.
    #[serde(default)]
    pub(crate) shuffled: bool,
    /// Values that its rows have whatever the tables say.
    #[serde(default)]
    pub(crate) always: BTreeMap<String, String>,
}

/// Which heading of a field a partner writes.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Headings {
    #[default]
    Title,
    Name,
    Alias,
}

/// How a partner writes codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Codes {
    #[default]
    Code,
    Label,
    Synonym,
}

/// How a partner's text files are encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    #[default]
    Utf8,
    Utf8Bom,
    Windows1252,
}

/// A mistake to plant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Planted {
    pub(crate) period: String,
    pub(crate) partner: String,
    pub(crate) table: String,
    /// What is done.
    #[serde(default, rename = "do")]
    pub(crate) action: Action,
    /// Which of the rows that fit, counted from 0.
    #[serde(default)]
    pub(crate) nth: usize,
    /// Only rows with these values: blank is "", any value "*".
    #[serde(default, rename = "where")]
    pub(crate) filter: BTreeMap<String, String>,
    /// Only people with rows in other tables, which are then held as well; else only people without.
    #[serde(default)]
    pub(crate) holds_others: bool,
    /// What the row's cells become, as typed; blank is "".
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
    /// The heading that is added, or the field whose column is taken away.
    pub(crate) column: Option<String>,
    /// The findings that it must raise; each is of the row unless the whole source is touched.
    pub(crate) findings: Vec<Expected>,
}

/// What is done to plant a mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// Cells of one row are set.
    #[default]
    Set,
    /// A row is sent twice.
    Repeat,
    /// A column is added, with the texts of `set.values` in turn.
    AddColumn,
    /// A column is taken away.
    DropColumn,
    /// Nothing: the finding comes with a partner's habits, or with how people are seen by several.
    Habit,
}

/// A finding that a planted mistake must raise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) field: Option<String>,
    pub(crate) code: String,
    pub(crate) severity: String,
}

/// A row whose values are found nowhere else, to see where they turn up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Canary {
    pub(crate) period: String,
    pub(crate) partner: String,
    pub(crate) table: String,
    #[serde(default, rename = "where")]
    pub(crate) filter: BTreeMap<String, String>,
    pub(crate) set: BTreeMap<String, String>,
}

/// How one table's rows are drawn.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TablePlan {
    /// Up to how many rows a registration has in a period, each with a chance.
    #[serde(default)]
    pub(crate) chances: Vec<f64>,
    /// Only for registrations with these values.
    #[serde(default)]
    pub(crate) when: BTreeMap<String, Values>,
    pub(crate) fields: toml::Table,
}

/// One way to draw a value; of several, the first that applies is taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draw {
    /// For whom it is drawn: people of the same number have the same value everywhere.
    #[serde(default)]
    pub(crate) per: Per,
    /// Only where other fields have one of these values: blank is "", any value "*".
    #[serde(default)]
    pub(crate) when: BTreeMap<String, Values>,
    /// Only where the age on a date is at most so many years: born, on, years.
    pub(crate) age: Option<(String, String, i32)>,
    /// Only so often.
    pub(crate) chance: Option<f64>,
    /// Text in which `{field}` is filled in, `#` is a digit, `%` one from 1 to 9, `~` a letter that postcodes end with.
    pub(crate) text: Option<String>,
    /// The text is brought down to letters that stand in an e-mail address.
    #[serde(default)]
    pub(crate) slug: bool,
    /// One of these, by weight.
    pub(crate) pick: Option<BTreeMap<String, u64>>,
    /// One of a list, divided by these fields' values.
    pub(crate) list: Option<String>,
    #[serde(default)]
    pub(crate) by: Vec<String>,
    /// A date from one to another.
    pub(crate) date: Option<(String, String)>,
    /// Not before these.
    #[serde(default)]
    pub(crate) not_before: Vec<String>,
    /// Moved to 1 January, as where the day of birth is not known.
    #[serde(default)]
    pub(crate) first_of_january: bool,
    /// Days after another field's date; blank where that is later than `until`.
    pub(crate) after: Option<String>,
    #[serde(default)]
    pub(crate) days: (i64, i64),
    pub(crate) until: Option<String>,
    /// A number from one to another, in steps; written with as many decimals as the step.
    pub(crate) number: Option<(f64, f64)>,
    pub(crate) step: Option<String>,
    /// Another field's value, moved along a list by one of the weighted moves.
    pub(crate) shift: Option<String>,
    #[serde(default)]
    pub(crate) along: Vec<String>,
    #[serde(default)]
    pub(crate) moves: BTreeMap<String, u64>,
}

/// For whom a value is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Per {
    /// Once for a person, at whichever partner.
    Person,
    /// Once for a person at a partner.
    #[default]
    Registration,
    /// Anew each period.
    Period,
}

/// One value or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Values {
    One(String),
    Several(Vec<String>),
}

impl Values {
    /// Whether a value is among them: "" stands for blank, "*" for any value.
    pub(crate) fn hold(&self, value: Option<&str>) -> bool {
        let one = |wanted: &str| match wanted {
            "" => value.is_none(),
            "*" => value.is_some(),
            other => value == Some(other),
        };
        match self {
            Self::One(wanted) => one(wanted),
            Self::Several(wanted) => wanted.iter().any(|wanted| one(wanted)),
        }
    }
}

impl Plan {
    /// Reads a plan, with what it takes from the plan that it is like.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let mut plan = Self::parse(path)?;
        if let Some(like) = &plan.like {
            let other = Self::parse(&path.with_file_name(like))?;
            plan.lists.extend(other.lists);
            plan.spellings.extend(other.spellings);
            plan.tables.extend(other.tables);
        }
        Ok(plan)
    }

    fn parse(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// How a table's rows are drawn.
    pub(crate) fn table(&self, name: &str) -> Result<TablePlan, String> {
        let table = self.tables.get(name).ok_or_else(|| format!("the plan draws no table `{name}`"))?;
        table.clone().try_into().map_err(|error| format!("table `{name}`: {error}"))
    }
}

impl TablePlan {
    /// Every field with its ways to be drawn, in the order of the plan.
    pub(crate) fn draws(&self) -> Result<Vec<(String, Vec<Draw>)>, String> {
        let read = |(name, value): (&String, &toml::Value)| {
            let items = match value {
                toml::Value::Array(items) => items.clone(),
                one => vec![one.clone()],
            };
            let draws: Result<Vec<Draw>, _> = items.into_iter().map(toml::Value::try_into).collect();
            draws.map(|draws| (name.clone(), draws)).map_err(|error| format!("field `{name}`: {error}"))
        };
        self.fields.iter().map(read).collect()
    }
}
