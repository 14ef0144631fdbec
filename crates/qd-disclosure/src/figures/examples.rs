//! The rules of bodies that publish them, on tables small enough to follow by eye.

use super::{Figure, Figures, Narrow, Range, Reach, Relation, Shown, Standing, audit, release, suppress};
use qd_model::pipeline::{CountRule, Totals, Zeros};

/// Office for National Statistics: under 10 suppressed, the rest to the nearest 5.
const ONS: CountRule = CountRule { threshold: 10, rounding: 5, zeros: Zeros::Show, totals: Totals::Rounded };
/// UK Longitudinal Linkage Collaboration: nothing under 10, nought among it; what is shown is exact.
const UK_LLC: CountRule = CountRule { threshold: 10, rounding: 1, zeros: Zeros::Suppress, totals: Totals::Rounded };
/// The `OpenSAFELY` service: 7 or fewer redacted, the rest to the nearest 5, totals added up again.
const OPENSAFELY: CountRule = CountRule { threshold: 8, rounding: 5, zeros: Zeros::Show, totals: Totals::Recalculated };
/// Department for Education: to the nearest 10, with a sign for what that makes nought.
const DFE: CountRule = CountRule { threshold: 0, rounding: 10, zeros: Zeros::Show, totals: Totals::Rounded };
/// Exact, but for small ones.
const EXACT: CountRule = CountRule { threshold: 10, rounding: 1, zeros: Zeros::Show, totals: Totals::Rounded };

fn open(count: u64, rule: CountRule) -> Figure {
    Figure { count, standing: Standing::Open(rule), known: Range::ANY }
}

/// A row of parts with their total first.
fn row(counts: &[u64], rule: CountRule) -> Figures {
    let figures = counts.iter().map(|count| open(*count, rule)).collect();
    let parts = (1..counts.len()).collect();
    Figures { figures, relations: vec![Relation::Sum { total: 0, parts }], ..Figures::default() }
}

/// A table with its margins: rows of cells, each with its total at the end, the last row all totals.
fn table(cells: &[&[u64]], rule: CountRule) -> Figures {
    let width = cells[0].len();
    let figures: Vec<Figure> = cells.iter().flat_map(|row| row.iter().map(|count| open(*count, rule))).collect();
    let mut relations = Vec::new();
    for line in 0..cells.len() {
        let parts = (0..width - 1).map(|column| line * width + column).collect();
        relations.push(Relation::Sum { total: line * width + width - 1, parts });
    }
    for column in 0..width {
        let parts = (0..cells.len() - 1).map(|line| line * width + column).collect();
        relations.push(Relation::Sum { total: (cells.len() - 1) * width + column, parts });
    }
    let figures = Figures { figures, relations, ..Figures::default() };
    assert!(figures.relations.iter().all(|relation| figures.holds(relation)), "the margins add up");
    figures
}

fn signs(figures: &Figures) -> Vec<String> {
    let released = release(figures).expect("what is shown is safe");
    released.signs().iter().map(Shown::to_string).collect()
}

#[test]
fn each_body_s_rule_makes_of_single_counts_what_it_publishes() {
    let check = |rule: CountRule, counts: &[u64], expected: &[&str]| {
        for (count, expected) in counts.iter().zip(expected) {
            let figures = Figures { figures: vec![open(*count, rule)], ..Figures::default() };
            assert_eq!(signs(&figures), [*expected], "{count} under {rule:?}");
        }
    };
    check(ONS, &[0, 1, 9, 10, 12, 13, 47, 1796], &["0", "[c]", "[c]", "10", "10", "15", "45", "1,795"]);
    check(UK_LLC, &[0, 9, 10, 11], &["[c]", "[c]", "10", "11"]);
    check(OPENSAFELY, &[0, 7, 8, 12, 13], &["0", "[c]", "10", "10", "15"]);
    check(DFE, &[0, 4, 5, 14, 15], &["0", "[low]", "10", "10", "20"]);
}

#[test]
fn one_small_count_of_a_row_takes_a_second_with_it() {
    // Exact figures: 30 - 14 would give the 3 away, so the smallest other one goes.
    assert_eq!(signs(&row(&[31, 14, 14, 3], EXACT)), ["31", "[c]", "14", "[c]"]);
    // Rounding to 5 blurs the same row enough by itself.
    assert_eq!(signs(&row(&[204, 75, 75, 50, 4], ONS)), ["205", "75", "75", "50", "[c]"]);
    // Two small ones whose sum is known are as open as the sum leaves them: 2 is both of them one.
    assert_eq!(signs(&row(&[32, 30, 1, 1], EXACT))[1..].iter().filter(|sign| *sign == "[c]").count(), 3);
}

