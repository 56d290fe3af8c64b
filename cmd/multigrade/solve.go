package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

func solveCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "solve",
		Usage:     "train a multigrade model, each grade with a certificate",
		ArgsUsage: "[DATA]",
		Description: "DATA is a table of text with a header, libsvm, NumPy .npy or .npz, gzip of these, Parquet, Arrow,\n" +
			"a PNG or JPEG image, or - for a table on standard input; without DATA the weekly CO2 at Mauna Loa\n" +
			"is used. The run is written to a directory that verify, predict, report and you can read.\n\n" +
			"Example: multigrade solve airfoil.csv --grades 3 --holdout 0.1",
		Flags:  append(solveFlags(), readingFlags()...),
		Action: func(c *cli.Context) error { return solve(c, s) },
	}
}

func solveFlags() []cli.Flag {
	d := grade.DefaultOptions()
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "target", Usage: "target `COLUMN`, repeated for several outputs", DefaultText: "the last"},
		&cli.StringFlag{Name: "test", Usage: "`FILE` of further rows to test on, of the same kind"},
		&cli.Float64Flag{Name: "holdout", Usage: "`SHARE` of rows held out for the test"},
		&cli.StringFlag{Name: "fold", Usage: "`I/K`: hold out every K-th row, from row I on, for the test"},
		&cli.IntFlag{Name: "stride", Usage: "of an image: train on every `S`-th pixel of every S-th line, test on all"},
		&cli.Float64Flag{Name: "validation", Usage: "`SHARE` of the other rows kept out of the training; without --beta and --beta-abs the beta of every grade and the number of grades are chosen first, by cross-validation, which keeps out one such share after the other"},
		&cli.BoolFlag{Name: "refit", Usage: "train on the validation rows, too, after they have chosen"},
		&cli.BoolFlag{Name: "one-standard-error", Usage: "of the betas tried, take the largest whose validation error is within one standard error of the least"},
		&cli.IntFlag{Name: "grades", Usage: "number of grades `K`", Value: d.Grades},
		&cli.StringFlag{Name: "width", Usage: "at most `M` neurons per grade; 0: as many as the optimum has; auto, of fit: chosen by rows held out", Value: "0"},
		&cli.Float64Flag{Name: "width-work", Usage: "about how many floating-point operations, in `BILLIONS`, go into training a grade with --width", Value: grade.DefaultBudgetWork, DefaultText: fmt.Sprintf("%v, or --work where that is less", grade.DefaultBudgetWork)},
		&cli.BoolFlag{Name: "spread", Usage: "with --width and one feature, spread the kinks of the first grade evenly for the next ones to fold"},
		&cli.Float64Flag{Name: "beta", Usage: "regularisation `R` relative to beta_max of the grade (0.03 without DATA)", Value: float64(grade.DefaultBeta), DefaultText: "0.01, or chosen by --validation"},
		&cli.Float64Flag{Name: "beta-abs", Usage: "regularisation `B`, absolute"},
		&cli.StringFlag{Name: "activation", Usage: "`ACTIVATION`: relu, leaky:S (leaky ReLU of slope S), abs (absolute value), or gated: the relaxation without cones; its optima are decomposed into ReLU networks if --grades is more than 1", Value: d.Activation.String()},
		&cli.StringFlag{Name: "task", Usage: "regression, binary or multiclass", DefaultText: "from the target: text is classes, so are two whole numbers, or whole numbers from 0 or 1 to at most 20; all else a regression"},
		&cli.StringFlag{Name: "loss", Usage: solver.LossUsage() + "; quantile:Q,Q,.. predicts several quantiles, which do not cross", DefaultText: "squared; for classes logistic"},
		weightsFlag(),
		&cli.StringFlag{Name: "class-weight", Usage: "`WEIGHTS` of classes in the loss; balanced: a row weighs the less, the more training rows its class has", DefaultText: "none"},
		&cli.Float64Flag{Name: "huber-threshold", Usage: "residual `T` beyond which the huber loss is linear, in the program's units", Value: solver.DefaultThreshold},
		&cli.BoolFlag{Name: "monotone", Usage: "no grade may make the residual of any training sample larger: constraints of its program"},
		&cli.BoolFlag{Name: "dead-zone", Usage: "two neurons more per output cut off what the grade's network gets wrong at most: no residual of a training sample grows; best with --loss linf"},
		&cli.BoolFlag{Name: "carry", Usage: "later grades also see the inputs, shifted to be nonnegative"},
		&cli.StringFlag{Name: "penalty", Usage: "`PENALTY` of the neurons: group, their norms, which leave few; ridge, the squares of these, for one grade of many neurons: --activation gated, --scope restricted, --grades 1 and loss squared", Value: d.Penalty.String(),
			DefaultText: "group; of fit, where nothing is said of the grades, ridge with 2000 patterns is tried, too"},
		&cli.StringFlag{Name: "scope", Usage: "global: optimise over all activation patterns, generated as needed; restricted: over the listed ones", Value: d.Scope.String()},
		&cli.IntFlag{Name: "patterns", Usage: "number `N` of Gaussian gates sampled per grade", DefaultText: "global: none; restricted: all in rank 2, else 200, 100 beyond 5000 rows"},
		&cli.StringFlag{Name: "gates", Usage: "`FILE` of gate vectors, the patterns of the first grade, in scope global to start from (CSV without header, or .npy)"},
		&cli.IntFlag{Name: "rounds", Usage: "most rounds `N` of pricing within a grade, scope global", Value: d.Limits.Rounds},
		&cli.Float64Flag{Name: "work", Usage: "most floating-point operations of an output of a grade, all its phases counted, and of choosing beta, in `BILLIONS`; a first draft, or a pricing of the patterns listed, is made whatever it takes; 0: no limit", Value: d.Limits.Work, DefaultText: fmt.Sprintf("%v, more for more than 20,000 numbers and in scope restricted", d.Limits.Work)},
		&cli.IntFlag{Name: "bound-leaves", Usage: "most leaves `N` of each search for the bound over all patterns; 0: the closed form", Value: d.Limits.BoundLeaves, DefaultText: "by the sizes"},
		&cli.BoolFlag{Name: "no-bias", Usage: "leave out the bias column"},
		&cli.BoolFlag{Name: "no-standardize", Usage: "use the inputs and the target as they are"},
		&cli.BoolFlag{Name: "no-intercept", Usage: "no free constant"},
		&cli.Float64Flag{Name: "tol", Usage: "relative duality gap `T` at which a grade is solved", Value: d.Tol},
		methodFlag(),
		&cli.IntFlag{Name: "max-iter", Usage: "most iterations `N` within a grade", Value: d.Limits.Iterations},
		&cli.DurationFlag{Name: "time-limit", Usage: "end the run after this `TIME`, such as 30s", DefaultText: "none"},
		&cli.StringFlag{Name: "memory", Usage: "most `BYTES` of memory, such as 2GB: data that need more are solved out of core, in passes over the file, a NumPy array or what is made into one, in scope restricted", DefaultText: "all there is"},
		&cli.BoolFlag{Name: "out-of-core", Usage: "solve out of core also data that fit into --memory"},
		explainFlag(),
		&cli.StringFlag{Name: "require", Usage: "exit with 1 if a grade ends worse than `STATUS`: optimal or priced", DefaultText: "none"},
		&cli.StringFlag{Name: "out", Usage: "run directory `DIR`; an earlier run in it is replaced", DefaultText: "runs/NAME"},
		&cli.BoolFlag{Name: "resume", Usage: "take up the run that was interrupted, out of time or broken off there, given the same data and options"},
	}
}

