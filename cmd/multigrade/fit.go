package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
)

// fitName is the name of the command, whose reading of tables is its own.
const fitName = "fit"

// fitFolds is the number of folds where none is asked for.
const fitFolds = 5

func fitCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      fitName,
		Usage:     "train on a table as it is, every choice made by held-out rows",
		ArgsUsage: "DATA",
		Description: "As solve, with other defaults: missing numbers become the mean of their column and a feature\n" +
			"that says where, texts become a feature for every frequent one, dates become days; beta and the\n" +
			"number of grades, at most --grades, are chosen by cross-validation, and the grades then trained on all\n" +
			"rows but those of the test. What becomes of the columns is part of the model.\n\n" +
			"Example: multigrade fit airfoil.csv --holdout 0.1",
		Flags:  append(append(solveFlags(), readingFlags()...), crossValidationFlags()...),
		Action: func(c *cli.Context) error { return fit(c, s) },
	}
}

// crossValidationFlags say how rows are held out, and what that may cost.
func crossValidationFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "effort", Usage: "how much work goes into choosing and training: `EFFORT` is " + grade.EffortNames(), Value: grade.DefaultEffort},
		&cli.IntFlag{Name: "folds", Usage: "cut the rows into `K` parts, each held out once", Value: fitFolds},
		&cli.IntFlag{Name: "repeats", Usage: "deal the rows out `R` times", Value: 1},
		&cli.StringFlag{Name: "group", Usage: "rows with the same text in `COLUMN`, which is no feature, are held out together, in the folds and by --holdout"},
		&cli.BoolFlag{Name: "time", Usage: "the rows are in the order of time: hold out blocks, each with what is before it to train on; --holdout takes the last rows"},
		&cli.BoolFlag{Name: "stratify", Usage: "give every part the same share of each class, or of each range of the target, and the test of --holdout, too", DefaultText: "for classes, without --group and --time"},
	}
}

// fit is solve with the choices left to held-out rows.
func fit(c *cli.Context, s streams) error {
	if _, err := arguments(c, 1, 1, "one data file"); err != nil {
		return err
	}
	if !c.IsSet("missing") {
		if err := c.Set("missing", dataset.Impute.String()); err != nil {
			return err
		}
	}
	return solve(c, s)
}

// crossValidates reports whether the command leaves beta to cross-validation in folds.
func crossValidates(c *cli.Context) bool {
	return c.Command.Name == fitName && !c.IsSet("beta") && !c.IsSet("beta-abs") && !c.IsSet("validation")
}

// setCrossValidation turns the flags of fit into options.
func setCrossValidation(c *cli.Context, o *grade.Options) error {
	if c.Command.Name != fitName {
		if c.String("width") == autoWidth {
			return exit.Bad(errors.New("--width auto is for fit"))
		}
		return nil
	}
	if !crossValidates(c) {
		for _, name := range []string{"folds", "repeats", "group", "time", "stratify"} {
			if c.IsSet(name) {
				return exit.Bad(fmt.Errorf("--%s is for a beta chosen by cross-validation, not for --beta, --beta-abs or --validation", name))
			}
		}
	}
	auto := c.String("width") == autoWidth
	if auto && !crossValidates(c) {
		return exit.Bad(errors.New("--width auto is for a beta chosen by cross-validation, not for --beta, --beta-abs or --validation"))
	}
	if auto && (c.IsSet("width-work") || c.Bool("spread")) {
		return exit.Bad(errors.New("--width-work and --spread are for a width that is given, not for --width auto"))
	}
	e, err := grade.ParseEffort(c.String("effort"))
	if err != nil {
		return exit.Bad(fmt.Errorf("--%w", err))
	}
	if crossValidates(c) {
		if o.Beta, err = foldedChoice(c); err != nil {
			return exit.Bad(err)
		}
	}
	asked := o.Limits
	if e.Set(o); c.IsSet("work") {
		o.Limits.Work = asked.Work
	}
	if c.IsSet("bound-leaves") {
		o.Limits.BoundLeaves = asked.BoundLeaves
	}
	return nil
}

// decidedByHand are the flags that say what grades there are to be: with none of them a grade
// with penalty ridge is tried, too.
var decidedByHand = []string{"penalty", "activation", "scope", "patterns", "gates", "grades", "width", "carry", "rounds", "bound-leaves", "method"}

// foldedChoice is the choice of beta in folds.
func foldedChoice(c *cli.Context) (grade.Beta, error) {
	cv := grade.DefaultCrossValidation()
	cv.Width = c.String("width") == autoWidth
	cv.Ridge = !slices.ContainsFunc(decidedByHand, c.IsSet)
	cv.Folds, cv.Repeats, cv.Ahead, cv.Stratified = c.Int("folds"), c.Int("repeats"), c.Bool("time"), c.Bool("stratify")
	switch {
	case cv.Folds < 2:
		return nil, fmt.Errorf("--folds %d: want at least 2", cv.Folds)
	case c.IsSet("group") && (cv.Ahead || cv.Stratified):
		return nil, errors.New("--group goes with neither --time nor --stratify")
	case cv.Ahead && (cv.Repeats > 1 || cv.Stratified):
		return nil, errors.New("--time goes with neither --repeats nor --stratify")
	}
	return cv, nil
}

// stratifyClasses makes strata of classes where nothing is said.
func stratifyClasses(c *cli.Context, task grade.Task, o *grade.Options) {
	cv, chosen := o.Beta.(grade.CrossValidation)
	if chosen && cv.Folds > 0 && task != grade.Regression && !c.IsSet("stratify") && !c.IsSet("group") && !cv.Ahead {
		cv.Stratified = true
		o.Beta = cv
	}
}
