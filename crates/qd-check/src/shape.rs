//! Regular expressions over plain ASCII as a table of states: the shapes of identifiers, postcodes and
//! addresses, which are the commonest patterns of all, are decided in a step or two a byte.

use regex_syntax::hir::{Class, Hir, HirKind};
use std::collections::BTreeMap;

/// A table of states for a whole text. Where an expression cannot be one, [`Shape::compile`] answers
/// nothing, and the expression itself is used.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Bytes that no state tells apart share a class.
    class_of: [u8; 256],
    classes: usize,
    /// The next state, by state and class. State 0 is where nothing can match any more.
    next: Vec<u8>,
    accepts: Vec<bool>,
    start: u8,
}

/// A set of bytes.
type Bytes = [bool; 256];

/// A state of the expression as it is written.
enum Node {
    /// One byte of a set, then another node.
    Byte(Box<Bytes>, usize),
    /// Any of these nodes, without a byte.
    Any(Vec<usize>),
    /// The end of a match.
    End,
}

/// Above this an expression stays an expression.
const MOST_NODES: usize = 400;

impl Shape {
    /// The table of an expression that must fit a whole text.
    pub(crate) fn compile(pattern: &str) -> Option<Self> {
        let hir = regex_syntax::parse(pattern).ok()?;
        let mut nodes = vec![Node::End];
        let start = build(&hir, 0, &mut nodes)?;
        Self::of_nodes(&nodes, start)
    }

    /// Whether a whole text fits.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let mut state = usize::from(self.start);
        for byte in text.bytes() {
            state = usize::from(self.next[state * self.classes + usize::from(self.class_of[usize::from(byte)])]);
            if state == 0 {
                return false;
            }
        }
        self.accepts[state]
    }

    fn of_nodes(nodes: &[Node], start: usize) -> Option<Self> {
        let (class_of, examples) = classes(nodes);
        let mut known: BTreeMap<Vec<usize>, u8> = BTreeMap::new();
        let mut open: Vec<Vec<usize>> = vec![Vec::new(), closure(nodes, [start])];
        known.insert(Vec::new(), 0);
        known.insert(open[1].clone(), 1);
        let (mut next, mut accepts) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(set) = open.get(at).cloned() {
            accepts.push(set.iter().any(|node| matches!(nodes[*node], Node::End)));
            for example in &examples {
                let moved = set.iter().filter_map(|node| match &nodes[*node] {
                    Node::Byte(bytes, then) if bytes[usize::from(*example)] => Some(*then),
                    _ => None,
                });
                let moved = closure(nodes, moved);
                let count = known.len();
                let state = *known.entry(moved.clone()).or_insert(u8::try_from(count).ok()?);
                if usize::from(state) == open.len() {
                    open.push(moved);
                }
                next.push(state);
            }
            at += 1;
        }
        Some(Self { class_of, classes: examples.len(), next, accepts, start: 1 })
    }
}

/// Adds the nodes of an expression that goes on to `then`; answers the first. Nothing where the
/// expression looks around itself or names other than ASCII characters.
fn build(hir: &Hir, then: usize, nodes: &mut Vec<Node>) -> Option<usize> {
    if nodes.len() > MOST_NODES {
        return None;
    }
    match hir.kind() {
        HirKind::Empty => Some(then),
        HirKind::Literal(literal) => literal.0.iter().rev().try_fold(then, |then, byte| {
            let mut bytes = [false; 256];
            bytes[usize::from(*byte)] = true;
            Some(push(nodes, Node::Byte(Box::new(bytes), then)))
        }),
        HirKind::Class(class) => {
            let bytes = ascii(class)?;
            Some(push(nodes, Node::Byte(Box::new(bytes), then)))
        }
        HirKind::Look(_) => None,
        HirKind::Capture(capture) => build(&capture.sub, then, nodes),
        HirKind::Concat(parts) => parts.iter().rev().try_fold(then, |then, part| build(part, then, nodes)),
        HirKind::Alternation(parts) => {
            let ways = parts.iter().map(|part| build(part, then, nodes)).collect::<Option<Vec<usize>>>()?;
            Some(push(nodes, Node::Any(ways)))
        }
        HirKind::Repetition(repetition) => {
            let mut first = if let Some(max) = repetition.max {
                (repetition.min..max).try_fold(then, |rest, _| {
                    let once = build(&repetition.sub, rest, nodes)?;
                    Some(push(nodes, Node::Any(vec![once, then])))
                })?
            } else {
                // A loop: the way back is known only once the part itself is there.
                let again = push(nodes, Node::Any(Vec::new()));
                let once = build(&repetition.sub, again, nodes)?;
                nodes[again] = Node::Any(vec![once, then]);
                again
            };
            for _ in 0..repetition.min {
                first = build(&repetition.sub, first, nodes)?;
            }
            Some(first)
        }
    }
}

