package sweep

import (
	"context"
	"io"
	"strconv"

	"multigrade/internal/child"
)

// Program calls the program at path as a process of its own with so many threads, so
// that whatever happens to a shard happens to that process alone.
func Program(path string, threads int) Call {
	return func(ctx context.Context, args []string, out, log io.Writer) error {
		cmd := child.Command(ctx, path, append([]string{args[0], "--threads=" + strconv.Itoa(threads)}, args[1:]...)...)
		cmd.Stdout, cmd.Stderr = out, log
		return cmd.Run()
	}
}
