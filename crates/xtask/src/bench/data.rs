//! The file that is measured: a participant return of 28 columns in which about one cell in fifty
//! is faulty, or as many as are asked for.

use crate::random::Random;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Columns, in order.
const COLUMNS: [&str; 28] = [
    "partner_code",
    "partner_ref",
    "forename",
    "surname",
    "date_of_birth",
    "sex",
    "nationality",
    "brp_number",
    "nino",
    "email",
    "phone",
    "address_line1",
    "postcode",
    "housing_tenure",
    "english_level",
    "initial_assessment_date",
    "start_date",
    "leave_date",
    "employment_status_at_start",
    "employment_outcome",
    "job_start_date",
    "hours_per_week",
    "hourly_pay",
    "wellbeing_score_start",
    "wellbeing_score_end",
    "hours_esol",
    "consent_share",
    "notes",
];

const FIRST: [&str; 12] =
    ["Amina", "Yusuf", "Olena", "Tesfay", "Farah", "Zoë", "Nguyễn", "Samuel", "Ewa", "Mehmet", "Łucja", "Ibrahim"];
const LAST: [&str; 12] = [
    "Haile",
    "Kovalenko",
    "O'Brien",
    "Rahimi",
    "Ahmadzai",
    "Tran",
    "Şahin",
    "Okafor",
    "Nowak",
    "Silva",
    "Berg",
    "Diallo",
];
const NATIONS: [&str; 12] = ["AFG", "SYR", "ERI", "UKR", "SDN", "IRN", "IRQ", "ETH", "SOM", "VNM", "TUR", "XXA"];
const TENURES: [&str; 8] = ["SOC_RENT", "PRIV_RENT", "ASY_ACC", "HOSTEL", "TEMP_ACC", "FAM_FRIEND", "OWNER", "NFA"];
const LEVELS: [&str; 6] = ["Pre-Entry", "Entry 1", "Entry 2", "Entry 3", "Level 1", "Level 2"];
const STATES: [&str; 6] = ["UNEMP_SEEK", "UNEMP_INACT", "EMP_PT", "EMP_FT", "STUDENT", "NO_RTW"];
const OUTCOMES: [&str; 6] = ["EMP_FT", "EMP_PT", "SELF", "EDU", "VOL", "NONE"];
const WORDS: [&str; 10] =
    ["met", "on", "Tuesday", "needs", "childcare", "before", "the", "next", "appointment", "café"];
const BAD_DATES: [&str; 8] =
    ["31/02/2023", "2024-04-01", "13/13/2022", "45123", "TBC", "00/01/2024", "29/02/2023", "30.06.2024"];
const BAD_NUMBERS: [&str; 6] = ["n/a", "TBC", "£12", "12 hrs", "9999", "-5"];

/// Writes a file of so many rows, of which a share of the cells is faulty.
pub(super) fn write(rows: u64, faulty: f64, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(out, "{}", COLUMNS.join(","))?;
    let mut random = Random::of(2026, &["bench"]);
    let mut cells: Vec<String> = vec![String::new(); COLUMNS.len()];
    let mut keys: Vec<String> = Vec::new();
    for row in 0..rows {
        good(row, &mut random, &mut cells);
        // A number that another row of the partner has too. A partner's rows stand in blocks of 250.
        if row % 250 == 0 {
            keys.clear();
        }
        if random.chance(faulty * 0.6) && !keys.is_empty() {
            cells[7].clone_from(&keys[random.below(keys.len() as u64) as usize]);
        }
        keys.push(cells[7].clone());
        for (column, cell) in cells.iter_mut().enumerate() {
            if random.chance(faulty) {
                spoil(column, cell, &mut random);
            }
        }
        write_record(&mut out, &cells)?;
    }
    out.flush()
}