// solve trains, writes the run directory and reports.
func solve(c *cli.Context, s streams) error {
	args, err := arguments(c, 0, 1, "one data file or none")
	if err != nil {
		return err
	}
	o, err := solveOptions(c)
	if err != nil {
		return err
	}
	path := run.Embedded
	if len(args) == 1 {
		path = args[0]
	}
	if err := run.CheckOut(c.String("out"), path, c.String("test"), c.String("gates")); err != nil {
		return exit.Bad(err)
	}
	reading, err := readingOptions(c)
	if err != nil {
		return err
	}
	if done, err := solveRows(c, s, path, reading, o); done || err != nil {
		return err
	}
	src, err := run.ReadSource(path, s.in, reading.Limits)
	if err != nil {
		return err
	}
	data, err := src.Parse(c.Context, reading, o.Shares)
	if err != nil {
		return err
	}
	if err := readGates(c, data.Features(), reading.Limits, &o); err != nil {
		return err
	}
	training, err := run.TrainingData(data, c.String("task"))
	if err != nil {
		return err
	}
	if err := chooseLoss(c, training.Task, &o); err != nil {
		return err
	}
	rows, features := training.X.Dims()
	if beyond, err := beyondMemory(c, &o, rows, features, len(src.Raw)); beyond || err != nil {
		if err == nil {
			_, err = solveOutOfCore(c, s, path, 0, reading, o)
		}
		return err
	}
	stratifyClasses(c, training.Task, &o)
	if c.Command.Name != fitName && !c.IsSet("work") {
		o.Limits.Work = grade.WorkOf(o.Scope, rows, features)
	}
	test, err := run.ReadTest(c.Context, c.String("test"), reading, data, training)
	if err != nil {
		return err
	}
	return train(c, s, src, test, training, o)
}

