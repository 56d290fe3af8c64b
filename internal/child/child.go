// Package child starts processes that end with the one that started them.
package child

import (
	"context"
	"os"
	"os/exec"
	"time"
)

// endWithin is how long a process may take to end after it was interrupted.
const endWithin = 10 * time.Second

// Command is a call of the program at path. When ctx ends it is interrupted and, if it
// does not end then, killed. Where the system can do that (Linux), it is killed, too,
// when this process is, however that happens: nobody would use what it does.
func Command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = endWithin
	dieWithParent(cmd)
	return cmd
}
