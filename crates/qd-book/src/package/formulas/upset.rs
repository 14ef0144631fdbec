//! What a text in place of a number does to the formulas that draw on it.

use super::read::{Area, Does, Expr};
use super::{At, Upset};
use std::collections::{BTreeMap, BTreeSet};

/// Functions that ask something of a cell and take any answer, or catch what goes wrong in it.
const ASKS: &[&str] = &[
    "AREAS",
    "CELL",
    "COLUMN",
    "COLUMNS",
    "COUNTA",
    "COUNTBLANK",
    "EXACT",
    "FIND",
    "FORMULATEXT",
    "HYPERLINK",
    "INFO",
    "ISBLANK",
    "ISERR",
    "ISERROR",
    "ISFORMULA",
    "ISNA",
    "ISNONTEXT",
    "ISNUMBER",
    "ISREF",
    "ISTEXT",
    "LEN",
    "MATCH",
    "ROW",
    "ROWS",
    "SEARCH",
    "SHEET",
    "SHEETS",
    "TYPE",
    "XMATCH",
];
/// Of these, and of those that count, the ones by which a formula finds out about a text before it reckons.
const LOOKS: &[&str] = &["COUNT", "EXACT", "ISERR", "ISERROR", "ISNONTEXT", "ISNUMBER", "ISTEXT", "N", "T", "TYPE"];
/// Functions that hand on what stands in a cell.
const PASSES: &[&str] = &[
    "CHOOSE",
    "CHOOSECOLS",
    "CHOOSEROWS",
    "CONCAT",
    "CONCATENATE",
    "DROP",
    "EXPAND",
    "FILTER",
    "HLOOKUP",
    "HSTACK",
    "IF",
    "IFERROR",
    "IFNA",
    "IFS",
    "INDEX",
    "INDIRECT",
    "LEFT",
    "LOOKUP",
    "LOWER",
    "MID",
    "OFFSET",
    "PROPER",
    "REPLACE",
    "RIGHT",
    "SORT",
    "SORTBY",
    "SUBSTITUTE",
    "SWITCH",
    "T",
    "TAKE",
    "TEXT",
    "TEXTJOIN",
    "TOCOL",
    "TOROW",
    "TRANSPOSE",
    "TRIM",
    "UNIQUE",
    "UPPER",
    "VLOOKUP",
    "VSTACK",
    "XLOOKUP",
];
/// Functions that leave out, or count as nought, what is no number among the cells that they are given.
const LEAVES_OUT: &[&str] = &[
    "AGGREGATE",
    "AND",
    "AVEDEV",
    "AVERAGE",
    "AVERAGEA",
    "AVERAGEIF",
    "AVERAGEIFS",
    "COUNT",
    "COUNTIF",
    "COUNTIFS",
    "DEVSQ",
    "GEOMEAN",
    "HARMEAN",
    "KURT",
    "LARGE",
    "MAX",
    "MAXA",
    "MAXIFS",
    "MEDIAN",
    "MIN",
    "MINA",
    "MINIFS",
    "MODE",
    "MODE.MULT",
    "MODE.SNGL",
    "N",
    "OR",
    "PERCENTILE",
    "PERCENTILE.EXC",
    "PERCENTILE.INC",
    "PRODUCT",
    "QUARTILE",
    "QUARTILE.EXC",
    "QUARTILE.INC",
    "SKEW",
    "SMALL",
    "STDEV",
    "STDEV.P",
    "STDEV.S",
    "STDEVA",
    "STDEVP",
    "STDEVPA",
    "SUBTOTAL",
    "SUM",
    "SUMIF",
    "SUMIFS",
    "SUMPRODUCT",
    "SUMSQ",
    "TRIMMEAN",
    "VAR",
    "VAR.P",
    "VAR.S",
    "VARA",
    "VARP",
    "VARPA",
    "XOR",
];
/// Names stand for other names at most so often.
const DEEPEST: u32 = 8;
/// Formulas that hand a text on do so over at most so many cells.
const FURTHEST: u32 = 64;

/// Cells that may hold a text in place of a number: which of the filled cells each one has it from.
pub(super) type Texts = BTreeMap<At, BTreeSet<At>>;

/// Where names and tables lead.
pub(super) struct Names {
    /// Names, by the sheet that they are of (none for the whole workbook) and in small letters.
    pub(super) meanings: BTreeMap<(Option<usize>, String), Expr>,
    /// The cells of tables, by their names in small letters.
    pub(super) tables: BTreeMap<String, (usize, Area)>,
    /// Sheets in order, in small letters.
    pub(super) sheets: Vec<String>,
}

