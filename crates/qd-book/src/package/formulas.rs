//! Which formulas of a workbook that someone else made are upset where a cell gets a text in place of a
//! number: they fail, or silently come to something else.

mod read;
mod upset;

use super::relations::{Relations, path_of};
use super::sheet::{area, place};
use super::xml::{Document, Element};
use super::{Damaged, NamedCell, Package};
use crate::error::BookError;
use read::{Area, Expr, parse};
use std::collections::{BTreeMap, BTreeSet};
use upset::Names;

/// Sheet (from 0), row (from 1) and column (from 0).
type At = (usize, u32, u32);

/// What a text in place of a number does to a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Upset {
    /// It comes to an error.
    Fails,
    /// It takes the text for more than any number.
    Misjudges,
    /// It leaves the cell out, or counts it as nought.
    LeavesOut,
}

/// A formula that is upset where some cells get a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsetFormula {
    /// Where it stands.
    pub formula: NamedCell,
    /// What happens.
    pub upset: Upset,
    /// The filled cells that do it, each with the cell over which the formula has it, if it does not name
    /// it itself.
    pub by: Vec<(NamedCell, Option<NamedCell>)>,
}

impl Package {
    /// Every formula that is upset where one of some cells gets a text, in the order of sheets and cells.
    pub fn upset_formulas(&mut self, filled: &[NamedCell]) -> Result<Vec<UpsetFormula>, BookError> {
        let sheet_of = |name: &str| self.sheets.iter().position(|own| own.name.eq_ignore_ascii_case(name));
        let filled: BTreeSet<At> =
            filled.iter().filter_map(|cell| Some((sheet_of(&cell.sheet)?, cell.at.0, cell.at.1))).collect();
        let mut formulas = BTreeMap::new();
        let mut tables = BTreeMap::new();
        for sheet in 0..self.sheets.len() {
            self.formulas_of(sheet, &mut formulas)?;
            self.tables_of(sheet, &mut tables)?;
        }
        let sheets = self.sheets.iter().map(|sheet| sheet.name.to_lowercase()).collect();
        let names = Names { meanings: self.names(), tables, sheets };
        let cell = |(sheet, row, column): At| NamedCell { sheet: self.sheets[sheet].name.clone(), at: (row, column) };
        let mut found = Vec::new();
        for (at, harm) in upset::upsets(&formulas, &filled, &names) {
            for upset in [Upset::Fails, Upset::Misjudges, Upset::LeavesOut] {
                let own = harm.iter().filter(|(how, ..)| *how == upset);
                let mut by: BTreeMap<At, Option<At>> = BTreeMap::new();
                for (_, over, from) in own {
                    let over = (over != from).then_some(*over);
                    // A cell that the formula names itself is not looked for behind another.
                    by.entry(*from).and_modify(|known| *known = over.and(*known)).or_insert(over);
                }
                let by: Vec<_> = by.into_iter().map(|(from, over)| (cell(from), over.map(cell))).collect();
                found.extend((!by.is_empty()).then(|| UpsetFormula { formula: cell(at), upset, by }));
            }
        }
        Ok(found)
    }

    /// The formulas of a sheet's cells. One that was copied is written out once, and shared by the others.
    fn formulas_of(&mut self, sheet: usize, formulas: &mut BTreeMap<At, Expr>) -> Result<(), BookError> {
        let path = self.sheets[sheet].path.clone();
        let part = Document::parse(&self.archive.bytes(&path).ok_or(Damaged)?)?;
        let mut shared: BTreeMap<u32, ((u32, u32), Expr)> = BTreeMap::new();
        let mut copies = Vec::new();
        let rows = part.root.child("sheetData").into_iter().flat_map(Element::elements);
        for cell in rows.flat_map(Element::elements).filter(|cell| cell.local() == "c") {
            let Some(formula) = cell.child("f") else { continue };
            let at = cell.get("r").and_then(|name| place(&name)).ok_or(Damaged)?;
            let (text, kind) = (formula.text(), formula.get("t"));
            let number = formula.number("si").filter(|_| kind.as_deref() == Some("shared"));
            match number {
                Some(number) if text.is_empty() => copies.push((at, number)),
                _ => {
                    let expr = parse(&text);
                    if let Some(number) = number {
                        shared.insert(number, (at, expr.clone()));
                    }
                    formulas.insert((sheet, at.0, at.1), expr);
                }
            }
        }
        for (at, number) in copies {
            let Some((from, expr)) = shared.get(&number) else { continue };
            let by = |own: u32, other: u32| i64::from(own) - i64::from(other);
            formulas.insert((sheet, at.0, at.1), expr.moved(by(at.0, from.0), by(at.1, from.1)));
        }
        Ok(())
    }

