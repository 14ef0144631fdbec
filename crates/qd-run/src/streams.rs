//! Rows that leave while they are read. Of a table of which nothing is kept, and whose rows nothing
//! but their own source can hold, an extract is encoded stretch by stretch as the source is judged, so
//! that memory does not grow with the file. Where what is found out later changes which rows leave,
//! the extract is made again from the file, in a second pass.

mod line;
mod planned;

pub(crate) use planned::{Planned, planned, streamable};

use crate::compute::{Computed, Source};
use crate::discover::{FoundSource, discover};
use crate::load::{Loaded, plain};
use crate::place::{MadeFile, Spool, Staging};
use arrow::array::BooleanArray;
use line::{Line, STRETCH, Stretch};
use qd_check::{Checker, Settings};
use qd_disclosure::{ClearedPart, Clearing};
use qd_model::Refusal;
use qd_model::finding::ShowValues;
use qd_return::{ExtractStream, ReturnError};
use qd_source::{Opened, Request};
use qd_table::Typed;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

/// Why a lock can be taken.
const UNHURT: &str = "nothing panics while it is held";

/// All extracts of a run that are made so.
pub(crate) struct Streams<'a> {
    loaded: &'a Loaded,
    staging: &'a Staging,
    planned: &'a [Planned<'a>],
    /// The first try of each, where one pass may be enough.
    first: Vec<Option<Stream<'a>>>,
    /// Which rows of each source the first pass held, by table and the source's public name.
    held: Mutex<BTreeMap<(usize, String), Vec<u32>>>,
    /// Whether rows were taken that no source has.
    spoilt: AtomicBool,
}

/// An extract that is made.
pub(crate) struct Streamed {
    /// The return, under the name that it is made by, and the number of its file.
    pub(crate) of: (String, usize),
    pub(crate) rows: u64,
    pub(crate) file: MadeFile,
}

impl<'a> Streams<'a> {
    pub(crate) fn new(loaded: &'a Loaded, staging: &'a Staging, planned: &'a [Planned<'a>]) -> Result<Self, Refusal> {
        let first = planned
            .iter()
            .map(|plan| plan.is_settled_at_once.then(|| Stream::begin(plan, staging, &BTreeSet::new())).transpose());
        let first = first.collect::<Result<_, _>>()?;
        Ok(Self { loaded, staging, planned, first, held: Mutex::default(), spoilt: AtomicBool::new(false) })
    }

    /// Whether a table's rows need not be kept.
    pub(crate) fn takes(&self, table: usize) -> bool {
        self.planned.iter().any(|plan| plan.table == table)
    }

    /// What a source that is about to be judged gives its rows to; its place is that among the
    /// sources of its table ([`in_order`]).
    pub(crate) fn source<'s>(&'s self, found: &'s FoundSource<'_>, place: usize) -> Taker<'s, 'a> {
        let (table, partner, name) = (found.table, found.partner.code.as_str(), found.public.clone());
        Taker { streams: self, table, partner, name, place, held: Mutex::default() }
    }

    /// Ends all extracts, once it is known which rows leave.
    pub(crate) fn finish(mut self, computed: &Computed) -> Result<Vec<Streamed>, Refusal> {
        let held = std::mem::take(&mut *self.held.lock().expect(UNHURT));
        let is_settled = |plan: &Planned<'_>| {
            let is_spoilt = self.spoilt.load(Ordering::Relaxed);
            !is_spoilt
                && computed.sources.iter().filter(|source| source.table == plan.table).all(|source| {
                    let before = held.get(&(source.table, source.public.clone()));
                    if source.judged.is_rejected { before.is_none() } else { before == Some(&source.held) }
                })
        };
        let made = self.planned.iter().zip(std::mem::take(&mut self.first)).map(|(plan, first)| {
            let mut plain = BTreeSet::new();
            let mut stream = match first.filter(|_| is_settled(plan)) {
                Some(stream) => stream,
                None => self.again(plan, computed, &plain)?,
            };
            loop {
                match stream.finish(plan)? {
                    Ok(streamed) => return Ok(streamed),
                    Err(unlisted) => plain.extend(unlisted),
                }
                stream = self.again(plan, computed, &plain)?;
            }
        });
        made.collect()
    }

    /// The second pass over the sources of a table.
    fn again(
        &self,
        plan: &'a Planned<'a>,
        computed: &Computed,
        unlisted: &BTreeSet<usize>,
    ) -> Result<Stream<'a>, Refusal> {
        let extract = Stream::begin(plan, self.staging, unlisted)?;
        let found = discover(self.loaded, plan.period)?.sources;
        let places = in_order(&found);
        let release = |(found, place): (&FoundSource<'_>, &usize)| {
            let is_it = |source: &&Source| source.table == found.table && source.public == found.public;
            let source = computed.sources.iter().find(is_it).filter(|source| !source.judged.is_rejected);
            if let Some(source) = source {
                return self.release(plan, found, source, &extract, *place);
            }
            extract.end(*place, 0);
            Ok(())
        };
        let of_table = found.par_iter().zip(&places).filter(|(found, _)| found.table == plan.table);
        of_table.try_for_each(release)?;
        Ok(extract)
    }

    /// Reads a source again, and only what leaves of it.
    fn release(
        &self,
        plan: &Planned<'_>,
        found: &FoundSource<'_>,
        source: &Source,
        stream: &Stream<'_>,
        place: usize,
    ) -> Result<(), Refusal> {
        let table = &self.loaded.tables[plan.table];
        let request = Request {
            schema: Some(&table.schema),
            headings: &found.spec.headings,
            sheet: found.spec.sheet.as_deref(),
            formats: &found.spec.formats,
            place: found.place,
            look: source.judged.look,
        };
        let changed = || {
            Refusal::new("a partner's file changed while it was being used")
                .because(found.path.display())
                .hint("close it where it is open, and run again")
        };
        let Opened::Table(mut opened) = qd_source::open(&found.path, &request) else { return Err(changed()) };
        let severities = &self.loaded.pipeline.severities;
        let settings = Settings { formats: &found.spec.formats, severities, show: ShowValues::Plain };
        let reader = Checker::new(&table.schema, &opened.shape, &settings).reading_only(&plan.wanted);
        let read = || {
            let blocks = opened.blocks().enumerate().par_bridge().map(|(position, block)| {
                let typed = reader.chunk(&block.read().chunk).typed;
                stream.take(place, position, plan.part(&source.partner, &kept(&typed, &source.held)));
            });
            let blocks = blocks.count();
            stream.end(place, blocks);
        };
        let (digest, ()) = rayon::join(|| qd_source::digest(&found.path), read);
        let (digest, _) = digest.map_err(|error| changed().because(plain(&error)))?;
        if digest == source.digest { Ok(()) } else { Err(changed()) }
    }
}