fn push(nodes: &mut Vec<Node>, node: Node) -> usize {
    nodes.push(node);
    nodes.len() - 1
}

/// A class of ASCII characters only.
fn ascii(class: &Class) -> Option<Bytes> {
    let mut bytes = [false; 256];
    let mut add = |from: u32, to: u32| {
        if to > 0x7f {
            return None;
        }
        bytes[from as usize..=to as usize].fill(true);
        Some(())
    };
    match class {
        Class::Unicode(class) => class.iter().try_for_each(|range| add(range.start().into(), range.end().into()))?,
        Class::Bytes(class) => class.iter().try_for_each(|range| add(range.start().into(), range.end().into()))?,
    }
    Some(bytes)
}

/// All nodes that are reached without a byte, in rising order; only those that read one or end.
fn closure(nodes: &[Node], from: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut seen = vec![false; nodes.len()];
    let mut left: Vec<usize> = from.into_iter().collect();
    while let Some(node) = left.pop() {
        if !std::mem::replace(&mut seen[node], true)
            && let Node::Any(ways) = &nodes[node]
        {
            left.extend(ways);
        }
    }
    (0..nodes.len()).filter(|node| seen[*node] && !matches!(nodes[*node], Node::Any(_))).collect()
}

/// The class of each byte, and one byte of each class.
fn classes(nodes: &[Node]) -> ([u8; 256], Vec<u8>) {
    let sets: Vec<&Bytes> =
        nodes.iter().filter_map(|node| if let Node::Byte(bytes, _) = node { Some(&**bytes) } else { None }).collect();
    let mut known: BTreeMap<Vec<bool>, u8> = BTreeMap::new();
    let mut examples = Vec::new();
    let class_of = std::array::from_fn(|byte| {
        let signature = sets.iter().map(|set| set[byte]).collect();
        // There are at most as many classes as bytes, so that the last one still has a number.
        *known.entry(signature).or_insert_with(|| {
            examples.push(byte as u8);
            (examples.len() - 1) as u8
        })
    });
    (class_of, examples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    const PATTERNS: [&str; 12] = [
        "[A-Z]{2}[0-9]{7}",
        "[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}",
        "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,}",
        "([ACEHJLMOPRSWXY][A-CEGHJ-NPR-TW-Z]|B[A-CEHJ-NPR-TW-Z]|N[A-CEGHJLMNPRSW-Z])[0-9]{6}[A-D]",
        "a|b|",
        "(ab)*c?",
        "(a|ab)(c|bcd)(d*)",
        "(a*)*",
        "((a|b){2,3}){1,2}",
        "(?i)ref-[a-f0-9]{2,}",
        "0|[1-9][0-9]{0,3}",
        "",
    ];

    #[test]
    fn patterns_of_other_than_ascii_stay_expressions() {
        for pattern in [".", r"\d+", "[^a]", "^a$", r"\bword\b"] {
            assert!(Shape::compile(pattern).is_none(), "{pattern}");
        }
        assert!(Shape::compile("[ab]{300}[a-z]{200}").is_none(), "too large");
        assert!(Shape::compile("[01]*1[01]{9}").is_none(), "too many states");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_shape_decides_as_its_expression_does(
            pattern in prop::sample::select(PATTERNS.to_vec()),
            text in "[a-dA-Z0-9@. é-]{0,12}|[A-Z]{1,2}[0-9]{1,7}[A-D]?|[A-Z]{1,2}[0-9]{1,2} ?[0-9][A-Z]{2}|[a-d]{0,8}|[a-z.]{1,5}@[a-z.]{1,8}|REF-[a-f0-9]{1,4}",
        ) {
            let shape = Shape::compile(pattern).expect("ASCII");
            let regex = Regex::new(&format!("\\A(?:{pattern})\\z")).expect("good");
            prop_assert_eq!(shape.fits(&text), regex.is_match(&text), "{} {}", pattern, text);
        }

        #[test]
        fn any_expression_decides_alike(
            pattern in "((a|b|[a-c]|(ab?|c))([*+?]|\\{1,2\\})?){1,5}",
            text in "[a-d]{0,9}",
        ) {
            let Some(shape) = Shape::compile(&pattern) else { return Ok(()) };
            let regex = Regex::new(&format!("\\A(?:{pattern})\\z")).expect("good");
            prop_assert_eq!(shape.fits(&text), regex.is_match(&text), "{} {}", pattern, text);
        }
    }
}
