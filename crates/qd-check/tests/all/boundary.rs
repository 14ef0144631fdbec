//! What findings a schema and some rows give, and what the rows become.

use crate::common::{Case, chunk, judge, lines, schema};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Float64Type, Int64Type};
use qd_check::{Settings, format_fault, mistakes};
use qd_model::finding::ShowValues;
use qd_model::{Schema, Severity, Syntax};
use qd_table::{Stored, TextColumn};
use std::collections::BTreeMap;

#[track_caller]
fn check(toml: &str, csv: &str, expected: &[&str]) {
    let (_, _, found) = judge(toml, csv);
    assert_eq!(found, expected);
}

#[test]
fn a_blank_cell_is_no_finding_of_any_list_limit_or_form() {
    check(
        "[quarterday]\n[[fields]]\nname='a'\nconstraints={enum=['x'],pattern='x',minLength=1}\n[[fields]]\nname='b'\n",
        "a,b\n,1\nx,1\ny,1\n",
        &["4 A enum", "4 A pattern"],
    );
}

#[test]
fn text_is_missing_only_where_it_is_declared() {
    let field = "[[fields]]\nname='a'\nconstraints={required=true}\n";
    check(&format!("[quarterday]\n{field}"), "a\nn/a\n\"\"\n", &["3 A required"]);
    check(&format!("missingValues=['n/a','']\n[quarterday]\n{field}"), "a\nn/a\n N/A\n", &["2 A required"]);
}

#[test]
fn nothing_is_tidied_for_a_plain_schema() {
    let field = "[[fields]]\nname='a'\ntype='integer'\n";
    check(field, "a\n12\n\"12 \"\n\"\u{a0}12\"\n\u{661}\n", &["3 A type", "4 A type", "5 A type"]);
    check(&format!("[quarterday]\n{field}"), "a\n12\n\"12 \"\n\"\u{a0}12\"\n\u{661}\n", &[]);
    let blank = "missingValues=['NA']\n[[fields]]\nname='a'\ntype='integer'\n";
    check(blank, "a\nNA\n\"\"\n1\n", &["3 A type"]);
}

#[test]
fn a_bad_cell_hides_nothing_else_of_its_row() {
    check(
        "[quarterday]\n[[fields]]\nname='a'\ntype='date'\nconstraints={required=true,minimum='2020-01-01'}\n\
         [[fields]]\nname='b'\ntype='integer'\nconstraints={minimum=5,maximum=3}\n",
        "a,b\nnever,4\n2019-12-31,x\n,9\n",
        &["2 A type", "2 B maximum", "2 B minimum", "3 A minimum", "3 B type", "4 A required", "4 B maximum"],
    );
}

#[test]
fn every_row_of_a_group_is_named_and_unreadable_ones_are_not() {
    check(
        "primaryKey='b'\n[quarterday]\n[[fields]]\nname='a'\ntype='number'\nconstraints={unique=true}\n[[fields]]\nname='b'\n\
         quarterday={kind='nino'}\n",
        "a,b\n1,MW000001A\n1.0,mw 000001 a\nx,pending\nx,pending\n,\n",
        &[
            "2 A unique",
            "2 B primary-key",
            "3 A unique",
            "3 B primary-key",
            "4 A type",
            "4 B nino",
            "5 A type",
            "5 B nino",
            "6 B primary-key",
        ],
    );
}

#[test]
fn a_field_without_a_column_is_null_and_silent() {
    let toml = "primaryKey='b'\n[quarterday]\n[[fields]]\nname='a'\n[[fields]]\nname='b'\ntype='date'\nconstraints={required=true}\n";
    let (_, judged, found) = judge(toml, "other,a\nx,1\ny,2\n");
    assert_eq!(found, [""; 0]);
    assert_eq!(judged.typed.column(1).null_count(), 2);
    assert_eq!(judged.typed.column(0).as_string_view().value(1), "2");
}

#[test]
fn code_lists_are_exact_in_a_plain_schema_and_kind_in_ours() {
    let fields = "[[fields]]\nname='a'\ncategories=[{value='F',label='Female'},{value='M',label='Male'}]\n\
                  [[fields]]\nname='b'\ntype='integer'\ncategories=[{value=1,label='One'},{value=2,label='Two'}]\n";
    check(fields, "a,b\nF,1\nFemale,01\nf,One\nM,3\n", &["3 A enum", "4 A enum", "4 B type", "5 B enum"]);
    let (_, judged, found) = judge(&format!("[quarterday]\n{fields}"), "a,b\nF,1\nFEMALE,one\n male ,TWO\nX,3\n");
    assert_eq!(found, ["5 A enum", "5 B enum"]);
    let codes: Vec<_> = judged.typed.column(0).as_string_view().iter().collect();
    assert_eq!(codes, [Some("F"), Some("F"), Some("M"), None]);
    let numbers: Vec<_> = judged.typed.column(1).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(numbers, [Some(1), Some(1), Some(2), None]);
    let unreadable = judged.typed.unreadable[0].as_ref().expect("one is");
    assert_eq!(unreadable.iter().collect::<Vec<_>>(), [false, false, false, true]);
}

