//! Invented partner files from a plan: `sample-data/<programme>.toml` says who the people are, what
//! each partner sends and how it types, and which mistakes are planted; the programme's own pipeline
//! and schemas say the rest (headings, sheets, file names, formats, code lists).

mod draw;
mod files;
mod plan;
mod plant;
mod readme;
mod rows;

use plan::Plan;
use qd_model::{Pipeline, Schema, Syntax};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A row's values in canonical form, by field; a blank one is absent.
pub(crate) type Record = BTreeMap<String, String>;

/// A programme as its plan, pipeline and schemas describe it.
pub(crate) struct Programme {
    pub(crate) plan: Plan,
    pub(crate) pipeline: Pipeline,
    /// Per table of the pipeline.
    pub(crate) schemas: BTreeMap<String, Schema>,
    /// The pipeline's folder, to which the folders of its periods are relative.
    pub(crate) folder: PathBuf,
}

impl Programme {
    /// Whether a partner has said that a table is empty or late, and so sends nothing.
    pub(crate) fn is_declared(&self, partner: &str, table: &str, period: &str) -> bool {
        self.pipeline.declarations.iter().any(|declaration| {
            declaration.partner == partner && declaration.table == table && declaration.period == period
        })
    }
}

/// Makes every programme's files and the list of what is planted in them. Plans are read from
/// `home`; files are written under `out`, in the places that they have under `home`.
pub(crate) fn make(home: &Path, out: &Path) -> Result<String, String> {
    let mut plans: Vec<PathBuf> = std::fs::read_dir(home)
        .map_err(|error| format!("{}: {error}", home.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter(|path| path.file_name().is_none_or(|name| name != "canaries.toml"))
        .collect();
    plans.sort();
    let mut said = Vec::new();
    let mut listed = Vec::new();
    let mut canaries = Vec::new();
    for path in plans {
        let programme = read(&path)?;
        let mut made = rows::generate(&programme)?;
        let planted = plant::plant(&programme, &mut made)?;
        for file in files::render(&programme, &made)? {
            let inside = inside(&file.path, home)?;
            write(&out.join(inside), &file.bytes)?;
        }
        said.push(format!("{}: {}", path.display(), made.describe()));
        listed.push((programme.plan.name.clone(), programme.plan.about.clone(), planted.findings));
        canaries.extend(planted.canaries);
    }
    write(&out.join("README.md"), readme::readme(&listed).as_bytes())?;
    write(&out.join("canaries.toml"), readme::canaries(&canaries).as_bytes())?;
    Ok(said.join("\n"))
}

fn read(path: &Path) -> Result<Programme, String> {
    let plan = Plan::read(path)?;
    let home = path.parent().unwrap_or(Path::new("."));
    let place = home.join(&plan.pipeline);
    let pipeline = Pipeline::parse(&text(&place)?, Syntax::Toml)
        .map_err(|mistakes| format!("{}: {}", place.display(), mistakes[0].what))?;
    let folder = place.parent().unwrap_or(Path::new(".")).to_owned();
    let mut schemas = BTreeMap::new();
    for table in &pipeline.tables {
        let place = folder.join(&table.schema.value);
        let schema = Schema::parse(&text(&place)?, Syntax::Toml, &table.name)
            .map_err(|mistakes| format!("{}: {}", place.display(), mistakes[0].what))?;
        schemas.insert(table.name.clone(), schema);
    }
    Ok(Programme { plan, pipeline, schemas, folder })
}

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A path as it stands below the folder of the samples.
fn inside(path: &Path, home: &Path) -> Result<PathBuf, String> {
    let (path, home) = (tidy(path), tidy(home));
    path.strip_prefix(&home)
        .map(Path::to_owned)
        .map_err(|_| format!("{} is not below {}", path.display(), home.display()))
}

/// The path with its `..` worked out by name.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                tidy.pop();
            }
            std::path::Component::CurDir => {}
            other => tidy.push(other),
        }
    }
    tidy
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
