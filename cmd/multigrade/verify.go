package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/proofs"
)

func verifyCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "check everything a run claims, with a checker independent of the solver",
		ArgsUsage: "RUN|FILE...",
		Description: "A run directory is checked against its data file, to the bit where float64 numbers are\n" +
			"claimed and by rigorous bounds where inequalities are; a FILE is a certificate that carries\n" +
			"its data. One line per claim.\n\n" +
			"Example: multigrade verify runs/airfoil",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "data `FILE` of the run", DefaultText: "where the manifest says"},
			&cli.StringFlag{Name: "target", Usage: "`EXPR` of x1, x2, .. (the features in order) that the rows of the run are samples of: also find out what holds on the whole box of the rows, and what at the rows only"},
			&cli.StringFlag{Name: "test", Usage: "`FILE` with the test rows of the run, if they have one", DefaultText: "where the manifest says"},
			explainFlag(),
		},
		Action: func(c *cli.Context) error { return verify(c, s) },
	}
}

// verify checks its arguments one after the other; the worst verdict counts.
func verify(c *cli.Context, s streams) error {
	args, err := arguments(c, 1, 1<<16, "a run directory or certificate")
	if err != nil {
		return err
	}
	var all proofs.Report
	for _, path := range args {
		r, err := check(c, path)
		if err != nil {
			return err
		}
		if len(args) > 1 {
			for k := range r.Claims {
				r.Claims[k].Scope = path + ": " + r.Claims[k].Scope
			}
		}
		all.Claims = append(all.Claims, r.Claims...)
	}
	if c.Bool("json") {
		err = writeJSON(s.out, all)
	} else {
		err = claimLines(s.out, all, c.Bool("quiet"))
		if err == nil && c.Bool("explain") {
			err = explain(s.out, claimExplanations(all))
		}
	}
	if err != nil {
		return exit.Failed(err)
	}
	return verdictStatus(all.Verdict())
}

// check checks one run directory or certificate.
func check(c *cli.Context, path string) (proofs.Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return proofs.Report{}, exit.Bad(err)
	}
	var r proofs.Report
	if info.IsDir() {
		r, err = proofs.CheckRun(c.Context, path, proofs.RunOptions{Data: c.String("data"), Test: c.String("test"), Embedded: run.EmbeddedData, Target: c.String("target")})
	} else {
		r, err = proofs.CheckFile(path)
	}
	if errors.Is(err, context.Canceled) {
		return r, &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted")}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return r, exit.Bad(err)
}

// claimLines writes a line per claim and the verdict; only what is not valid
// when quiet.
func claimLines(out io.Writer, r proofs.Report, quiet bool) error {
	for _, claim := range r.Claims {
		if quiet && (claim.Verdict == proofs.Valid || claim.Verdict == proofs.Unchecked) {
			continue
		}
		if _, err := fmt.Fprintf(out, "%-11s  %-15s  %s: %s\n", claim.Verdict, claim.Name, claim.Scope, claim.Detail); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%s: %d claims checked\n", r.Verdict(), r.Checked())
	return err
}

func verdictStatus(v proofs.Verdict) error {
	switch v {
	case proofs.Valid:
		return nil
	case proofs.Invalid:
		return &exit.Failure{Status: exit.StatusFailed}
	}
	return &exit.Failure{Status: exit.StatusBadCall}
}