#[test]
fn a_limit_keeps_the_value_and_a_kind_does_not() {
    let toml = "[quarterday]\n[[fields]]\nname='a'\ntype='number'\nconstraints={maximum=1}\n[[fields]]\nname='b'\n\
                quarterday={kind='uk-postcode'}\n";
    let (_, judged, found) = judge(toml, "a,b\n2,b11aa\n1,B1\n");
    assert_eq!(found, ["2 A maximum", "3 B uk-postcode"]);
    assert_eq!(judged.typed.column(0).as_primitive::<Float64Type>().values().as_ref(), &[2.0, 1.0]);
    let postcodes: Vec<_> = judged.typed.column(1).as_string_view().iter().collect();
    assert_eq!(postcodes, [Some("B1 1AA"), None]);
    assert!(judged.typed.unreadable[0].is_none());
}

#[test]
fn yes_and_no_are_read_in_ours_unless_the_field_has_its_own_words() {
    let field = "[[fields]]\nname='a'\ntype='boolean'\n";
    check(field, "a\ntrue\nTRUE\n1\nyes\n", &["5 A type"]);
    check(&format!("[quarterday]\n{field}"), "a\nYES\nn\nTrue\n0\nmaybe\n", &["6 A type"]);
    check(
        &format!("[quarterday]\n{field}trueValues=['ja']\nfalseValues=['nein']\n"),
        "a\nja\nJA\nyes\n",
        &["3 A type", "4 A type"],
    );
}

#[test]
fn typed_cells_are_read_by_their_type() {
    let toml = "[quarterday]\n[[fields]]\nname='date'\ntype='date'\nformat='%d/%m/%Y'\n[[fields]]\nname='number'\ntype='number'\n\
                decimalChar=','\n[[fields]]\nname='text'\n[[fields]]\nname='flag'\ntype='boolean'\ntrueValues=['ja']\n";
    let headings = ["date", "number", "text", "flag"].map(str::to_owned);
    let case = Case::new(&schema(toml), &headings);
    let rows = [
        ["2022-09-30", "1.5", "12", "true"],
        ["2022-09-30T00:00:00", "1.5", "2022-09-30", "false"],
        ["2022-09-30T12:00:00", "2022-09-30", "#REF!", "#N/A"],
        ["44805", "true", "x", "x"],
    ];
    let mut chunk = chunk(&rows.map(|row| row.map(str::to_owned).to_vec()), 4);
    let stored = [
        [Stored::Date, Stored::Date, Stored::Date, Stored::Number],
        [Stored::Number, Stored::Number, Stored::Date, Stored::Boolean],
        [Stored::Number, Stored::Date, Stored::Error, Stored::Text],
        [Stored::Boolean, Stored::Boolean, Stored::Error, Stored::Text],
    ];
    for (column, stored) in chunk.columns.iter_mut().zip(stored) {
        *column = TextColumn { text: column.text.clone(), stored: Some(stored.to_vec()) };
    }
    let (judged, hits) = case.judge(&chunk);
    assert_eq!(
        lines(case.checker.faults(), &hits),
        ["4 A type", "4 B type", "4 C cell-error", "4 D cell-error", "5 A type", "5 B type", "5 D type"]
    );
    let day = qd_model::period::days(jiff::civil::date(2022, 9, 30));
    let dates: Vec<_> = judged.typed.column(0).as_primitive::<Date32Type>().iter().collect();
    assert_eq!(dates, [Some(day), Some(day), None, None]);
}

#[test]
fn a_column_with_nothing_to_change_is_the_same_column() {
    let toml = "[quarterday]\n[[fields]]\nname='a'\n[[fields]]\nname='b'\nquarterday={kind='nino'}\n";
    let case = Case::new(&schema(toml), &["a".to_owned(), "b".to_owned()]);
    let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
    let same = |rows: &[Vec<String>], column: usize| {
        let chunk = chunk(rows, 2);
        let (judged, _) = case.judge(&chunk);
        let (before, after) = (&chunk.columns[column].text, judged.typed.column(column).as_string_view());
        before.views().inner().as_ptr() == after.views().inner().as_ptr()
    };
    let good = [row("a text of more than twelve bytes", "MW000001A"), row("b", "MW000002A")];
    assert!(same(&good, 0) && same(&good, 1));
    let spaced = [good[0].clone(), row("b ", "mw000002a")];
    assert!(!same(&spaced, 0) && !same(&spaced, 1));
    let (judged, _) = case.judge(&chunk(&[good[0].clone(), row("", ""), row("c ", "")], 2));
    let texts: Vec<_> = judged.typed.column(0).as_string_view().iter().collect();
    assert_eq!(texts, [Some("a text of more than twelve bytes"), None, Some("c")]);
    assert_eq!(judged.tidied.into_iter().collect::<Vec<_>>(), [((0, "spaces"), 1)]);
}

