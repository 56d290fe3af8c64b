package main

import (
	"github.com/urfave/cli/v2"

	"multigrade/internal/dataset"
)

// fitValidation is the share of the rows that one rehearsal of fit keeps out: five
// rehearsals.
const fitValidation = "0.2"

// fitName is the name of the command, whose reading of tables is its own.
const fitName = "fit"

func fitCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      fitName,
		Usage:     "train on a table as it is, every choice made by held-out rows",
		ArgsUsage: "DATA",
		Description: "As solve, with other defaults: missing numbers become the mean of their column and a feature\n" +
			"that says where, texts become a feature for every frequent one, dates become days; beta and the\n" +
			"number of grades are chosen by rehearsals that keep out a fifth of the rows each, and the grades\n" +
			"then trained on all rows but those of the test. What becomes of the columns is part of the model.\n\n" +
			"Example: multigrade fit airfoil.csv --holdout 0.1",
		Flags:  append(solveFlags(), readingFlags()...),
		Action: func(c *cli.Context) error { return fit(c, s) },
	}
}

// fit is solve with the choices left to held-out rows.
func fit(c *cli.Context, s streams) error {
	if _, err := arguments(c, 1, 1, "one data file"); err != nil {
		return err
	}
	defaults := map[string]string{"missing": dataset.Impute.String()}
	if !c.IsSet("beta") && !c.IsSet("beta-abs") && !c.IsSet("validation") {
		defaults["validation"], defaults["refit"] = fitValidation, "true"
	}
	for flag, value := range defaults {
		if c.IsSet(flag) {
			continue
		}
		if err := c.Set(flag, value); err != nil {
			return err
		}
	}
	return solve(c, s)
}
