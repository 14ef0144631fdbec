//! Development tasks: `cargo xtask sample-data` makes the invented partner files, `cargo xtask fuzz`
//! reads damaged ones, `cargo xtask bench` measures the program.

mod bench;
mod fuzz;
mod random;
mod sample;

use std::path::Path;
use std::process::ExitCode;

/// As the program itself has it, so that what is measured here is measured as it is there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["sample-data"] => sample::make(&root.join("sample-data"), &root.join("sample-data")),
        // Elsewhere, to compare with what is in the repository.
        ["sample-data", out] => sample::make(&root.join("sample-data"), Path::new(out)),
        ["fuzz", ref arguments @ ..] => fuzz::run(&root, arguments),
        [qd_source::CHILD, ref arguments @ ..] => fuzz::serve(arguments),
        ["bench", ref arguments @ ..] => bench::run(&root, arguments),
        _ => Err("usage: cargo xtask sample-data [FOLDER], or fuzz FORMAT, or bench [ROWS]".to_owned()),
    };
    match outcome {
        Ok(said) => {
            // The child's answer is its whole output.
            if !said.is_empty() {
                println!("{said}");
            }
            ExitCode::SUCCESS
        }
        Err(what) => {
            eprintln!("Error: {what}");
            ExitCode::from(2)
        }
    }
}
