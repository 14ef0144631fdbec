//! Reading text, and the types of the standard that are kept as text.

use super::{Reader, geojson};
use crate::value::Value;
use qd_model::{Field, FieldType, kinds};
use serde_json::Value as Json;

/// What a text must be.
#[derive(Debug, Clone)]
pub(crate) enum Texts {
    /// Anything.
    Free,
    /// An e-mail address.
    Email,
    /// An address with a scheme.
    Uri,
    /// 32 hexadecimal digits with or without dashes.
    Uuid,
    /// Base64.
    Binary,
    /// JSON that begins a table.
    Object,
    /// JSON that begins a list.
    Array,
    /// Items between delimiters.
    List(Box<Reader>, String),
    /// ISO 8601, `P1Y2M`.
    Duration,
    /// Longitude and latitude.
    Geopoint(Geopoint),
    /// `GeoJSON`.
    Geojson,
    /// `TopoJSON`.
    Topojson,
}

/// How a point is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Geopoint {
    /// `lon, lat`.
    Text,
    /// `[lon, lat]`.
    Array,
    /// `{"lon": 1, "lat": 2}`.
    Object,
}

impl Texts {
    pub(crate) fn compile(field: &Field, is_ours: bool) -> Result<Self, String> {
        let format = field.format.as_deref();
        Ok(match field.field_type {
            FieldType::String => match format {
                Some("email") => Self::Email,
                Some("uri") => Self::Uri,
                Some("uuid") => Self::Uuid,
                Some("binary") => Self::Binary,
                _ => Self::Free,
            },
            FieldType::Object => Self::Object,
            FieldType::Array => Self::Array,
            FieldType::List => {
                let mut item = field.clone();
                (item.field_type, item.format) = (field.item_type, None);
                if item.field_type == FieldType::List {
                    return Err("a list of lists cannot be read".to_owned());
                }
                Self::List(Box::new(Reader::compile(&item, is_ours)?), field.delimiter.clone())
            }
            FieldType::Duration => Self::Duration,
            FieldType::Geojson if format == Some("topojson") => Self::Topojson,
            FieldType::Geojson => Self::Geojson,
            FieldType::Geopoint => Self::Geopoint(match format {
                Some("array") => Geopoint::Array,
                Some("object") => Geopoint::Object,
                _ => Geopoint::Text,
            }),
            _ => Self::Free,
        })
    }