#[test]
fn two_or_more_cells_go_in_each_row_and_column() {
    let figures = table(&[&[20, 31, 45, 96], &[4, 28, 33, 65], &[25, 41, 50, 116], &[49, 100, 128, 277]], UK_LLC);
    let signs = signs(&figures);
    for line in 0..3 {
        let hidden = |cells: Vec<&String>| cells.iter().filter(|sign| **sign == "[c]").count();
        assert_ne!(hidden(signs[line * 4..line * 4 + 4].iter().collect()), 1, "row {line}: {signs:?}");
        assert_ne!(hidden((0..4).map(|row| &signs[row * 4 + line]).collect()), 1, "column {line}: {signs:?}");
    }
    assert_eq!(signs[4], "[c]");
}

#[test]
fn totals_are_added_up_again_after_redaction() {
    assert_eq!(signs(&row(&[106, 61, 42, 3], OPENSAFELY)), ["100", "60", "40", "[c]"]);
    // Where nothing is left to add, there is no total.
    assert_eq!(signs(&row(&[12, 6, 6], OPENSAFELY)), ["[c]", "[c]", "[c]"]);
}

#[test]
fn a_grand_total_adds_up_down_and_across() {
    let figures = table(&[&[20, 31, 51], &[4, 28, 32], &[24, 59, 83]], OPENSAFELY);
    assert_eq!(signs(&figures), ["20", "30", "50", "[c]", "30", "30", "20", "60", "80"]);
    // A margin of which nothing is shown takes no part in it, since the grand total would tell it.
    let figures = table(&[&[20, 31, 51], &[6, 5, 11], &[26, 36, 62]], OPENSAFELY);
    assert_eq!(signs(&figures), ["20", "30", "50", "[c]", "[c]", "[c]", "20", "30", "50"]);
}

#[test]
fn the_parts_of_a_small_total_do_not_tell_it() {
    // Nine categories with somebody in each would make a total below ten nine exactly.
    let figures = row(&[9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0], EXACT);
    assert!(signs(&figures).iter().all(|sign| sign == "[c]"));
}

#[test]
fn strands_overlap_and_are_never_added_up() {
    // 40 people, 35 in one strand and 8 in the other: at least 5 of the 8 follow from the total.
    let strands = |rule| Figures {
        figures: [40, 35, 8].map(|count| open(count, rule)).to_vec(),
        relations: vec![
            Relation::Overlap { total: 0, parts: vec![1, 2] },
            Relation::Within { part: 1, whole: 0 },
            Relation::Within { part: 2, whole: 0 },
        ],
        ..Figures::default()
    };
    assert_eq!(signs(&strands(EXACT)), ["40", "[c]", "[c]"]);
    assert_eq!(signs(&strands(ONS)), ["40", "35", "[c]"]);
}

#[test]
fn a_structural_nought_is_known_to_be_one() {
    let mut figures = row(&[64, 61, 3, 0], EXACT);
    figures.figures[3].standing = Standing::NotApplicable;
    assert_eq!(signs(&figures), ["64", "[c]", "[c]", "[z]"]);
}

#[test]
fn cumulative_figures_may_not_be_subtracted() {
    // 50 people up to the last period, released exactly; 53 up to this one, of whom 3 are new.
    let mut figures = Figures { figures: [53, 50].map(|count| open(count, EXACT)).to_vec(), ..Figures::default() };
    figures.figures[1] = Figure { count: 50, standing: Standing::Settled, known: Range::of(50, 50) };
    figures.relations.push(Relation::Within { part: 1, whole: 0 });
    assert_eq!(signs(&figures), ["[c]", "[c]"]);
    let mut rounded = figures.clone();
    rounded.figures[0].standing = Standing::Open(ONS);
    rounded.figures[1].known = Shown::Number(50).range(&ONS);
    assert_eq!(signs(&rounded)[0], "55");
}

#[test]
fn versions_may_not_be_subtracted() {
    let version = |rule, known| Figures {
        figures: vec![open(41, rule), Figure { count: 40, standing: Standing::Settled, known }],
        relations: Vec::new(),
        pairs: vec![(0, 1)],
        ..Figures::default()
    };
    assert_eq!(signs(&version(EXACT, Range::of(40, 40)))[0], "[c]");
    assert_eq!(signs(&version(ONS, Shown::Number(40).range(&ONS)))[0], "40");
}