    /// The tables with headings of a sheet.
    fn tables_of(&mut self, sheet: usize, tables: &mut BTreeMap<String, (usize, Area)>) -> Result<(), BookError> {
        let path = self.sheets[sheet].path.clone();
        let relations = Relations::of(&path, self.archive.bytes(&path_of(&path)).as_deref())?;
        for part in relations.all_of_kind("table") {
            let Some(bytes) = self.archive.bytes(&part) else { continue };
            let table = Document::parse(&bytes)?.root;
            let name = table.get("displayName").or_else(|| table.get("name"));
            let cells = table.get("ref").filter(|range| area(range).is_some()).map(|range| parse(&range));
            if let (Some(name), Some(Expr::Cells(area))) = (name, cells) {
                tables.insert(name.to_lowercase(), (sheet, area));
            }
        }
        Ok(())
    }

    /// What names stand for: cells, or formulas.
    fn names(&self) -> BTreeMap<(Option<usize>, String), Expr> {
        let own = |kind: &str| self.workbook.root.child(kind).into_iter().flat_map(Element::elements);
        // A name of one sheet says which by its place among all sheets, those without cells too.
        let all: Vec<String> = own("sheets").filter_map(|sheet| Some(sheet.get("name")?.into_owned())).collect();
        let place = |number: u32| {
            let name = all.get(number as usize)?;
            self.sheets.iter().position(|sheet| sheet.name == *name)
        };
        let name = |own: &Element| {
            let of = own.number("localSheetId").map(place);
            // Names of sheets without cells say nothing of cells.
            Some((
                (if of == Some(None) { return None } else { of.flatten() }, own.get("name")?.to_lowercase()),
                parse(&own.text()),
            ))
        };
        own("definedNames").filter_map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qd_model::finding::column_letters;
    use rust_xlsxwriter::{Formula, Table, TableColumn, Workbook};

    /// A form: B1 to B4 are filled, and may hold signs; A1 to A4 are filled by others.
    fn form(formulas: &[(&str, &str)], names: &[(&str, &str)]) -> Package {
        let mut book = Workbook::new();
        book.add_worksheet().set_name("Own").expect("a name");
        let other = book.add_worksheet().set_name("It's").expect("a name");
        let columns = ["A", "B"].map(|name| TableColumn::new().set_header(name));
        other.add_table(10, 0, 12, 1, &Table::new().set_name("Lines").set_columns(&columns)).expect("a table");
        for (cell, formula) in formulas {
            let (sheet, cell) = cell.split_once('!').unwrap_or(("Own", cell));
            let (row, column) = place(cell).expect("a cell");
            let sheet = book.worksheet_from_name(sheet).expect("a sheet");
            sheet.write_formula(row - 1, column as u16, Formula::new(*formula)).expect("written");
        }
        for (name, formula) in names {
            book.define_name(*name, formula).expect("defined");
        }
        Package::open(book.save_to_buffer().expect("written")).expect("a workbook")
    }

    fn said(package: &mut Package) -> Vec<String> {
        let cell = |row| NamedCell { sheet: "Own".to_owned(), at: (row, 1) };
        let mut filled: Vec<NamedCell> = (1..=4).map(cell).collect();
        filled.push(NamedCell { sheet: "It's".to_owned(), at: (12, 1) });
        let name = |cell: &NamedCell| {
            let sheet = if cell.sheet == "Own" { String::new() } else { format!("{}!", cell.sheet) };
            format!("{sheet}{}{}", column_letters(cell.at.1), cell.at.0)
        };
        let line = |found: UpsetFormula| {
            let by = found.by.iter().map(|(by, over)| match over {
                Some(over) => format!("{} over {}", name(by), name(over)),
                None => name(by),
            });
            format!("{} {:?} {}", name(&found.formula), found.upset, by.collect::<Vec<_>>().join(" "))
        };
        package.upset_formulas(&filled).expect("read").into_iter().map(line).collect()
    }

    #[track_caller]
    fn check(formula: &str, expected: &[&str]) {
        assert_eq!(said(&mut form(&[("D1", formula)], &[])), expected, "{formula}");
    }

    #[test]
    fn a_formula_that_reckons_with_a_text_fails() {
        check("=B1/B2", &["D1 Fails B1 B2"]);
        check("=-B1", &["D1 Fails B1"]);
        check("=B1%", &["D1 Fails B1"]);
        check("=ROUND($B$1,0)", &["D1 Fails B1"]);
        check("=SUM(B1:B2*1)", &["D1 Fails B1 B2"]);
        check("=IF(B1,1,2)", &["D1 Fails B1"]);
        check("=CHOOSE(B1,A1,B2)", &["D1 Fails B1"]);
        check("=INDEX(B1:B9,2)+1", &["D1 Fails B1 B2 B3 B4"]);
        check("=SUM(A1:A9,C1)+A1", &[]);
        check("=B5+B9", &[]);
        check("='It''s'!B12+It!B1", &["D1 Fails It's!B12"]);
        check("=SUM(Lines[B])", &["D1 LeavesOut It's!B12"]);
        check("=[1]Own!B1+1", &[]);
        check("=SUM('Own:It''s'!B1)", &["D1 LeavesOut B1"]);
    }

    #[test]
    fn a_sum_leaves_a_text_out_and_a_comparison_takes_it_for_much() {
        check("=SUM(B1:B3,A1)", &["D1 LeavesOut B1 B2 B3"]);
        check("=SUM(B:B)", &["D1 LeavesOut B1 B2 B3 B4"]);
        check("=SUM(2:2)/2", &["D1 LeavesOut B2"]);
        check("=AVERAGE(B1,A1)", &["D1 LeavesOut B1"]);
        check("=N(B1)+A1", &["D1 LeavesOut B1"]);
        check("=IF(B1>10,\"many\",\"few\")", &["D1 Misjudges B1"]);
        check("=IF(B1>10,B2*2,SUM(B3))", &["D1 Fails B2", "D1 Misjudges B1", "D1 LeavesOut B3"]);
    }

    #[test]
    fn a_formula_that_looks_first_or_only_shows_what_is_there_is_all_right() {
        for formula in [
            "=B1",
            "=\"Starts: \"&B1",
            "=IF(B1=\"[c]\",\"[c]\",B1/2)",
            "=IF(ISNUMBER(B1),B1*2,\"\")",
            "=IF(AND(ISNUMBER(B1),ISNUMBER(B2)),B1/B2,\"n/a\")",
            "=IF(COUNT(B1:B4)<4,\"[c]\",SUM(B1:B4))",
            "=IFERROR(B1/B2,\"n/a\")",
            "=IFS(ISTEXT(B1),B1,TRUE,B1*2)",
            "=ISERROR(B1/B2)",
            "=COUNTA(B1:B4)",
            "=VLOOKUP(\"x\",A1:B4,2,FALSE)",
        ] {
            check(formula, &[]);
        }
        check("=IF(N(C9)=0,\"n/a\",B1/C9)", &["D1 Fails B1"]);
        check("=IF(ISNUMBER(B1),B1/B2,\"\")", &["D1 Fails B2"]);
        check("=IFERROR(SUM(B1:B2)/B3,0)", &["D1 LeavesOut B1 B2"]);
    }

    #[test]
    fn a_text_is_followed_over_names_and_other_formulas() {
        let names = [("Starts", "=Own!$B$1"), ("Both", "=Own!$B$1+Own!$B$2"), ("'It''s'!Here", "='It''s'!$B$12")];
        let formulas = [
            ("D1", "=starts*2"),
            ("D2", "=Both"),
            ("D3", "=Here+'It''s'!Here"),
            ("D4", "=IF(Starts=\"[c]\",0,Starts*2)"),
        ];
        let expected = ["D1 Fails B1", "D2 Fails B1 B2", "D3 Fails It's!B12"];
        assert_eq!(said(&mut form(&formulas, &names)), expected);

        let formulas = [("A9", "=A8"), ("A8", "=IF(A1=1,B1,B2)"), ("A7", "=A9+B1"), ("It's!A1", "=SUM(Own!A8:A9)")];
        let expected = ["A7 Fails B1 B2 over A9", "It's!A1 LeavesOut B1 over A8 B2 over A8"];
        assert_eq!(said(&mut form(&formulas, &[])), expected);

        // What stands in an error's place, or in that of a text, may be a text as well.
        let formulas =
            [("D1", "=IFERROR(B1/B2,\"n/a\")"), ("D2", "=D1+1"), ("D3", "=IFERROR(B1/B2,0)"), ("D4", "=D3+1")];
        assert_eq!(said(&mut form(&formulas, &[])), ["D2 Fails B1 over D1 B2 over D1"]);
        // A circle comes to an end.
        assert_eq!(said(&mut form(&[("D1", "=IF(A1,D2,B1)"), ("D2", "=D1")], &[])), [""; 0]);
    }

    #[test]
    fn a_copied_formula_is_read_where_it_stands() {
        let bytes = form(&[("D1", "=B1*2")], &[]).finish().expect("written");
        let mut archive = crate::package::Archive::open(bytes).expect("a package");
        let sheet = String::from_utf8(archive.bytes("xl/worksheets/sheet1.xml").expect("there")).expect("text");
        let shared = "<c r=\"D1\"><f t=\"shared\" ref=\"D1:D5\" si=\"0\">B1*2</f></c></row>\
                      <row r=\"2\"><c r=\"D2\"><f t=\"shared\" si=\"0\"/></c></row>\
                      <row r=\"5\"><c r=\"D5\"><f t=\"shared\" si=\"0\"/></c></row>";
        let from = sheet.find("<c r=\"D1\">").expect("the cell");
        let to = sheet.find("</row>").expect("its row's end") + "</row>".len();
        let changed = format!("{}{shared}{}", &sheet[..from], &sheet[to..]);
        let mut pack = crate::pack::Pack::default();
        for index in 0..archive.len() {
            let name = archive.name(index);
            if name == "xl/worksheets/sheet1.xml" {
                pack.put(&name, changed.as_bytes()).expect("put");
            } else {
                archive.copy_packed(index, &mut pack).expect("copied");
            }
        }
        let mut package = Package::open(pack.finish().expect("packed")).expect("a workbook");
        assert_eq!(said(&mut package), ["D1 Fails B1", "D2 Fails B2"]);
    }
}