fn write_record(out: &mut impl Write, cells: &[String]) -> io::Result<()> {
    for (column, cell) in cells.iter().enumerate() {
        if column > 0 {
            out.write_all(b",")?;
        }
        if cell.contains(['"', ',', '\n']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

fn pick(random: &mut Random, from: &[&str]) -> String {
    (*random.one(from).expect("the lists are not empty")).to_owned()
}

fn letter(random: &mut Random, from: &[u8]) -> char {
    char::from(*random.one(from).expect("the lists are not empty"))
}

/// A day as people of this country write it, counted from 1 January 2020.
fn day(days: i64) -> String {
    let date = jiff::civil::date(2020, 1, 1).saturating_add(jiff::Span::new().days(days));
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// A row in which all is well.
fn good(row: u64, random: &mut Random, cells: &mut [String]) {
    let often =
        |random: &mut Random, chance: f64, text: String| if random.chance(chance) { text } else { String::new() };
    let start = random.between(365, 2200);
    let (first, last) = (pick(random, &FIRST), pick(random, &LAST));
    let outcome = pick(random, &OUTCOMES);
    let outcome = often(random, 0.6, outcome);
    let has_job = ["EMP_FT", "EMP_PT", "SELF"].contains(&outcome.as_str());
    let is_left = random.chance(0.55);
    cells[0] = format!("P{:02}", row / 250 % 40 + 1);
    cells[1] = format!("C{row:07}");
    cells[4] = day(random.between(-21_000, -5500));
    cells[5] = pick(random, &["M", "F", "X", "U"]);
    cells[6] = pick(random, &NATIONS);
    cells[7] = format!(
        "{}{}{:07}",
        letter(random, b"ABCDEFGHJKLMNPRSTWXYZ"),
        letter(random, b"ABCDEFGHJKLMNPRSTWXYZ"),
        random.below(10_000_000)
    );
    let nino = format!(
        "{}{}{:06}{}",
        letter(random, b"ACEHJLMPRSWXY"),
        letter(random, b"ABCEHJLMPRSWXY"),
        random.below(1_000_000),
        letter(random, b"ABCD")
    );
    cells[8] = often(random, 0.8, nino);
    let email = format!("{}.{}{}@example.org", ascii(&first), ascii(&last), random.below(1000));
    cells[9] = often(random, 0.8, email);
    cells[10] = format!("07{:09}", random.below(1_000_000_000));
    cells[11] = format!("{} {} Road", random.between(1, 250), pick(random, &LAST));
    cells[12] = format!(
        "{}{} {}{}{}",
        pick(random, &["NR", "IP", "CB", "E", "LU", "CM"]),
        random.between(1, 20),
        random.below(10),
        letter(random, b"ABDEFGHJ"),
        letter(random, b"ABDEFGHJ")
    );
    (cells[2], cells[3]) = (first, last);
    let tenure = pick(random, &TENURES);
    cells[13] = often(random, 0.9, tenure);
    cells[14] = pick(random, &LEVELS);
    cells[15] = day(start - random.between(0, 20));
    cells[16] = day(start);
    cells[17] = if is_left { day(start + random.between(14, 400)) } else { String::new() };
    cells[18] = pick(random, &STATES);
    cells[20] = if has_job { day(start + random.between(7, 300)) } else { String::new() };
    cells[21] = if has_job { (random.between(8, 95) as f64 / 2.0).to_string() } else { String::new() };
    cells[22] = if has_job { format!("{:.2}", random.between(1144, 2600) as f64 / 100.0) } else { String::new() };
    cells[19] = outcome;
    cells[23] = random.between(0, 40).to_string();
    cells[24] = if is_left { random.between(0, 40).to_string() } else { String::new() };
    let hours = (random.between(0, 1600) as f64 / 4.0).to_string();
    cells[25] = often(random, 0.75, hours);
    cells[26] = pick(random, &["Y", "Y", "Y", "N"]);
    let notes = notes(row, random);
    cells[27] = often(random, 0.65, notes);
}

fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

fn notes(row: u64, random: &mut Random) -> String {
    let words: Vec<String> = (0..random.between(3, 11)).map(|_| pick(random, &WORDS)).collect();
    let between = if row % 200 == 7 { "\n" } else { " " };
    let text = words.join(between);
    match random.below(12) {
        0 => format!("said \"{text}\", then left"),
        1 => text.replacen(' ', ", ", 2),
        _ => text,
    }
}

/// One of the ways in which people get a cell wrong.
fn spoil(column: usize, cell: &mut String, random: &mut Random) {
    *cell = match column {
        4 | 15 | 16 | 17 | 20 => match random.below(6) {
            0 => String::new(),
            1 if column == 17 => "01/02/2020".to_owned(),
            1 => "15/06/2031".to_owned(),
            _ => pick(random, &BAD_DATES),
        },
        21..=25 => pick(random, &BAD_NUMBERS),
        0 | 5 | 6 | 13 | 14 | 18 | 19 | 26 => match random.below(4) {
            0 => String::new(),
            1 => format!("{cell} "),
            2 => cell.to_lowercase(),
            _ => pick(random, &["OTHER", "9", "Yes", "P41", "E1"]),
        },
        _ => match random.below(4) {
            0 => String::new(),
            1 if (7..=12).contains(&column) => format!("{cell} "),
            2 => cell.chars().filter(|c| !"@ ".contains(*c)).collect(),
            _ => cell.to_lowercase(),
        },
    };
}
