package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/solver"
)

// methodFlag chooses the method of the convex programs.
func methodFlag() cli.Flag {
	return &cli.StringFlag{Name: "method", Usage: "`METHOD` of the convex programs: " + strings.Join(solver.MethodNames(), ", ") + "; newton for gated with squares, rows for squares and dense data", Value: solver.Auto.String()}
}

func parseMethod(c *cli.Context) (solver.Method, error) {
	m, err := solver.ParseMethod(c.String("method"))
	if err != nil {
		return m, exit.Bad(fmt.Errorf("--method: %w", err))
	}
	return m, nil
}
