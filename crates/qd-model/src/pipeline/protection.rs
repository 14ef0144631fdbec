//! How small numbers of people are protected: in tables of counts, and in extracts.

use crate::document::Table;
use crate::mistake::Mistake;

/// How counts of people leave: small ones suppressed, the rest rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountRule {
    /// Counts below it are suppressed; 0 and 1 suppress none.
    pub threshold: u64,
    /// The others are rounded to the nearest multiple of it; 1 leaves them as they are.
    pub rounding: u64,
    /// What becomes of nought.
    pub zeros: Zeros,
    /// What stands for a total.
    pub totals: Totals,
}

/// What becomes of a count of nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zeros {
    /// It is shown: that nobody is there tells of nobody.
    Show,
    /// It is suppressed like any other small count.
    Suppress,
}

/// What stands for the total of parts that add up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Totals {
    /// Its own count, rounded by itself: right to within the rounding, and parts may not add up to it.
    Rounded,
    /// The sum of the parts as they are shown, so that it adds up and tells nothing more.
    Recalculated,
}

impl Default for CountRule {
    /// The rule of the Office for National Statistics: under 10 suppressed, the rest to the nearest 5.
    fn default() -> Self {
        Self { threshold: 10, rounding: 5, zeros: Zeros::Show, totals: Totals::Rounded }
    }
}

/// How many people must look alike in an extract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// At least so many people share every combination of the released indirect identifiers.
    pub people: u64,
    /// What is done about combinations that fewer share.
    pub below: Below,
    /// Released columns in the order in which they are made coarser, where that is what is done.
    pub give_up: Vec<String>,
}

/// What is done about people whom too few others look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    /// Their indirect identifiers are left blank.
    Suppress,
    /// Columns are made coarser for everybody; what is still too rare then is left blank.
    Generalise,
    /// The return is not written.
    Refuse,
}

/// The settings of a recipient about its counts.
pub(super) fn count_rule(recipient: &Table<'_>) -> CountRule {
    let usual = CountRule::default();
    let rule = CountRule {
        threshold: recipient.whole("threshold").unwrap_or(usual.threshold),
        rounding: recipient.whole("rounding").unwrap_or(usual.rounding),
        zeros: recipient.word("zeros", &[("show", Zeros::Show), ("suppress", Zeros::Suppress)]).unwrap_or(usual.zeros),
        totals: recipient
            .word("totals", &[("rounded", Totals::Rounded), ("recalculated", Totals::Recalculated)])
            .unwrap_or(usual.totals),
    };
    for (name, value, least) in [("threshold", rule.threshold, 0), ("rounding", rule.rounding, 1)] {
        if let Some(node) = recipient.node(name)
            && !(least..=1000).contains(&value)
        {
            recipient.mistake(Mistake::new(&node.at, format!("`{name}` must be between {least} and 1000")));
        }
    }
    if rule.threshold < 2 && rule.rounding < 2 {
        let mistake = Mistake::new(recipient.at, "counts that are neither suppressed nor rounded are exact counts");
        recipient.mistake(mistake.hint("say why the recipient may have them: exact_counts = \"the reason\""));
    }
    if recipient.node("exact_counts").is_some() {
        for name in ["threshold", "rounding", "zeros", "totals"] {
            if let Some(node) = recipient.node(name) {
                let what = format!("`{name}` does nothing for a recipient who gets exact counts");
                recipient.mistake(Mistake::new(&node.at, what).hint("leave out one of the two"));
            }
        }
    }
    rule
}

/// The settings of a recipient about its extracts.
pub(super) fn floor(recipient: &Table<'_>) -> Option<Floor> {
    let people = recipient.whole("k");
    let words = [("suppress", Below::Suppress), ("generalise", Below::Generalise), ("refuse", Below::Refuse)];
    let below = recipient.word("below", &words);
    let give_up = recipient.texts("give_up").unwrap_or_default();
    let Some(people) = people else {
        if let Some(node) = recipient.node("below").or_else(|| recipient.node("give_up")) {
            let mistake = Mistake::new(&node.at, "how many people must look alike is not said");
            recipient.mistake(mistake.hint("add, for example, k = 5"));
        }
        return None;
    };
    let at = recipient.node("k").map_or(recipient.at, |node| &node.at);
    if !(2..=1000).contains(&people) {
        recipient.mistake(Mistake::new(at, "`k` must be between 2 and 1000"));
    }
    if below.is_none() && recipient.node("below").is_none() {
        let mistake = Mistake::new(at, "`k` needs `below`: what is done about people whom fewer look like");
        recipient.mistake(mistake.hint("it is one of suppress, generalise and refuse"));
    }
    let below = below?;
    if (below == Below::Generalise) == give_up.is_empty() {
        let mistake = Mistake::new(at, "`give_up` belongs to `below = \"generalise\"`, and has to be there for it");
        recipient.mistake(mistake.hint("name the released columns in the order in which they are made coarser"));
    }
    Some(Floor { people, below, give_up })
}