/// The places of a table's sources: their rows stand in this order, whatever the order of partners in
/// the pipeline.
pub(crate) fn in_order(found: &[FoundSource<'_>]) -> Vec<usize> {
    let key = |found: &FoundSource<'_>| (found.partner.code.clone(), found.public.clone());
    let place =
        |of: &FoundSource<'_>| found.iter().filter(|other| other.table == of.table && key(other) < key(of)).count();
    found.iter().map(place).collect()
}

/// The rows that are not held.
fn kept<'t>(typed: &'t Typed, held: &[u32]) -> Cow<'t, Typed> {
    let rows = typed.rows.values();
    let from = rows.first().map_or(0, |first| held.partition_point(|row| row < first));
    let is_any = rows.last().is_some_and(|last| held.get(from).is_some_and(|row| row <= last));
    if !is_any {
        return Cow::Borrowed(typed);
    }
    let mask: BooleanArray = rows.iter().map(|row| Some(held[from..].binary_search(row).is_err())).collect();
    Cow::Owned(typed.filter(&mask))
}

/// Takes the rows of one source in the first pass.
pub(crate) struct Taker<'s, 'a> {
    streams: &'s Streams<'a>,
    table: usize,
    partner: &'s str,
    name: String,
    place: usize,
    held: Mutex<Vec<u32>>,
}

impl Taker<'_, '_> {
    fn each(&self) -> impl Iterator<Item = (&Planned<'_>, &Stream<'_>)> {
        let all = self.streams.planned.iter().zip(&self.streams.first);
        all.filter_map(|(plan, stream)| Some((plan, stream.as_ref()?))).filter(|(plan, _)| plan.table == self.table)
    }

    /// Takes the rows of a block, of which these are held, in rising order.
    pub(crate) fn take(&self, position: usize, typed: &Typed, held: &[u32]) {
        self.held.lock().expect(UNHURT).extend(held);
        let kept = kept(typed, held);
        for (plan, stream) in self.each() {
            stream.take(self.place, position, plan.part(self.partner, &kept));
        }
    }

    /// What was taken was not what the source holds: nothing of it may leave.
    pub(crate) fn spoil(&self) {
        self.streams.spoilt.store(true, Ordering::Relaxed);
    }