/// What goes wrong in one formula: how, by which cell that it names, and which filled cell that one has it from.
pub(super) type Harm = BTreeSet<(Upset, At, At)>;

/// Finds every formula that a text in one of some cells would upset.
pub(super) fn upsets(formulas: &BTreeMap<At, Expr>, filled: &BTreeSet<At>, names: &Names) -> BTreeMap<At, Harm> {
    let mut texts: Texts = filled.iter().map(|at| (*at, BTreeSet::from([*at]))).collect();
    // A cell that shows what another holds is looked for again, until no further one is found.
    for _ in 0..FURTHEST {
        let mut found = Vec::new();
        for (at, formula) in formulas {
            let (passes, _) = of_formula(formula, *at, &texts, names);
            let own = passes.iter().filter_map(|from| texts.get(from)).flatten().copied().collect::<BTreeSet<At>>();
            if texts.get(at).map_or(!own.is_empty(), |known| !own.is_subset(known)) {
                found.push((*at, own));
            }
        }
        if found.is_empty() {
            break;
        }
        for (at, own) in found {
            texts.entry(at).or_default().extend(own);
        }
    }
    let of = |(at, formula): (&At, &Expr)| {
        let (_, harms) = of_formula(formula, *at, &texts, names);
        let of_filled =
            |(how, by): (Upset, At)| texts[&by].iter().map(move |from| (how, by, *from)).collect::<Vec<_>>();
        let harm: Harm = harms.into_iter().flat_map(of_filled).collect();
        (!harm.is_empty()).then_some((*at, harm))
    };
    formulas.iter().filter_map(of).collect()
}

/// The cells whose texts a formula hands on, and those by whose texts it is upset.
fn of_formula(formula: &Expr, at: At, texts: &Texts, names: &Names) -> (BTreeSet<At>, BTreeSet<(Upset, At)>) {
    let mut reading = Reading { sheet: at.0, texts, names, harms: BTreeSet::new(), depth: 0 };
    let passes = reading.passes(formula, &BTreeSet::new());
    (passes, reading.harms)
}

struct Reading<'a> {
    sheet: usize,
    texts: &'a Texts,
    names: &'a Names,
    harms: BTreeSet<(Upset, At)>,
    depth: u32,
}

