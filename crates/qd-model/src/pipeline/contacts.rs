//! Lists of people to contact: who is on them, by which way, and who is left out.

use super::read::placed;
use crate::document::{self, Node, Table, Value};
use crate::mistake::{At, Mistake, Mistakes};
use crate::schema::Placed;

/// A list of people whom a recipient may contact to offer them one service.
#[derive(Debug, Clone)]
pub struct Contacts {
    /// The sheet's name.
    pub name: String,
    /// The table with people's details.
    pub table: String,
    /// What is offered.
    pub service: String,
    /// The agreement under which the list is shared; not needed where each person has consented.
    pub agreement: Option<String>,
    /// Whose details may be on the list; all of the table's people where absent.
    pub filter: Option<Placed<String>>,
    /// Released columns that say who a person is.
    pub columns: Vec<String>,
    /// Whether each person has an id that is this list's own, to be found again by.
    pub ids: bool,
    /// The field with the way that a person chose.
    pub channel: String,
    /// Each way by its code, with the released columns that have its details.
    pub channels: Vec<(String, Vec<String>)>,
    /// Consent that a person must have given for this kind of recipient.
    pub consent: Option<Consent>,
    /// Who is left out besides, in the order in which they are counted.
    pub leave_out: Vec<LeaveOut>,
    /// Where it stands in the pipeline file.
    pub at: At,
}

/// Where it is recorded that people consented.
#[derive(Debug, Clone)]
pub struct Consent {
    /// The table.
    pub table: String,
    /// Which rows are about this kind of recipient.
    pub filter: Option<Placed<String>>,
    /// The field with the day on which consent was given.
    pub given: String,
    /// The field with the day on which it was withdrawn.
    pub withdrawn: String,
}

/// People who are left out, and why.
#[derive(Debug, Clone)]
pub struct LeaveOut {
    /// Why, in words.
    pub reason: String,
    /// The table that tells.
    pub table: String,
    /// Which of its rows; all where absent.
    pub filter: Option<Placed<String>>,
}

impl Contacts {
    /// The tables that the list draws on.
    pub fn tables(&self) -> Vec<&str> {
        let others = self.leave_out.iter().map(|out| out.table.as_str());
        let consent = self.consent.iter().map(|consent| consent.table.as_str());
        std::iter::once(self.table.as_str()).chain(consent).chain(others).collect()
    }

    /// Every expression of the list, with the table that it is over.
    pub fn filters(&self) -> impl Iterator<Item = (&str, &Placed<String>)> {
        let own = self.filter.iter().map(|filter| (self.table.as_str(), filter));
        let consent =
            self.consent.iter().filter_map(|consent| Some((consent.table.as_str(), consent.filter.as_ref()?)));
        let others = self.leave_out.iter().filter_map(|out| Some((out.table.as_str(), out.filter.as_ref()?)));
        own.chain(consent).chain(others)
    }

    /// The released columns that the list is made of.
    pub fn released(&self) -> impl Iterator<Item = &str> {
        let details = self.channels.iter().flat_map(|(_, columns)| columns);
        self.columns.iter().chain(details).map(String::as_str)
    }
}

pub(super) fn contacts(table: &Table<'_>, node: &Node) -> Option<Contacts> {
    let mistakes = table.mistakes();
    let consent = table.table("consent").and_then(consent);
    let agreement = table.text("agreement").map(str::to_owned).filter(|text| !text.trim().is_empty());
    if agreement.is_none() && table.node("consent").is_none() {
        let mistake = Mistake::new(&node.at, "a list of people to contact needs an `agreement` or people's `consent`");
        table.mistake(
            mistake.hint("name the sharing agreement, or say where consent for this kind of recipient is recorded"),
        );
    }
    let columns = table.texts("columns").unwrap_or_default();
    let channels = channels(table);
    if columns.is_empty() || channels.is_empty() {
        let mistake = Mistake::new(&node.at, "a list of people to contact needs `columns` and `channels`");
        table.mistake(
            mistake.hint("for example `columns = [\"forename\", \"surname\"]` and `channels = { EMAIL = \"email\" }`"),
        );
    }
    Some(Contacts {
        name: table.text("name").unwrap_or("People to contact").to_owned(),
        service: table.required_text("service")?.to_owned(),
        filter: placed(table, "where"),
        channel: table.required_text("channel")?.to_owned(),
        leave_out: table.list("leave_out").iter().filter_map(|node| leave_out(node, mistakes)).collect(),
        table: table.required_text("table")?.to_owned(),
        at: node.at.clone(),
        ids: table.flag("ids").unwrap_or(false),
        agreement,
        columns,
        channels,
        consent,
    })
}

fn channels(table: &Table<'_>) -> Vec<(String, Vec<String>)> {
    let Some(channels) = table.table("channels") else { return Vec::new() };
    let read = |(code, node): &(String, Node)| {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let columns = items.iter().filter_map(|item| document::as_scalar(item, "channels", table.mistakes()));
        (code.clone(), columns.collect())
    };
    channels.entries().iter().map(read).collect()
}

fn consent(table: Table<'_>) -> Option<Consent> {
    let consent = Consent {
        filter: placed(&table, "where"),
        given: table.required_text("given")?.to_owned(),
        withdrawn: table.required_text("withdrawn")?.to_owned(),
        table: table.required_text("table")?.to_owned(),
    };
    table.finish();
    Some(consent)
}

fn leave_out(node: &Node, mistakes: &Mistakes) -> Option<LeaveOut> {
    let table = Table::open(node, "an entry of `leave_out`", mistakes)?;
    let out = LeaveOut {
        reason: table.required_text("reason")?.to_owned(),
        filter: placed(&table, "where"),
        table: table.required_text("table")?.to_owned(),
    };
    table.finish();
    Some(out)
}