    /// Whether a text can be read.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Free => true,
            Self::Email => kinds::by_name("email").is_some_and(|kind| kind.check(&kind.normalise(text)).is_ok()),
            Self::Uri => is_uri(text),
            Self::Uuid => is_uuid(text),
            Self::Binary => is_base64(text.as_bytes()),
            Self::Object => json(text).is_some_and(|json| json.is_object()),
            Self::Array => json(text).is_some_and(|json| json.is_array()),
            Self::List(item, delimiter) => {
                let read = |text: &str| item.read(if item.is_text() { text } else { text.trim() }).is_some();
                text.is_empty() || text.split(delimiter.as_str()).all(read)
            }
            Self::Duration => seconds(text).is_some(),
            Self::Geopoint(written) => point(*written, text).is_some(),
            Self::Geojson => json(text).is_some_and(|json| geojson::is_geojson(&json)),
            Self::Topojson => json(text).is_some_and(|json| geojson::is_topojson(&json)),
        }
    }

    /// Whether two texts of the type mean the same value: JSON is compared as JSON, lists item by item,
    /// durations and points by what they measure.
    pub(crate) fn same(&self, a: &str, b: &str) -> bool {
        if a == b {
            return true;
        }
        match self {
            Self::Object | Self::Array | Self::Geojson | Self::Topojson => {
                json(a).is_some_and(|a| json(b).is_some_and(|b| a == b))
            }
            Self::List(item, delimiter) => {
                let (a, b) = (items(a, delimiter), items(b, delimiter));
                let same = |(a, b): (&String, &String)| a == b || item.read(a).is_some_and(|a| item.read(b) == Some(a));
                a.len() == b.len() && a.iter().zip(&b).all(same)
            }
            Self::Duration => seconds(a).is_some_and(|a| seconds(b) == Some(a)),
            Self::Geopoint(written) => point(*written, a).is_some_and(|a| point(*written, b).is_some_and(|b| a == b)),
            _ => false,
        }
    }

    /// One text for all that mean the same value ([`Texts::same`]), by which equal rows find each other.
    pub(crate) fn canonical(&self, text: &str) -> Option<String> {
        Some(match self {
            Self::Object | Self::Array | Self::Geojson | Self::Topojson => in_order(json(text)?).to_string(),
            Self::List(item, delimiter) => {
                let plain = |part: &str| match item.read(part.trim()) {
                    Some(Value::Text(_)) | None => part.to_owned(),
                    Some(value) => format!("{value:?}"),
                };
                let items: Vec<String> = text.split(delimiter.as_str()).map(plain).collect();
                items.join(delimiter)
            }
            Self::Duration => seconds(text)?.to_string(),
            Self::Geopoint(written) => {
                let (longitude, latitude) = point(*written, text)?;
                format!("{},{}", longitude + 0.0, latitude + 0.0)
            }
            Self::Free | Self::Email | Self::Uri | Self::Uuid | Self::Binary => return None,
        })
    }

    /// How many items a text holds, or characters where it is no collection.
    pub(crate) fn length(&self, text: &str) -> usize {
        match self {
            Self::Object => json(text).and_then(|json| Some(json.as_object()?.len())).unwrap_or(0),
            Self::Array => json(text).and_then(|json| Some(json.as_array()?.len())).unwrap_or(0),
            Self::List(..) if text.is_empty() => 0,
            Self::List(_, delimiter) => text.split(delimiter.as_str()).count(),
            _ if text.is_ascii() => text.len(),
            _ => text.chars().count(),
        }
    }

    pub(crate) fn expects(&self, field: &Field) -> String {
        match self {
            Self::Email => "an e-mail address".to_owned(),
            Self::Uri => "an address that begins with its scheme, such as https://".to_owned(),
            Self::Uuid => "a UUID".to_owned(),
            Self::Binary => "Base64".to_owned(),
            Self::Topojson => "TopoJSON".to_owned(),
            Self::List(..) => format!("a list of items between \"{}\"", field.delimiter),
            Self::Duration => "a duration such as P1Y6M".to_owned(),
            _ => field.field_type.noun().to_owned(),
        }
    }
}

/// The items of a list, which a schema file may also write as JSON.
fn items(text: &str, delimiter: &str) -> Vec<String> {
    let written = text.starts_with('[').then(|| json(text)).flatten();
    if let Some(Json::Array(items)) = written {
        let plain = |item: Json| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
        return items.into_iter().map(plain).collect();
    }
    if text.is_empty() { Vec::new() } else { text.split(delimiter).map(str::to_owned).collect() }
}

pub(crate) fn json(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

/// The same JSON with the names of each object in order.
fn in_order(json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(in_order).collect()),
        Json::Object(entries) => {
            let mut entries: Vec<(String, Json)> =
                entries.into_iter().map(|(name, value)| (name, in_order(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect())
        }
        other => other,
    }
}

fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && !rest.is_empty()
            && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
    })
}

fn is_uuid(text: &str) -> bool {
    let digits = text.bytes().filter(|byte| *byte != b'-');
    digits.clone().count() == 32
        && digits.clone().all(|byte| byte.is_ascii_hexdigit())
        && (text.len() == 32 || (text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-')))
}

fn is_base64(bytes: &[u8]) -> bool {
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    bytes.len().is_multiple_of(4)
        && padding <= 2
        && bytes[..bytes.len() - padding].iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))
}