impl Reading<'_> {
    /// The cells whose texts a part hands on. Of those that were asked about before, all goes well.
    fn passes(&mut self, expr: &Expr, asked: &BTreeSet<At>) -> BTreeSet<At> {
        match expr {
            Expr::Plain | Expr::Text => BTreeSet::new(),
            Expr::Cells(_) | Expr::Name(..) | Expr::Table(_) => self.named(expr, asked),
            Expr::Op(does, parts) => {
                let drawn: BTreeSet<At> = parts.iter().flat_map(|part| self.passes(part, asked)).collect();
                match does {
                    Does::Gathers => return drawn,
                    Does::Reckons => self.upset(Upset::Fails, &drawn, asked),
                    Does::Orders => self.upset(Upset::Misjudges, &drawn, asked),
                    Does::Joins | Does::Equates => {}
                }
                BTreeSet::new()
            }
            Expr::Call(name, parts) => self.call(name, parts, asked),
        }
    }

    fn call(&mut self, name: &str, parts: &[Expr], asked: &BTreeSet<At>) -> BTreeSet<At> {
        if ASKS.contains(&name) {
            let before = self.harms.clone();
            for part in parts {
                self.passes(part, asked);
            }
            self.harms = before;
            return BTreeSet::new();
        }
        if name == "IFERROR" {
            return self.caught(parts, asked);
        }
        if ["IF", "IFS", "CHOOSE"].contains(&name) {
            return self.chosen(name, parts, asked);
        }
        let drawn: BTreeSet<At> = parts.iter().flat_map(|part| self.passes(part, asked)).collect();
        if PASSES.contains(&name) {
            return drawn;
        }
        let how = if LEAVES_OUT.contains(&name) { Upset::LeavesOut } else { Upset::Fails };
        self.upset(how, &drawn, asked);
        BTreeSet::new()
    }

    /// An error is caught, and something else stands in its place.
    fn caught(&mut self, parts: &[Expr], asked: &BTreeSet<At>) -> BTreeSet<At> {
        let before = std::mem::take(&mut self.harms);
        let mut passes = parts.first().map_or_else(BTreeSet::new, |part| self.passes(part, asked));
        let (fails, others): (BTreeSet<_>, BTreeSet<_>) =
            std::mem::take(&mut self.harms).into_iter().partition(|(how, _)| *how == Upset::Fails);
        self.harms = before.into_iter().chain(others).collect();
        if parts.get(1).is_some_and(has_text) {
            passes.extend(fails.into_iter().map(|(_, by)| by));
        }
        passes.extend(parts.iter().skip(1).flat_map(|part| self.passes(part, asked)));
        passes
    }

    /// What a condition asks about is known in what follows from it.
    fn chosen(&mut self, name: &str, parts: &[Expr], asked: &BTreeSet<At>) -> BTreeSet<At> {
        let is_condition = |at: usize| if name == "IFS" { at.is_multiple_of(2) } else { at == 0 };
        let mut known = asked.clone();
        for (at, part) in parts.iter().enumerate() {
            if is_condition(at) {
                self.looked_at(part, &mut known);
            }
        }
        let mut passes = BTreeSet::new();
        for (at, part) in parts.iter().enumerate() {
            let own = self.passes(part, &known);
            if is_condition(at) {
                // A text by itself is neither true nor false.
                self.upset(Upset::Fails, &own, &known);
            } else {
                passes.extend(own);
                if has_text(part) {
                    passes.extend(known.difference(asked));
                }
            }
        }
        passes
    }

    /// The cells of which a condition asks whether they are texts.
    fn looked_at(&mut self, condition: &Expr, known: &mut BTreeSet<At>) {
        match condition {
            Expr::Op(Does::Equates, parts) if parts.contains(&Expr::Text) => {
                for part in parts {
                    known.extend(self.named(part, &BTreeSet::new()));
                }
            }
            Expr::Call(name, parts) if LOOKS.contains(&name.as_str()) => {
                for part in parts {
                    known.extend(self.named(part, &BTreeSet::new()));
                }
            }
            Expr::Op(_, parts) | Expr::Call(_, parts) => parts.iter().for_each(|part| self.looked_at(part, known)),
            _ => {}
        }
    }

    fn upset(&mut self, how: Upset, by: &BTreeSet<At>, asked: &BTreeSet<At>) {
        self.harms.extend(by.difference(asked).map(|at| (how, *at)));
    }

    /// Those of the cells that a part names that may hold texts. A name may stand for a formula.
    fn named(&mut self, expr: &Expr, asked: &BTreeSet<At>) -> BTreeSet<At> {
        match expr {
            Expr::Cells(area) => {
                let place = |name: &str| self.names.sheets.iter().position(|own| *own == name.to_lowercase());
                let sheets = match &area.sheets {
                    None => Some((self.sheet, self.sheet)),
                    Some((first, last)) => place(first).zip(place(last)),
                };
                sheets.map_or_else(BTreeSet::new, |(first, last)| self.within(first.min(last), first.max(last), area))
            }
            Expr::Table(name) => {
                let found = self.names.tables.get(&name.to_lowercase());
                found.map_or_else(BTreeSet::new, |(sheet, area)| self.within(*sheet, *sheet, area))
            }
            Expr::Name(sheet, name) if self.depth < DEEPEST => {
                let of = sheet.as_ref().map(|sheet| sheet.to_lowercase());
                let of = of.and_then(|of| self.names.sheets.iter().position(|own| *own == of)).unwrap_or(self.sheet);
                let key = |of: Option<usize>| (of, name.to_lowercase());
                let names = self.names;
                let Some(meant) = names.meanings.get(&key(Some(of))).or_else(|| names.meanings.get(&key(None))) else {
                    return self.named(&Expr::Table(name.clone()), asked);
                };
                self.depth += 1;
                let passes = self.passes(meant, asked);
                self.depth -= 1;
                passes
            }
            Expr::Op(Does::Gathers, parts) => parts.iter().flat_map(|part| self.named(part, asked)).collect(),
            _ => BTreeSet::new(),
        }
    }

    fn within(&self, first: usize, last: usize, area: &Area) -> BTreeSet<At> {
        let sorted = |one: u32, other: u32| (one.min(other), one.max(other));
        let (rows, columns) = (sorted(area.first.row, area.last.row), sorted(area.first.column, area.last.column));
        (first..=last)
            .flat_map(|sheet| self.texts.range((sheet, rows.0, columns.0)..=(sheet, rows.1, columns.1)))
            .map(|(at, _)| *at)
            .filter(|at| (columns.0..=columns.1).contains(&at.2))
            .collect()
    }
}

/// Whether a part may come to a text that is written out in it.
fn has_text(expr: &Expr) -> bool {
    match expr {
        Expr::Text | Expr::Op(Does::Joins, _) => true,
        Expr::Call(name, parts) => PASSES.contains(&name.as_str()) && parts.iter().any(has_text),
        _ => false,
    }
}