// train runs the training inside a run directory and reports.
func train(c *cli.Context, s streams, src, test *run.Source, data *grade.Data, o grade.Options) error {
	r, err := trainWith(c, s, &run.Training{Out: c.String("out"), Resume: c.Bool("resume"), Source: src, Test: test, Data: data, Gates: c.String("gates"), Options: o})
	if err != nil {
		return err
	}
	return r.show(c, s)
}

// trainWith runs a training with a bar.
func trainWith(c *cli.Context, s streams, t *run.Training) (*solveReport, error) {
	bar := newProgress(c, s)
	t.Command, t.Progress, t.Drafted, t.Planned, t.Trained = os.Args, bar.show, bar.drafted, bar.planned, bar.trained
	r, err := t.Run(c.Context)
	bar.clear()
	return &solveReport{r}, err
}

// solveOptions turns the flags into options.
func solveOptions(c *cli.Context) (grade.Options, error) {
	o := grade.DefaultOptions()
	o.Grades = c.Int("grades")
	o.Limits = grade.Limits{Rounds: c.Int("rounds"), Work: c.Float64("work"), BoundLeaves: c.Int("bound-leaves"), Iterations: c.Int("max-iter"), Time: c.Duration("time-limit")}
	var err error
	if o.Width, err = widthOption(c); err != nil {
		return o, exit.Bad(err)
	}
	if err := setBeta(c, &o); err != nil {
		return o, err
	}
	o.Shares = grade.Shares{Holdout: c.Float64("holdout"), Validation: c.Float64("validation"), Stride: c.Int("stride"), Refit: c.Bool("refit")}
	if o.Shares.Fold = c.String("fold"); o.Shares.Fold != "" {
		if c.IsSet("holdout") {
			return o, exit.Bad(errors.New("--fold and --holdout given, want one of them"))
		}
		_, k, err := grade.ParseFold(o.Shares.Fold)
		if err != nil {
			return o, exit.Bad(fmt.Errorf("--%w", err))
		}
		o.Shares.Holdout = 1 / float64(k)
	}
	if o.Shares.Holdout > 0 { // by flags that fit alone has
		o.Shares.Last, o.Shares.Group, o.Shares.Stratified = c.Bool("time"), c.String("group"), c.Bool("stratify")
	}
	if cv, chosen := o.Beta.(grade.CrossValidation); o.Shares.Refit && (!chosen || cv.Folds > 0) {
		return o, exit.Bad(errors.New("--refit is for a beta chosen by --validation"))
	}
	o.Bias, o.Standardize, o.Intercept = !c.Bool("no-bias"), !c.Bool("no-standardize"), !c.Bool("no-intercept")
	o.Tol = c.Float64("tol")
	o.Patterns, o.Seed, o.Carry, o.DeadZone = c.Int("patterns"), c.Uint64("seed"), c.Bool("carry"), c.Bool("dead-zone")
	if r := c.String("require"); c.IsSet("require") && r != solver.Optimal.String() && r != solver.Priced.String() {
		return o, exit.Bad(fmt.Errorf("--require %q: want optimal or priced", r))
	}
	if o.Method, err = parseMethod(c); err != nil {
		return o, err
	}
	if o.Activation, err = parseActivation(c.String("activation")); err != nil {
		return o, err
	}
	if o.Scope, err = grade.ParseScope(c.String("scope")); err != nil {
		return o, exit.Bad(fmt.Errorf("--%w", err))
	}
	if o.Penalty, err = grade.ParsePenalty(c.String("penalty")); err != nil {
		return o, exit.Bad(fmt.Errorf("--%w", err))
	}
	if c.IsSet("patterns") && c.IsSet("gates") {
		return o, exit.Bad(errors.New("--patterns and --gates given, want one of them"))
	}
	if c.IsSet("patterns") && o.Patterns < 1 {
		return o, exit.Bad(fmt.Errorf("--patterns %d: want at least 1", o.Patterns))
	}
	return o, exit.Bad(o.Validate())
}

// autoWidth leaves the budget of neurons to rows held out.
const autoWidth = "auto"

