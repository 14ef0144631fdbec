//! The commands, one file each.

mod explain;
mod init;
mod key;
mod run;
mod schema;
mod validate;
mod verify;

use crate::Result;
use crate::args::Command;
use crate::terminal::Terminal;

/// Does what was asked.
pub(crate) fn dispatch(command: &Command, terminal: &Terminal) -> Result {
    match command {
        Command::Run(args) => run::run(args, terminal),
        Command::Validate(args) => validate::validate(args, terminal),
        Command::Key { action } => key::key(action, terminal),
        Command::Verify { folder } => verify::verify(folder, terminal),
        Command::Schema { action } => schema::schema(action, terminal),
        Command::Init { folder } => init::init(folder, terminal),
        Command::Explain { code } => explain::explain(code.as_deref(), terminal),
    }
}
