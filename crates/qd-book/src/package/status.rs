//! What a workbook that somebody else laid out says of itself in its properties, where nothing of it is seen
//! on its sheets.

use super::archive::Archive;
use super::relations::Relations;
use crate::error::BookError;
use crate::pack::Pack;

/// The workbook with a status among its properties ("Draft"), which file managers and office programs show.
/// Every other part stays as it is packed. One that has no properties is left as it is.
pub fn with_status(bytes: Vec<u8>, status: &str) -> Result<Vec<u8>, BookError> {
    let mut archive = Archive::open(bytes.clone())?;
    let relations = Relations::of("", archive.bytes("_rels/.rels").as_deref())?;
    let path = relations.of_kind("core-properties");
    let part = path.as_ref().and_then(|path| archive.bytes(path)).and_then(|part| String::from_utf8(part).ok());
    let (Some(path), Some(changed)) = (path, part.and_then(|part| stated(&part, status))) else { return Ok(bytes) };
    let mut out = Pack::default();
    for index in 0..archive.len() {
        let name = archive.name(index);
        if name.eq_ignore_ascii_case(&path) {
            out.put(&name, changed.as_bytes())?;
        } else if !name.ends_with('/') {
            archive.copy_packed(index, &mut out)?;
        }
    }
    out.finish()
}

/// The properties with a status, in place of one that is there.
fn stated(part: &str, status: &str) -> Option<String> {
    let end = part.rfind("coreProperties>")?;
    let close = part[..end].rfind("</")?;
    let prefix = &part[close + 2..end];
    let (open, shut) = (format!("<{prefix}contentStatus>"), format!("</{prefix}contentStatus>"));
    let own = format!("{open}{status}{shut}");
    if let (Some(from), Some(to)) = (part.find(&open), part.find(&shut)) {
        return Some(format!("{}{own}{}", &part[..from], &part[to + shut.len()..]));
    }
    Some(format!("{}{own}{}", &part[..close], &part[close..]))
}

#[cfg(test)]
mod tests {
    use super::stated;

    #[test]
    fn a_status_stands_among_the_properties_once() {
        let check =
            |part: &str, expected: Option<&str>| assert_eq!(stated(part, "Draft").as_deref(), expected, "{part}");
        check(
            "<cp:coreProperties xmlns:cp=\"x\"><dc:title>T</dc:title></cp:coreProperties>",
            Some(
                "<cp:coreProperties xmlns:cp=\"x\"><dc:title>T</dc:title><cp:contentStatus>Draft</cp:contentStatus></cp:coreProperties>",
            ),
        );
        check(
            "<coreProperties><contentStatus>Final</contentStatus><a/></coreProperties>",
            Some("<coreProperties><contentStatus>Draft</contentStatus><a/></coreProperties>"),
        );
        check("<cp:coreProperties/>", None);
    }
}