#[test]
fn a_partners_format_and_a_pipelines_severity_are_used() {
    let schema = schema("[quarterday]\n[[fields]]\nname='a'\ntype='date'\nconstraints={minimum='2022-07-01'}\n");
    let case = Case::new(&schema, &["a".to_owned()]);
    let formats = [("a".to_owned(), "%m/%d/%Y".to_owned())];
    let severities = BTreeMap::from([("minimum".to_owned(), Severity::Query)]);
    let settings = Settings { formats: &formats, severities: &severities, show: ShowValues::Indirect };
    let checker = qd_check::Checker::new(&schema, &case.shape, &settings);
    let judged = checker.chunk(&chunk(&[vec!["06/30/2022".to_owned()], vec!["09/30/2022".to_owned()]], 1));
    assert_eq!(lines(checker.faults(), &judged.hits), ["2 A minimum"]);
    let fault = &checker.faults()[judged.hits[0].fault as usize];
    assert_eq!(fault.severity, Severity::Query);
    assert_eq!(&*fault.message, "The value under \"a\" is earlier than 1 July 2022");
    assert_eq!(judged.hits[0].evidence.as_ref().and_then(|evidence| evidence.shown()), Some("06/30/2022"));
    let field = &schema.fields[0];
    assert_eq!(format_fault(&schema, field, "%m/%d/%Y"), None);
    assert!(format_fault(&schema, field, "mm/dd/yyyy").is_some());
}

#[test]
fn identifiers_are_withheld_and_codes_of_no_class_are_shown() {
    let toml = "[quarterday]\n[[fields]]\nname='a'\nquarterday={kind='brp'}\n[[fields]]\nname='b'\ntype='integer'\n\
                constraints={unique=true}\nquarterday={class='none'}\n";
    let (case, judged, _) = judge(toml, "a,b\n123456789,7\nx,7\n");
    assert!(judged.hits.iter().all(|hit| hit.evidence.as_ref().is_some_and(|evidence| evidence.shown().is_none())));
    let faults: Vec<_> = judged.hits.iter().map(|hit| &case.checker.faults()[hit.fault as usize]).collect();
    assert_eq!(&*faults[0].message, "The value under \"a\" has nine digits and no letters, as a passport's number has");
    let keys = case.checker.keys(&[judged.keys]);
    assert!(keys.iter().all(|hit| hit.evidence.as_ref().and_then(|evidence| evidence.shown()) == Some("7")));
}

#[test]
fn lists_of_codes_are_named_up_to_eight() {
    let categories: Vec<String> = (0..10).map(|code| format!("{{value='{code}',label='label {code}'}}")).collect();
    let toml = format!("[quarterday]\n[[fields]]\nname='a'\ncategories=[{}]\n", categories.join(","));
    let (case, _, _) = judge(&toml, "a\n1\n");
    let fault = case.checker.faults().iter().find(|fault| &*fault.code == "enum").expect("it is asked for");
    assert!(
        fault.fix.starts_with("use one of \"0\" (label 0), ") && fault.fix.ends_with(" and 2 more"),
        "{}",
        fault.fix
    );
}

#[test]
fn foreign_keys_are_looked_up_across_tables_and_types() {
    let parent = schema("[quarterday]\n[[fields]]\nname='id'\ntype='integer'\n[[fields]]\nname='site'\n");
    let child = schema(
        "[quarterday]\n[[fields]]\nname='who'\n[[fields]]\nname='where'\n[[foreignKeys]]\nfields=['who','where']\n\
         reference={resource='people',fields=['id','site']}\n",
    );
    let typed = |schema, headings: [&str; 2], rows: &[[&str; 2]]| {
        let case = Case::new(schema, &headings.map(str::to_owned));
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        case.judge(&chunk(&rows, 2)).0.typed
    };
    let one = typed(&parent, ["id", "site"], &[["1", "n"], ["2", "n"]]);
    let two = typed(&parent, ["id", "site"], &[["1", "s"], ["", "s"]]);
    let rows = typed(&child, ["who", "where"], &[["1", "n"], ["1", "s"], ["2", "s"], ["", "x"], ["3", ""], ["9", "n"]]);
    let key = &child.foreign_keys[0];
    let rows = [rows];
    assert_eq!(qd_check::foreign_key(&child, key, &rows, &parent, &[&one, &two]), [4, 7]);
    assert_eq!(qd_check::foreign_key(&child, key, &rows, &parent, &[&one]), [3, 4, 7]);
    assert_eq!(qd_check::foreign_key(&child, key, &rows, &parent, &[]), [2, 3, 4, 7]);
}

