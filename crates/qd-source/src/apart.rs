//! Old workbooks are read in a child of our own program: the library takes them whole, and a hostile
//! one must not take the run down with it. The child has a limit of memory and a deadline; what it
//! answers is cells with their places, and its death is one file's finding.

mod memory;

use crate::faults::{self, Trouble};
use crate::formats::limits::{self, MIB};
use memory::Watch;
use std::io::{Read, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The argument by which our program knows that it is the child.
pub const CHILD: &str = "read-apart";

/// Memory of the child.
const MEMORY: u64 = 1024 * MIB;
/// Seconds that the child may take.
const SECONDS: u64 = 60;
/// How often the child is looked after.
const TICK: Duration = Duration::from_millis(50);

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program that is started to read apart, with [`CHILD`] and the number by which limits are
/// raised as its arguments, and that then calls [`serve`]. Without it old workbooks are read in this
/// process.
pub fn read_apart(program: PathBuf) {
    // The first word stands: a program does not change while it runs.
    let _ = PROGRAM.set(program);
}

/// The child's work: takes a file's bytes from `input` and answers its cells on `output`.
pub fn serve(input: &mut dyn Read, output: &mut dyn Write) -> Result<()> {
    memory::limit(limits::of(MEMORY))?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    output.write_all(&crate::formats::xls::answer(bytes))?;
    output.flush()
}

/// The answer about an old workbook.
pub(crate) fn answer(bytes: Vec<u8>) -> std::result::Result<Vec<u8>, Trouble> {
    match PROGRAM.get() {
        None => Ok(crate::formats::xls::answer(bytes)),
        Some(program) => ask(program, bytes).map_err(|error| faults::machine(&error))?,
    }
}

/// Starts the child, gives it the file, and waits for its answer within its limits.
fn ask(program: &Path, bytes: Vec<u8>) -> Result<std::result::Result<Vec<u8>, Trouble>> {
    let mut child = Command::new(program)
        .args([CHILD, "--limits", &limits::times().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut to = child.stdin.take().expect("the child's input is a pipe");
    let from = child.stdout.take().expect("the child's output is a pipe");
    // A child that dies early closes the pipe; what became of it is seen below.
    let giver = std::thread::spawn(move || drop(to.write_all(&bytes)));
    let (tell, told) = channel();
    let taker = std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = from.take(limits::of(MEMORY) + 1).read_to_end(&mut answer);
        // Nobody listens any more once the deadline has passed.
        let _ = tell.send(read.map(|_| answer));
    });
    let answer = wait(&child, &told);
    let _ = child.kill();
    let status = child.wait()?;
    let joined = giver.join().and(taker.join());
    debug_assert!(joined.is_ok(), "neither thread panics");
    match answer {
        Ok(Ok(answer)) if answer.len() as u64 <= limits::of(MEMORY) && crate::formats::xls::is_whole(&answer) => {
            Ok(Ok(answer))
        }
        Ok(Err(error)) if status.success() => Err(error),
        Ok(_) | Err(Excess::Memory) => Ok(Err(faults::too_large(&format!(
            "is an old workbook that takes more than {} MiB of memory to read, which is the limit",
            limits::of(MEMORY) / MIB
        )))),
        Err(Excess::Time) => Ok(Err(faults::too_large(&format!(
            "is an old workbook that takes longer than {} seconds to read, which is the limit",
            limits::of(SECONDS)
        )))),
    }
}

/// What a child took too much of.
enum Excess {
    Memory,
    Time,
}

fn wait(child: &Child, told: &Receiver<Result<Vec<u8>>>) -> std::result::Result<Result<Vec<u8>>, Excess> {
    let deadline = Instant::now() + Duration::from_secs(limits::of(SECONDS));
    let mut watch = Watch::over(child);
    loop {
        match told.recv_timeout(TICK) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Disconnected) => return Ok(Ok(Vec::new())),
            Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => return Err(Excess::Time),
            Err(RecvTimeoutError::Timeout) if watch.taken() > limits::of(MEMORY) => {
                return Err(Excess::Memory);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