/// Longitude and latitude, within their limits.
fn point(written: Geopoint, text: &str) -> Option<(f64, f64)> {
    let (longitude, latitude): (f64, f64) = match written {
        Geopoint::Text => {
            let (longitude, latitude) = text.split_once(',')?;
            (longitude.trim().parse().ok()?, latitude.trim().parse().ok()?)
        }
        Geopoint::Array => match json(text)?.as_array()?.as_slice() {
            [longitude, latitude] => (as_number(longitude)?, as_number(latitude)?),
            _ => return None,
        },
        Geopoint::Object => {
            let json = json(text)?;
            (as_number(json.get("lon")?)?, as_number(json.get("lat")?)?)
        }
    };
    (longitude.abs() <= 180.0 && latitude.abs() <= 90.0).then_some((longitude, latitude))
}

fn as_number(json: &Json) -> Option<f64> {
    json.as_f64().or_else(|| json.as_str()?.parse().ok())
}

/// The length of an ISO 8601 duration in seconds. A year counts as 365.2425 days and a month as its
/// twelfth part, which is near enough to order durations.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    const DAY: f64 = 86_400.0;
    const DATE: [(u8, f64); 4] =
        [(b'Y', 365.2425 * DAY), (b'M', 365.2425 * DAY / 12.0), (b'W', 7.0 * DAY), (b'D', DAY)];
    const TIME: [(u8, f64); 3] = [(b'H', 3600.0), (b'M', 60.0), (b'S', 1.0)];
    let (sign, rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let rest = rest.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    if (date.is_empty() && time.is_none()) || time == Some("") {
        return None;
    }
    Some(sign * (units(date, &DATE)? + units(time.unwrap_or(""), &TIME)?))
}

fn units(mut text: &str, units: &[(u8, f64)]) -> Option<f64> {
    let mut total = 0.0;
    for (letter, size) in units {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        if text.as_bytes().get(end) == Some(letter) {
            total += text[..end].parse::<f64>().ok()? * size;
            text = &text[end + 1..];
        }
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_form_are_told_from_others() {
        let point = |written| move |text: &str| Texts::Geopoint(written).accepts(text);
        for (good, bad, accepts) in [
            ("https://example.org/a", "example org", &(|text: &str| Texts::Uri.accepts(text)) as &dyn Fn(&str) -> bool),
            ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810", &|text| Texts::Uuid.accepts(text)),
            ("YWJj", "YWJ", &|text| Texts::Binary.accepts(text)),
            ("{\"a\":1}", "[1]", &|text| Texts::Object.accepts(text)),
            ("[1]", "{", &|text| Texts::Array.accepts(text)),
            ("P1Y2M3DT4H5M6.5S", "P", &|text| Texts::Duration.accepts(text)),
            ("PT1M", "P1S", &|text| Texts::Duration.accepts(text)),
            ("-0.1, 51.5", "181,0", &point(Geopoint::Text)),
            ("[-0.1,51.5]", "[1]", &point(Geopoint::Array)),
            ("{\"lon\":1,\"lat\":2}", "{\"lon\":1}", &point(Geopoint::Object)),
            ("{\"type\":\"Point\",\"coordinates\":[1,2]}", "{}", &|text| Texts::Geojson.accepts(text)),
        ] {
            assert!(accepts(good), "{good}");
            assert!(!accepts(bad), "{bad}");
        }
        assert!(seconds("P1M") > seconds("P4W"));
    }

    #[test]
    fn texts_of_one_value_are_one_text() {
        for (texts, a, b) in [
            (Texts::Object, "{\"a\":1,\"b\":[{\"d\":1,\"c\":2}]}", "{ \"b\": [{\"c\":2,\"d\":1}], \"a\": 1 }"),
            (Texts::Duration, "P1D", "PT24H"),
            (Texts::Geopoint(Geopoint::Text), "-0,1", "0.0, 1.00"),
            (
                Texts::List(Box::new(Reader::Integer(crate::read::number::Integers::PLAIN)), ";".to_owned()),
                "1;02",
                "01; 2",
            ),
        ] {
            assert_eq!(texts.canonical(a), texts.canonical(b), "{a} {b}");
            assert!(texts.canonical(a).is_some());
        }
        assert_eq!(Texts::Free.canonical("a"), None);
        assert_ne!(Texts::Array.canonical("[1,2]"), Texts::Array.canonical("[2,1]"));
    }
}
