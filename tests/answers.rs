//! What partners send back in our own sheets: explanations unblock a return, and the next answer says
//! what became of the findings.

use crate::command::Checkout;
use qd_book::package::{CellEdit, Content, Package, SheetEdits, Written};
use qd_model::answer::{Column, FINDINGS};
use std::collections::BTreeMap;
use std::path::Path;

const PIPELINE: &str = "sample-data/wwri/2022-Q3-blocked/wwri-blocked.toml";
const FOLDER: &str = "sample-data/wwri/2022-Q3-blocked";

/// Types into the first query of a findings sheet.
fn explain(workbook: &Path, reason: &str, words: &str) -> Vec<u8> {
    let lines = qd_source::answers(workbook);
    let line = lines.iter().find(|line| line.cell(Column::Severity) == "Query").expect("there is a query");
    let typed =
        [(Column::Reason, reason), (Column::Explanation, words), (Column::By, "RM"), (Column::Date, "04/10/2022")];
    let cells: BTreeMap<(u32, u32), CellEdit> = typed
        .into_iter()
        .map(|(column, text)| {
            let content = Content::Write(Written::Text(text.to_owned()));
            ((line.row, column as u32), CellEdit { content, ..CellEdit::default() })
        })
        .collect();
    let mut package = Package::open(std::fs::read(workbook).expect("readable")).expect("a workbook");
    assert!(package.edit(FINDINGS, SheetEdits { cells, ..SheetEdits::default() }));
    package.finish().expect("written")
}

fn count(checkout: &Checkout, workbook: &str, label: &str) -> Option<String> {
    let said = checkout.run(&["read", workbook, "--sheet", "Summary", "--format", "csv"]);
    let line = said.out.lines().find(|line| line.starts_with(&format!("{label},")))?;
    line.split(',').nth(1).map(str::to_owned)
}

/// The text of the parts of a workbook that are sheets.
fn sheet_parts(workbook: &Path) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(workbook).expect("readable")).expect("a workbook");
    let count = archive.len();
    let part = |at| {
        let part = archive.by_index(at).expect("there");
        let is_sheet = part.name().expect("a name").starts_with("xl/worksheets/sheet");
        is_sheet.then(|| std::io::read_to_string(part).expect("text"))
    };
    (0..count).filter_map(part).collect()
}

#[test]
fn the_findings_sheet_offers_the_reason_codes_of_the_pipeline() {
    let checkout = Checkout::new();
    let answer = "out/wwri-blocked/2022-Q3/draft/partners/ousebridge/findings.xlsx";
    checkout.run(&["run", PIPELINE]).ends(1);
    let usual = sheet_parts(&checkout.join(answer));
    assert!(usual.contains("checked-against-form,checked-with-person,"), "a list is there unless it is declared");
    let outputs = "[outputs]\nreason_codes = [\"seen-again\", \"late\"]\n";
    checkout.edit(PIPELINE, "[outputs]\n", outputs);
    checkout.run(&["run", PIPELINE]).ends(1);
    let own = sheet_parts(&checkout.join(answer));
    assert!(own.contains("<dataValidation type=\"list\" errorStyle=\"information\""), "other codes can be typed");
    assert!(own.contains("\"seen-again,late\"") && !own.contains("checked-against-form,"));
    checkout.edit(PIPELINE, "\"late\"", "\"Too late\"");
    let refused = checkout.run(&["run", PIPELINE]).ends(2);
    assert!(refused.err.contains("\"Too late\" is no reason code"), "{}", refused.err);
}

#[test]
fn an_explanation_typed_into_the_findings_workbook_unblocks_the_return() {
    let checkout = Checkout::new();
    assert_eq!(checkout.run(&["run", PIPELINE]).code, 1, "the query blocks the return");
    let answer = "out/wwri-blocked/2022-Q3/draft/partners/ousebridge/findings.xlsx";
    let filled = explain(&checkout.join(answer), "checked-against-form", "The certificate was read again and is right");
    // Under a name that would fit the partner's own file, too.
    checkout.write(&format!("{FOLDER}/ousebridge_2022-Q3_return_findings.xlsx"), filled);
    let said = checkout.run(&["run", PIPELINE]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let kept = checkout.read("sample-data/wwri/2022-Q3-blocked/wwri-blocked.explanations.csv");
    assert!(kept.contains("ousebridge,participants,english-level-above-skills,"), "{kept}");
    assert!(kept.contains("checked-against-form") && kept.contains("RM,2022-10-04"), "{kept}");
    assert_eq!(count(&checkout, answer, "Put right or explained").as_deref(), Some("1"));
    assert_eq!(count(&checkout, answer, "New").as_deref(), Some("0"));
    // The same again adds nothing, and gives the same bytes.
    let before = std::fs::read(checkout.join(answer)).expect("written");
    assert_eq!(checkout.run(&["run", PIPELINE]).code, 0);
    assert_eq!(checkout.read("sample-data/wwri/2022-Q3-blocked/wwri-blocked.explanations.csv"), kept);
    assert_eq!(std::fs::read(checkout.join(answer)).expect("written"), before);
}

#[test]
fn an_explanation_typed_into_the_marked_up_workbook_does_so_too() {
    let checkout = Checkout::new();
    let partner = "code = \"ousebridge\"\n";
    checkout.edit(PIPELINE, partner, &format!("{partner}secure_transfer = true\n"));
    checkout.edit(PIPELINE, "partner_files = \"findings\"", "partner_files = \"marked-up\"");
    assert_eq!(checkout.run(&["run", PIPELINE]).code, 1);
    let file = "ousebridge_2022-Q3_return.xlsx";
    let marked = format!("private/wwri-blocked/2022-Q3/partners/ousebridge/{file}");
    let filled = explain(&checkout.join(&marked), "checked against form", "");
    checkout.write(&format!("{FOLDER}/{file}"), filled);
    let said = checkout.run(&["run", PIPELINE]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(count(&checkout, &marked, "Still open").as_deref(), Some("0"));
}

#[test]
fn an_explanation_that_holds_an_identifier_is_refused_with_its_place() {
    let checkout = Checkout::new();
    assert_eq!(checkout.run(&["run", PIPELINE]).code, 1);
    let answer = "out/wwri-blocked/2022-Q3/draft/partners/ousebridge/findings.xlsx";
    let filled = explain(&checkout.join(answer), "checked", "Write to someone@example.org");
    checkout.write(&format!("{FOLDER}/answer.xlsx"), filled);
    let said = checkout.run(&["run", PIPELINE]);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("answer.xlsx, Findings!I") && !said.err.contains("someone"), "{}", said.err);
}