// widthOption is the budget of neurons, nil for --width 0.
func widthOption(c *cli.Context) (*grade.Budget, error) {
	if c.String("width") == autoWidth {
		return nil, nil // part of the choice of beta
	}
	neurons, err := strconv.Atoi(c.String("width"))
	if err != nil {
		return nil, fmt.Errorf("--width %q: want a whole number, or auto", c.String("width"))
	}
	b := &grade.Budget{Neurons: neurons, Work: c.Float64("width-work"), Spread: c.Bool("spread")}
	if work := c.Float64("work"); c.IsSet("work") && work > 0 && !c.IsSet("width-work") {
		b.Work = min(b.Work, work)
	}
	switch {
	case b.Neurons < 0:
		return nil, fmt.Errorf("width is %d, want at least 0", b.Neurons)
	case b.Neurons > 0:
		return b, nil
	case b.Spread:
		return nil, errors.New("spread kinks are for several grades with a width and a bias")
	}
	return nil, nil
}

// setBeta sets the regularisation that is given or, with --validation and in fit, the
// choice of it, and how much work goes into that.
func setBeta(c *cli.Context, o *grade.Options) error {
	switch {
	case c.IsSet("beta-abs") && c.IsSet("beta"):
		return exit.Bad(errors.New("--beta and --beta-abs given, want one of them"))
	case c.IsSet("beta-abs"):
		o.Beta = grade.AbsoluteBeta(c.Float64("beta-abs"))
	case c.IsSet("beta"):
		o.Beta = grade.RelativeBeta(c.Float64("beta"))
	case c.IsSet("validation"):
		o.Beta = grade.DefaultCrossValidation()
	case !c.Args().Present():
		o.Beta = grade.RelativeBeta(run.EmbeddedBeta)
	}
	if err := setCrossValidation(c, o); err != nil {
		return err
	}
	cv, chosen := o.Beta.(grade.CrossValidation)
	switch {
	case chosen:
		if cv.OneStandardError = c.Bool("one-standard-error"); c.IsSet("work") && o.Limits.Work > 0 {
			cv.Work = min(cv.Work, o.Limits.Work)
		}
		o.Beta = cv
	case c.Bool("one-standard-error"):
		return exit.Bad(errors.New("--one-standard-error is for a beta chosen by --validation"))
	}
	return nil
}

// chooseLoss sets the loss asked for or, where none is, that of the task.
func chooseLoss(c *cli.Context, task grade.Task, o *grade.Options) error {
	o.Loss = task.Loss()
	if name := c.String("loss"); name != "" {
		if err := setLoss(name, o); err != nil {
			return exit.Bad(fmt.Errorf("--loss: %w", err))
		}
		if o.Loss == solver.Monotone {
			return exit.Bad(fmt.Errorf("--loss %q: want %s", name, solver.LossUsage()))
		}
	}
	if c.Bool("monotone") {
		if o.Loss != solver.Squared {
			return exit.Bad(fmt.Errorf("--monotone is for --loss squared, the loss is %s", o.Loss.Name()))
		}
		o.Loss = solver.Monotone
	}
	if c.IsSet("huber-threshold") {
		if o.Loss.Name() != "huber" {
			return exit.Bad(fmt.Errorf("--huber-threshold is for --loss huber, the loss is %s", o.Loss.Name()))
		}
		o.Loss = solver.Huber(c.Float64("huber-threshold"))
	}
	if w := c.String("class-weight"); w == grade.Balanced {
		o.BalancedClasses = true
	} else if c.IsSet("class-weight") {
		return exit.Bad(fmt.Errorf("--class-weight %q: want %s", w, grade.Balanced))
	}
	return exit.Bad(o.Validate())
}

// setLoss sets the loss of a name, or of a name and several levels of quantiles.
func setLoss(name string, o *grade.Options) (err error) {
	name, levels, err := grade.ParseQuantiles(name)
	if err != nil {
		return err
	}
	o.Quantiles = levels
	o.Loss, err = solver.ParseLoss(name)
	return err
}

// weightsFlag names the column of weights.
func weightsFlag() cli.Flag {
	return &cli.StringFlag{Name: "weights", Usage: "`COLUMN` of the training rows' weights in the loss, numbers > 0, of which only the ratios count; it is no feature"}
}

func parseActivation(name string) (solver.Activation, error) {
	a, err := solver.ParseActivation(name)
	if err != nil {
		err = fmt.Errorf("--activation: %w", err)
	}
	return a, exit.Bad(err)
}

// readGates reads --gates; the gates have one entry per input, the bias last.
func readGates(c *cli.Context, d int, l dataset.Limits, o *grade.Options) error {
	if !c.IsSet("gates") {
		return nil
	}
	raw, err := dataset.File(c.String("gates"), l)
	if err != nil {
		return exit.Bad(err)
	}
	o.Gates, err = dataset.ParseGates(c.Context, c.String("gates"), raw, columns(o, d), l)
	return exit.Bad(err)
}

// columns are those of the first grade: the features, and the bias if there is one.
func columns(o *grade.Options, features int) int {
	if o.Bias {
		features++
	}
	return features
}
