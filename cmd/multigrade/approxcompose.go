package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"multigrade/approx"
	"multigrade/internal/exit"
)

// approximateComposed builds the grades by squares, writes the run directory and reports.
func approximateComposed(c *cli.Context, s streams) error {
	target, o, err := composeInput(c)
	if err != nil {
		return err
	}
	start := time.Now()
	bar := approxProgress(c, s, o.Grades)
	o.Progress = func(*approx.TrainedGrade) { bar.Add(1) }
	scheme, err := approx.Compose(c.Context, target, o)
	bar.Clear()
	if err != nil {
		return exit.Bad(inExpression(err))
	}
	return tellTrained(c, s, scheme, start, "what each grade of tents leaves")
}

// composeInput reads the target and the options.
func composeInput(c *cli.Context) (*approx.Expr, approx.TrainOptions, error) {
	o := approx.DefaultTrainOptions(1)
	o.Sharp, o.Threads = 0, runtime.GOMAXPROCS(0)
	if c.IsSet("grades") {
		o.Grades = c.Int("grades")
	}
	for _, name := range []string{"table", "halving", "narrow", "trained", "composed", "growth", "samples", "lipschitz"} {
		if c.IsSet(name) {
			return nil, o, exit.Bad(fmt.Errorf("--%s does not go with --compose", name))
		}
	}
	if err := checkTargetFlags(c); err != nil {
		return nil, o, err
	}
	target, err := expressionTarget(c, "one expression (in quotes)")
	if err != nil {
		return nil, o, err
	}
	if err := o.ValidateCompose(target.Dim()); err != nil {
		return nil, o, exit.Bad(fmt.Errorf("approx: %w", err))
	}
	return target, o, nil
}
