//! Literals: numbers, and the texts that stand for dates and times where a date or time is compared.

use super::calendar;
use super::term::{Kind, Node, Term};
use jiff::Unit;
use jiff::civil::{DateTime, Time};

/// A text as a literal of another kind: `'2022-09-30'` beside a date is a date. `None` where the
/// text is none of that kind; only days and times are written as texts.
pub(super) fn text_as(text: &str, kind: Kind) -> Option<Node> {
    let value = match kind {
        Kind::Text => return Some(Node::new(Term::Text(text.to_owned()), kind)),
        Kind::Date => day(text)?,
        Kind::Month => day(&format!("{text}-01"))?,
        Kind::Datetime => moment(text)?,
        Kind::Time => time(text)?,
        _ => return None,
    };
    Some(Node::new(Term::Whole(value), kind))
}

/// How a literal of the kind is written.
pub(super) fn written(kind: Kind) -> &'static str {
    match kind {
        Kind::Date => "write dates as '2022-09-30'",
        Kind::Datetime => "write dates and times as '2022-09-30T14:30:00'",
        Kind::Time => "write times as '14:30:00'",
        Kind::Month => "write months as '2022-09'",
        Kind::Text => "write texts in single quotes",
        Kind::Boolean => "write true or false without quotes",
        Kind::Integer | Kind::Number | Kind::Year | Kind::Null => "write numbers without quotes",
    }
}

pub(super) fn number(text: &str) -> Option<Node> {
    if let Ok(whole) = text.parse() {
        return Some(Node::new(Term::Whole(whole), Kind::Integer));
    }
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(Node::new(Term::Number(number), Kind::Number))
}

fn day(text: &str) -> Option<i64> {
    // jiff also reads "20220930" and dates with a time behind them, which nobody means here.
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| plain).map(calendar::days)
}

fn moment(text: &str) -> Option<i64> {
    if let Some(days) = day(text) {
        return Some(days * calendar::DAY);
    }
    let moment: DateTime = text.parse().ok().filter(|_| text.is_ascii() && text.len() >= 16)?;
    Some(calendar::days(moment.date()) * calendar::DAY + since_midnight(moment.time()))
}

fn time(text: &str) -> Option<i64> {
    text.contains(':').then(|| text.parse().ok().map(since_midnight))?
}

fn since_midnight(time: Time) -> i64 {
    Time::midnight().until((Unit::Microsecond, time)).map_or(0, |span| span.get_microseconds())
}