    /// The source has no more blocks than these.
    pub(crate) fn end(&self, blocks: usize) {
        for (_, stream) in self.each() {
            stream.end(self.place, blocks);
        }
        if blocks > 0 {
            let mut held = std::mem::take(&mut *self.held.lock().expect(UNHURT));
            held.sort_unstable();
            let mut all = self.streams.held.lock().expect(UNHURT);
            all.insert((self.table, self.name.clone()), held);
        }
    }
}

/// One extract on its way to the disk.
struct Stream<'a> {
    clearing: &'a Clearing<'a>,
    metadata: &'a [(String, String)],
    /// Columns in which values are not on their code list.
    plain: BTreeSet<usize>,
    line: Mutex<Line<ClearedPart>>,
    begun: Mutex<Begun>,
    file: OnceLock<ExtractStream<Spool>>,
    /// Why the file cannot be written.
    failed: Mutex<Option<ReturnError>>,
}

/// Before the first stretch is there, nobody knows how the columns are written.
enum Begun {
    /// The file to be, and stretches that came before the first.
    Not(Box<Spool>, Vec<Stretch<ClearedPart>>),
    Yes,
}

impl<'a> Stream<'a> {
    fn begin(plan: &'a Planned<'a>, place: &Staging, unlisted: &BTreeSet<usize>) -> Result<Self, Refusal> {
        let (name, file) = plan.of;
        let spool = place.spool(&format!("{name}-{file}"))?;
        Ok(Self {
            clearing: &plan.clearing,
            metadata: &plan.metadata,
            plain: unlisted.clone(),
            line: Mutex::new(Line::new(STRETCH)),
            begun: Mutex::new(Begun::Not(Box::new(spool), Vec::new())),
            file: OnceLock::new(),
            failed: Mutex::default(),
        })
    }

    fn take(&self, place: usize, position: usize, part: ClearedPart) {
        let whole = self.line.lock().expect(UNHURT).take(place, position, part);
        self.encode_all(whole);
    }

    fn end(&self, place: usize, blocks: usize) {
        let whole = self.line.lock().expect(UNHURT).end(place, blocks);
        self.encode_all(whole);
    }

    fn encode_all(&self, stretches: Vec<Stretch<ClearedPart>>) {
        for stretch in stretches {
            self.encode(stretch);
        }
    }

    /// Encodes a stretch. Nothing is locked meanwhile, since the thread may do other work of the pool
    /// that comes here again.
    fn encode(&self, (number, parts): Stretch<ClearedPart>) {
        if number > 0
            && let Begun::Not(_, early) = &mut *self.begun.lock().expect(UNHURT)
        {
            early.push((number, parts));
            return;
        }
        let table = self.clearing.table(parts);
        let mut early = Vec::new();
        if number == 0
            && let Begun::Not(spool, waiting) = std::mem::replace(&mut *self.begun.lock().expect(UNHURT), Begun::Yes)
        {
            early = waiting;
            match ExtractStream::begin(*spool, &table, &self.plain, self.metadata) {
                Ok(file) => self.file.set(file).unwrap_or_else(|_| unreachable!("there is one first stretch")),
                Err(error) => self.fail(error),
            }
        }
        if let Some(Err(error)) = self.file.get().map(|file| file.stretch(number, &table)) {
            self.fail(error);
        }
        drop(table);
        self.encode_all(early);
    }

    fn fail(&self, error: ReturnError) {
        self.failed.lock().expect(UNHURT).get_or_insert(error);
    }

    /// The extract; or the columns that have to be written another way.
    fn finish(self, plan: &Planned<'_>) -> Result<Result<Streamed, BTreeSet<usize>>, Refusal> {
        let (last, rows) = {
            let mut line = self.line.lock().expect(UNHURT);
            (line.finish(), line.total())
        };
        // A table without rows is a file all the same.
        let last = if rows == 0 { vec![(0, Vec::new())] } else { last };
        last.into_par_iter().for_each(|stretch| self.encode(stretch));
        let refuse = |error: &dyn std::fmt::Display| {
            Refusal::new(format!("the return `{}` cannot be written", plan.of.0)).because(error)
        };
        if let Some(error) = self.failed.into_inner().expect(UNHURT) {
            return Err(refuse(&error));
        }
        let file = self.file.into_inner().expect("the first stretch begins the file");
        let spool = match file.finish().map_err(|error| refuse(&error))? {
            Ok(spool) => spool,
            Err(unlisted) => return Ok(Err(unlisted)),
        };
        let (name, number) = plan.of;
        Ok(Ok(Streamed { of: (name.to_owned(), number), rows, file: spool.finish(format!("{name}/{}", plan.path))? }))
    }
}