#[test]
fn the_audit_finds_what_a_careless_hand_leaves_open() {
    let figures = row(&[31, 14, 14, 3], EXACT);
    let shown = [Shown::Number(31), Shown::Number(14), Shown::Number(14), Shown::Small];
    let narrow = Narrow { figure: 3, less: None, declared: (1, 9), found: (3, 3) };
    assert_eq!(audit(&figures, &shown), [narrow]);
    let shown = [Shown::Number(30), Shown::Number(15), Shown::Number(15), Shown::Small];
    let figures = row(&[31, 14, 14, 3], ONS);
    assert_eq!(audit(&figures, &shown), [Narrow { found: (1, 6), ..narrow }]);
}

#[test]
fn what_earlier_releases_settled_cannot_be_hidden_again() {
    // Both the total and the large part are out already: the small part is lost, and the audit says so.
    let mut figures = row(&[31, 28, 3], EXACT);
    figures.figures[0].known = Range::of(31, 31);
    figures.figures[1].known = Range::of(28, 28);
    let shown = suppress(&figures, Reach::All);
    assert_eq!(audit(&figures, &shown), [Narrow { figure: 2, less: None, declared: (1, 9), found: (3, 3) }]);
}

const UNDER_THREE: CountRule = CountRule { threshold: 3, ..EXACT };

/// All people, those of one kind and of the other, those of each strand, and then by kind and strand. The
/// strands cover everybody of whom they are said to overlap.
fn kinds_by_strands(counts: [u64; 9], overlaps: &[(usize, [usize; 2])]) -> Figures {
    let sums = [(0, [1, 2]), (3, [5, 7]), (4, [6, 8])];
    let within = [(3, 0), (4, 0), (5, 1), (6, 1), (7, 2), (8, 2)];
    let sums = sums.into_iter().map(|(total, parts)| Relation::Sum { total, parts: parts.to_vec() });
    let overlaps = overlaps.iter().map(|(total, parts)| Relation::Overlap { total: *total, parts: parts.to_vec() });
    let within = within.into_iter().map(|(part, whole)| Relation::Within { part, whole });
    let figures = Figures {
        figures: counts.map(|count| open(count, UNDER_THREE)).to_vec(),
        relations: sums.chain(overlaps).chain(within).collect(),
        ..Figures::default()
    };
    assert!(figures.relations.iter().all(|relation| figures.holds(relation)));
    figures
}

#[test]
fn a_nought_among_the_strands_of_a_small_total_does_not_tell_it() {
    // Five people of one kind and one of another, by two strands: that one person's only strand follows
    // from the other's nought, unless it is suppressed too.
    let overlaps = [(0, [3, 4]), (1, [5, 6]), (2, [7, 8])];
    let figures = kinds_by_strands([6, 5, 1, 5, 2, 5, 1, 0, 1], &overlaps);
    assert_eq!(signs(&figures)[7], "[c]");
}

#[test]
fn a_nought_that_leaves_a_small_count_no_room_is_suppressed_with_the_noughts_it_is_made_of() {
    // Two people of one kind, of whom one is in the second strand, and one of another, who is in it too.
    // Nobody in the first strand: so the other kind's is in the second, and of the two there one of each.
    let figures = kinds_by_strands([3, 2, 1, 0, 2, 0, 1, 0, 1], &[(2, [7, 8])]);
    let shown = suppress(&figures, Reach::People);
    assert_eq!(audit(&figures, &shown), [Narrow { figure: 6, less: None, declared: (1, 2), found: (1, 1) }]);
    assert_eq!(signs(&figures), ["3", "[c]", "[c]", "[c]", "[c]", "[c]", "[c]", "[c]", "[c]"]);
    // That costs less than a rule by which every nought is suppressed, and guarded: there the total goes too.
    let mut suppressed = figures.clone();
    for figure in &mut suppressed.figures {
        figure.standing = Standing::Open(CountRule { zeros: Zeros::Suppress, ..UNDER_THREE });
    }
    assert!(signs(&suppressed).iter().all(|sign| sign == "[c]"));
}

#[test]
fn only_what_was_sent_before_can_keep_a_table_from_being_shown() {
    // The same two tables, with nothing out and with the exact total and its large part out.
    let figures = row(&[31, 28, 3], EXACT);
    assert!(release(&figures).is_ok());
    let mut sent = figures;
    sent.figures[0].known = Range::of(31, 31);
    assert!(release(&sent).is_ok());
    sent.figures[1].known = Range::of(28, 28);
    let narrow = Narrow { figure: 2, less: None, declared: (1, 9), found: (3, 3) };
    assert_eq!(release(&sent).unwrap_err(), [narrow]);
}
