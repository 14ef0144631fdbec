//! A child's memory: it bounds itself where the system lets it, and everywhere its parent looks now and
//! then at how much it has taken.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Bounds what this process may still take.
#[cfg(unix)]
pub(super) fn limit(bytes: u64) -> std::io::Result<()> {
    // The program's own text is mapped too and counts towards the address space, but not as data.
    let resource = if cfg!(target_os = "linux") { rlimit::Resource::DATA } else { rlimit::Resource::AS };
    let (_, most) = resource.get()?;
    resource.set(bytes.min(most), most)
}

/// A process of Windows does not bound itself: its parent looks after it.
#[cfg(not(unix))]
pub(super) fn limit(_bytes: u64) -> std::io::Result<()> {
    Ok(())
}

/// Looks at how much memory a child has taken.
pub(super) struct Watch {
    system: System,
    child: Pid,
}

impl Watch {
    pub(super) fn over(child: &std::process::Child) -> Self {
        Self { system: System::new(), child: Pid::from_u32(child.id()) }
    }

    /// How many bytes the child holds.
    pub(super) fn taken(&mut self) -> u64 {
        let what = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[self.child]), true, what);
        self.system.process(self.child).map_or(0, sysinfo::Process::memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_child_is_seen() {
        let name = if cfg!(windows) { "cmd" } else { "cat" };
        let mut child = std::process::Command::new(name)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        assert!(Watch::over(&child).taken() > 0);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