#[test]
fn patterns_are_those_of_xml_schema_and_of_people_who_look_around() {
    check(
        "[[fields]]\nname='a'\nconstraints={pattern='(?!BG|GB)[A-Z]{2}[0-9]'}\n\
         [[fields]]\nname='b'\nconstraints={pattern='[a-z-[aeiou]]+'}\n",
        "a,b\nAB1,xyz\nBG1,xyz\nAB12,xyz\nAB1,xaz\n",
        &["3 A pattern", "4 A pattern", "5 B pattern"],
    );
}

#[test]
fn several_codes_in_one_cell_are_looked_up_one_by_one() {
    let toml = "[quarterday]\n[[fields]]\nname='a'\ntype='list'\ndelimiter=';'\n\
                categories=[{value='E',label='Employment'},{value='W',label='Well-being'}]\nconstraints={maxLength=2}\n";
    let (_, judged, found) = judge(toml, "a\nE;W\nemployment ; W\nE;X\nE;;W\nE;W;E\n");
    assert_eq!(found, ["4 A enum", "5 A enum", "6 A max-length"]);
    let codes: Vec<_> = judged.typed.column(0).as_string_view().iter().collect();
    assert_eq!(codes, [Some("E;W"), Some("E;W"), None, None, Some("E;W;E")]);
}

#[test]
fn entries_of_a_list_of_values_are_compared_as_what_they_mean() {
    check(
        "[[fields]]\nname='o'\ntype='object'\nconstraints={enum=[{a=1,b=2}]}\n\
         [[fields]]\nname='l'\ntype='list'\ndelimiter=';'\nitemType='integer'\nconstraints={enum=[[1,2],'3;4']}\n\
         [[fields]]\nname='d'\ntype='duration'\nconstraints={enum=['P1D']}\n",
        "o,l,d\n\"{\"\"b\"\":2,\"\"a\"\":1}\",1;2,PT24H\n\"{\"\"a\"\":1}\",01;2,P1D\n{},2;1,P2D\n",
        &["3 A enum", "4 A enum", "4 B enum", "4 C enum"],
    );
}

#[test]
fn mistakes_in_a_schema_are_placed() {
    let said = |field: &str| {
        let toml = format!("[quarterday]\n[[fields]]\nname='a'\n{field}\n");
        let schema = Schema::parse(&toml, Syntax::Toml, "table").expect("readable");
        mistakes(&schema)
            .iter()
            .map(|mistake| format!("{}: {}", mistake.at, mistake.what))
            .collect::<Vec<_>>()
            .join("; ")
    };
    for (field, expected) in [
        (
            "constraints={pattern='a(b'}",
            "line 4, column 22: `pattern` is not a regular expression that can be used: unclosed group",
        ),
        (
            "type='object'\nconstraints={jsonSchema={type='no such'}}",
            "line 5, column 25: `jsonSchema` cannot be used: ",
        ),
        (
            "type='array'\nconstraints={jsonSchema={'$ref'='https://example.org/other.json'}}",
            "`jsonSchema` cannot be used: ",
        ),
        ("constraints={jsonSchema={type='string'}}", "`jsonSchema` does not go with a field of type string"),
        ("constraints={pattern='a)(b'}", "line 4, column 22: `pattern` is not"),
        (
            "type='date'\nconstraints={minimum='soon'}",
            "line 5, column 22: `minimum` must be a date written as yyyy-mm-dd",
        ),
        ("constraints={maximum=5}", "line 4, column 22: `maximum` does not go with a field of type string"),
        (
            "type='integer'\nconstraints={enum=[1,'x']}",
            "line 5, column 19: `enum` has an entry that is not a whole number",
        ),
        ("type='integer'\nconstraints={minLength=1}", "`minLength` does not go with a field of type integer"),
        ("type='date'\nformat='dd/mm/yyyy'", "field `a`: the format names no part"),
        ("type='integer'\ncategories=['x']", "the category \"x\" of `a` is not a whole number"),
        ("categories=[{value='a',label='x'},{value='b',label='x'}]", "two categories of `a` have one label"),
    ] {
        assert!(said(field).contains(expected), "{field}: {}", said(field));
    }
    assert_eq!(said("type='number'\ndecimalChar=','\ngroupChar='.'\nconstraints={minimum=1.5}"), "");
}
