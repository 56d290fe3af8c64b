package child

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the system kill the process when the thread that starts it ends.
// (Threads of Go end with the process, except those that a goroutine has locked and not
// unlocked, which nothing here does.)
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
