//! Whether JSON is `GeoJSON` (RFC 7946) or `TopoJSON`.

use serde_json::Value as Json;

/// Whether it is a geometry, a feature or a collection of features.
pub(crate) fn is_geojson(json: &Json) -> bool {
    match kind(json) {
        "Feature" => is_feature(json),
        "FeatureCollection" => all(json, "features", |json| kind(json) == "Feature" && is_feature(json)),
        _ => is_geometry(json),
    }
}

/// Whether it is a topology: named objects over shared arcs.
pub(crate) fn is_topojson(json: &Json) -> bool {
    kind(json) == "Topology"
        && json.get("objects").is_some_and(Json::is_object)
        && all(json, "arcs", |arc| is_nested(arc, 1))
}

fn kind(json: &Json) -> &str {
    json.get("type").and_then(Json::as_str).unwrap_or("")
}

fn all(json: &Json, name: &str, is_good: impl Fn(&Json) -> bool) -> bool {
    json.get(name).and_then(Json::as_array).is_some_and(|items| items.iter().all(is_good))
}

fn is_feature(json: &Json) -> bool {
    json.get("geometry").is_some_and(|geometry| geometry.is_null() || is_geometry(geometry))
        && json.get("properties").is_some_and(|properties| properties.is_null() || properties.is_object())
}

fn is_geometry(json: &Json) -> bool {
    let depth = match kind(json) {
        "Point" => 0,
        "MultiPoint" | "LineString" => 1,
        "Polygon" | "MultiLineString" => 2,
        "MultiPolygon" => 3,
        "GeometryCollection" => return all(json, "geometries", is_geometry),
        _ => return false,
    };
    json.get("coordinates").is_some_and(|coordinates| is_nested(coordinates, depth))
}

/// Positions inside as many lists.
fn is_nested(json: &Json, depth: u8) -> bool {
    let Some(items) = json.as_array() else { return false };
    if depth == 0 {
        // A geometry may be empty; a position has two numbers or more.
        return items.is_empty() || (items.len() >= 2 && items.iter().all(Json::is_number));
    }
    items.iter().all(|item| is_nested(item, depth - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: (bool, bool)) {
        let json: Json = serde_json::from_str(text).expect("JSON");
        assert_eq!((is_geojson(&json), is_topojson(&json)), expected, "{text}");
    }

    #[test]
    fn both_are_told_from_other_json() {
        let (neither, geojson, topojson) = ((false, false), (true, false), (false, true));
        check(r#"{"type":"Point","coordinates":[0.1,51.5]}"#, geojson);
        check(r#"{"type":"Point","coordinates":["0.1","51.5"]}"#, neither);
        check(r#"{"type":"Point","coordinates":[[0.1,51.5]]}"#, neither);
        check(r#"{"type":"Point"}"#, neither);
        check(r#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[0,0]]]}"#, geojson);
        check(r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,1]}]}"#, geojson);
        check(r#"{"type":"Feature","geometry":null,"properties":{}}"#, geojson);
        check(r#"{"type":"Feature","properties":{}}"#, neither);
        check(r#"{"type":"FeatureCollection","features":[]}"#, geojson);
        check(r#"{"type":"FeatureCollection","features":[{}]}"#, neither);
        check(r#"{"type":"Circle","coordinates":[0,1]}"#, neither);
        check(r#"{"type":"Topology","objects":{},"arcs":[[[0,0],[1,1]]]}"#, topojson);
        check(r#"{"type":"Topology","objects":{}}"#, neither);
        check("[]", neither);
    }
}
