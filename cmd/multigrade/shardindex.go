package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
)

// arrayVariables are where the array jobs of Slurm and of Kubernetes say which task it is.
var arrayVariables = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"}

// shardIndex is the shard that command is to do: that of --index or, without --all, of the
// array job; all says that it is all of them.
func shardIndex(c *cli.Context, command string) (index int, all bool, err error) {
	switch {
	case c.Bool("all") && c.IsSet("index"):
		return 0, false, exit.Bad(fmt.Errorf("--index beside --all: %s does one shard or all", command))
	case c.Bool("all"):
		return 0, true, nil
	case c.IsSet("index"):
		return c.Int("index"), false, nil
	}
	for _, name := range arrayVariables {
		if v := os.Getenv(name); v != "" {
			if index, err = strconv.Atoi(v); err != nil {
				return 0, false, exit.Bad(fmt.Errorf("%s=%q: want the number of a shard, from 0", name, v))
			}
			return index, false, nil
		}
	}
	return 0, false, exit.Bad(errors.New(command + ": want --index I or --all"))
}
