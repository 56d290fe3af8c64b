package experiment

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/hyperplane"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
	"multigrade/testdata"
)

// Aim is something that one waits for: a line of the scale suite beside its axes.
type Aim struct {
	Name string
	// Takes are about the processor seconds that a run of it takes (two cores with AVX-512), 0 where
	// they are less than ten. A line that takes any is left out unless asked for.
	Takes float64
	// task prepares what is timed, which fills in what it came to but times.
	task func(ctx context.Context, seed uint64, o solver.Options) (func(t *Timing) (solver.Status, error), error)
}

// Aims are those of the scale suite.
var Aims = []Aim{
	{Name: "default run", task: defaultRun(0)},
	{Name: "default run, one thread", task: defaultRun(1)},
	{Name: "first model, co2", task: firstModel(embedded("co2_weekly.csv", testdata.CO2Weekly))},
	{Name: "first model, diabetes", task: firstModel(embedded("diabetes.csv", testdata.Diabetes))},
	{Name: "first model, 10000 x 10", task: firstModel(planted(10_000, 10, 8))},
	{Name: "within 1e-3, diabetes", task: withinThousandth(problem(diabetes, gatedBeta))},
	{Name: "within 1e-3, 400 x 10", task: withinThousandth(problem(planter(400, 9, 8), 0))},
	{Name: "within 1e-3, 1000 x 20", task: withinThousandth(problem(planter(1000, 19, 10), teacherBeta))},
	{Name: "cross-validated, diabetes", task: crossValidated(embedded("diabetes.csv", testdata.Diabetes))},
	{Name: "gated to 1e-3, diabetes, 100 gates", task: listed(diabetes, 100, solver.Gated, gatedBeta, gatedGap)},
	{Name: "gated to 1e-3, diabetes, 500 gates", task: listed(diabetes, 500, solver.Gated, gatedBeta, gatedGap)},
	{Name: "gated to 1e-3, 1000 x 20, 100 gates", task: listed(planter(1000, 19, 10), 100, solver.Gated, gatedBeta, gatedGap)},
	{Name: "restricted, 2000 x 50, 100 gates", task: listed(planter(2000, 49, 8), 100, solver.ReLU, scaleBeta, 0)},
	{Name: "restricted, 2000 x 100, 100 gates", Takes: 20, task: listed(planter(2000, 99, 8), 100, solver.ReLU, scaleBeta, 0)},
	{Name: "restricted, 1000000 x 10, 100 gates", Takes: 60, task: listed(planter(1_000_000, 9, 8), 100, solver.ReLU, scaleBeta, 0)},
	// It takes more: on a processor half as fast it had not ended after 455, a gap of 0.49 after 229, and the first pricings project on 100 cones in 1000 columns.
	{Name: "logistic, sparse 2000 x 1000, 50 gates", Takes: 200, task: listedLogistic(2000, 1000, 50)},
	{Name: "global, 10000 x 10", Takes: 25, task: everywhere(planter(10_000, 9, 8))},
	{Name: "global, 100000 x 10", Takes: 60, task: everywhere(planter(100_000, 9, 8))},
}

const (
	// gatedBeta and gatedGap are those at which group lasso solvers were timed, teacherBeta
	// that of the standard problem.
	gatedBeta, gatedGap = 0.05, 1e-3
	teacherBeta         = 0.03
	// thousandth is near enough to the final objective to be as good.
	thousandth = 1e-3
)

// run times an aim, as often as asked for.
func (a *Aim) run(ctx context.Context, repeat int, seed uint64, o solver.Options) (Timing, solver.Status, error) {
	t := Timing{Problem: a.Name}
	do, err := a.task(ctx, seed, o)
	if err != nil {
		return t, solver.Limit, fmt.Errorf("%s: %w", a.Name, err)
	}
	status := solver.Optimal
	var own measured // by the task, which goes on after what is timed
	took, err := stopwatch(ctx, repeat, func() (err error) {
		t.Seconds, t.Processor = 0, nil
		if status, err = do(&t); t.Seconds > 0 {
			own.add(&t)
		}
		return err
	})
	if err != nil {
		return t, status, fmt.Errorf("%s: %w", a.Name, err)
	}
	if len(own.seconds) > 0 {
		took.seconds, took.processor = own.seconds, own.processor
	}
	took.set(&t)
	t.Status = status.String()
	return t, status, nil
}

type (
	task   = func(ctx context.Context, seed uint64, o solver.Options) (func(t *Timing) (solver.Status, error), error)
	source = func(ctx context.Context, seed uint64) (*grade.Data, error)
	made   = func(seed uint64) (mat.Matrix, []float64, error)
)

// planter makes a teacher's data.
func planter(rows, inputs, hidden int) made {
	return func(seed uint64) (mat.Matrix, []float64, error) { return teacher(rows, inputs, hidden, seed) }
}

// embedded is a data set of the repository.
func embedded(name string, raw []byte) source {
	return func(ctx context.Context, _ uint64) (*grade.Data, error) {
		d, err := dataset.Read(ctx, name, raw, dataset.Options{Limits: dataset.DefaultLimits()})
		if err != nil {
			return nil, err
		}
		return run.TrainingData(d, "")
	}
}

// planted is a table of a teacher's data.
func planted(rows, inputs, hidden int) source {
	return func(_ context.Context, seed uint64) (*grade.Data, error) {
		x, y, err := teacher(rows, inputs, hidden, seed)
		if err != nil {
			return nil, err
		}
		return tableOf(x.(*mat.Dense).Slice(0, rows, 0, inputs), y), nil
	}
}

// tableOf is data with columns x1, x2, .. and the target y.
func tableOf(x mat.Matrix, y []float64) *grade.Data {
	rows, inputs := x.Dims()
	s := grade.Source{Rows: rows, Features: inputs, Target: []string{"y"}}
	for j := range inputs {
		s.Columns = append(s.Columns, fmt.Sprintf("x%d", j+1))
	}
	return &grade.Data{Source: s, X: x, Labels: grade.Labels{Y: [][]float64{y}}}
}

// describe fills in what a run came to: gaps are over what the scope says.
func describe(t *Timing, r *grade.Run, data *grade.Data, o *grade.Options) {
	t.Rows, t.Columns = data.X.Dims()
	t.Activation, t.Iterations, t.Neurons, t.RelGap, t.Patterns = o.Activation.String(), 0, 0, 0, 0
	t.Loss = r.Model.Loss
	for _, g := range r.Grades {
		a := g.Sum()
		t.Iterations += a.Iterations
		t.Neurons += g.Grade.Neurons()
		gap := a.GlobalRelGap
		if o.Scope == grade.Restricted {
			gap = a.RelGap
		}
		t.Primal, t.RelGap, t.Patterns = a.Primal, math.Max(t.RelGap, gap), t.Patterns+a.Patterns
	}
}

// defaultRun is that without any data named, on so many threads, 0: all.
func defaultRun(threads int) task {
	of := trained(embedded("co2_weekly.csv", testdata.CO2Weekly), func(o *grade.Options) { o.Beta = grade.RelativeBeta(run.EmbeddedBeta) })
	return func(ctx context.Context, seed uint64, o solver.Options) (func(*Timing) (solver.Status, error), error) {
		do, err := of(ctx, seed, o)
		if err != nil || threads == 0 {
			return do, err
		}
		return func(t *Timing) (solver.Status, error) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
			return do(t)
		}, nil
	}
}

// untilDraft ends a training with its first model of all grades.
type untilDraft struct {
	grade.Silent
	draft *grade.Draft
	end   context.CancelFunc
	mark  func()
}

func (u *untilDraft) Drafted(d *grade.Draft) {
	u.mark()
	u.draft = d
	u.end()
}

// firstModel is the time until a run has a network for every grade.
func firstModel(of source) task {
	return func(ctx context.Context, seed uint64, like solver.Options) (func(*Timing) (solver.Status, error), error) {
		data, err := of(ctx, seed)
		if err != nil {
			return nil, err
		}
		o := optionsLike(seed, like)
		return func(t *Timing) (solver.Status, error) {
			within, end := context.WithCancel(ctx)
			defer end()
			clock := startLap()
			u := &untilDraft{end: end, mark: func() { clock.stop(t) }}
			r, err := grade.Resume(within, data, o, grade.Earlier{}, u)
			switch {
			case err != nil:
				return solver.Limit, err
			case ctx.Err() != nil || u.draft == nil:
				return solver.Interrupted, nil
			}
			describe(t, r, data, &o)
			return solver.Limit, nil
		}, nil
	}
}

// optionsLike are the default ones with the seed and what else is asked of all lines.
func optionsLike(seed uint64, like solver.Options) grade.Options {
	o := grade.DefaultOptions()
	o.Seed, o.Tol, o.Method, o.Limits.Time = seed, like.Tol, like.Method, like.TimeLimit
	return o
}

// crossValidated is a fit with every choice made.
func crossValidated(of source) task { return trained(of, chosenBeta) }

// trained is a training with the default options but for what is set.
func trained(of source, set func(o *grade.Options)) task {
	return func(ctx context.Context, seed uint64, like solver.Options) (func(*Timing) (solver.Status, error), error) {
		data, err := of(ctx, seed)
		if err != nil {
			return nil, err
		}
		o := optionsLike(seed, like)
		set(&o)
		if err := o.Validate(); err != nil {
			return nil, exit.Bad(err)
		}
		return func(t *Timing) (solver.Status, error) {
			r, err := grade.Train(ctx, data, o)
			if err != nil {
				return solver.Limit, err
			}
			describe(t, r, data, &o)
			return r.Status, nil
		}, nil
	}
}

// problem makes one over all patterns without a constant; where beta is 0, it is scaleBeta
// times beta_max.
func problem(of made, beta float64) func(ctx context.Context, seed uint64) (*solver.Problem, error) {
	return func(ctx context.Context, seed uint64) (*solver.Problem, error) {
		x, y, err := of(seed)
		if err != nil {
			return nil, err
		}
		p := &solver.Problem{X: x, Y: y, Beta: beta}
		if beta > 0 {
			return p, nil
		}
		b := solver.DefaultBoundOptions()
		b.MaxLeaves = 0
		most, err := solver.BetaMaxGlobal(ctx, p, b)
		p.Beta = scaleBeta * most
		return p, err
	}
}

// searched solves p over all patterns within the default work, without branch and bound.
func searched(ctx context.Context, t *Timing, p solver.Problem, seed uint64, o solver.Options) (*solver.GlobalResult, error) {
	g := solver.DefaultGlobalOptions()
	g.Options, g.Seed, g.BoundLeaves = o, seed, 0
	n, d := p.X.Dims()
	p.Account = solver.NewAccount(1e9 * grade.WorkOf(grade.Global, n, d))
	r, err := solver.SolveGlobal(ctx, &p, g)
	if err != nil {
		return nil, err
	}
	t.Rows, t.Columns, t.Patterns, t.Activation, t.Loss, t.Intercept, t.Beta = n, d, len(r.Cells), p.Activation.String(), p.LossOrSquared().Name(), p.Intercept, p.Beta
	t.Iterations, t.Primal, t.RelGap, t.Neurons, t.Asked, t.Method = r.Iterations, r.Primal, r.GlobalRelGap, len(r.Network.Neurons), o.Method.String(), r.Method
	return r, nil
}

// withinThousandth is the time after which the objective was never more than a thousandth
// above the final one; the bound over all patterns is the closed form.
func withinThousandth(of func(ctx context.Context, seed uint64) (*solver.Problem, error)) task {
	return func(ctx context.Context, seed uint64, o solver.Options) (func(*Timing) (solver.Status, error), error) {
		p, err := of(ctx, seed)
		if err != nil {
			return nil, err
		}
		return func(t *Timing) (solver.Status, error) {
			type point struct {
				took   Timing
				primal float64
			}
			var points []point
			clock := startLap()
			o := o
			o.Progress = func(now solver.Progress) {
				if k := len(points); !math.IsNaN(now.Primal) && (k == 0 || now.Primal < points[k-1].primal) {
					var at Timing
					clock.stop(&at)
					points = append(points, point{at, now.Primal})
				}
			}
			r, err := searched(ctx, t, *p, seed, o)
			if err != nil {
				return solver.Limit, err
			}
			for _, at := range points {
				if at.primal <= r.Primal*(1+thousandth) {
					t.Seconds, t.Processor = at.took.Seconds, at.took.Processor
					break
				}
			}
			return r.GlobalStatus, nil
		}, nil
	}
}

// everywhere solves over all patterns, as a grade does.
func everywhere(of made) task {
	return func(ctx context.Context, seed uint64, o solver.Options) (func(*Timing) (solver.Status, error), error) {
		p, err := problem(of, 0)(ctx, seed)
		if err != nil {
			return nil, err
		}
		return func(t *Timing) (solver.Status, error) {
			r, err := searched(ctx, t, *p, seed, o)
			if err != nil {
				return solver.Limit, err
			}
			return r.GlobalStatus, nil
		}, nil
	}
}

// listed solves over sampled gates to a relative gap, 0: that of the options.
func listed(of made, gates int, a solver.Activation, beta, gap float64) task {
	return func(ctx context.Context, seed uint64, o solver.Options) (func(*Timing) (solver.Status, error), error) {
		p, err := Problem{beta: beta, data: of}.program(ctx, gates, seed)
		if err != nil {
			return nil, err
		}
		p.Activation = a
		return solvedOnce(ctx, p, o, gap), nil
	}
}

// solvedOnce solves p.
func solvedOnce(ctx context.Context, p *solver.Problem, o solver.Options, gap float64) func(*Timing) (solver.Status, error) {
	if gap > 0 {
		o.Tol = gap
	}
	return func(t *Timing) (solver.Status, error) {
		once, status, err := timeOne(ctx, t.Problem, p, 1, o)
		*t = once
		return status, err
	}
}

// listedLogistic is the logistic loss of labels of sparse rows, of about twelve ones each.
func listedLogistic(n, d, gates int) task {
	return func(ctx context.Context, seed uint64, o solver.Options) (func(*Timing) (solver.Status, error), error) {
		const ones = 12
		rnd := rand.New(rand.NewPCG(seed, 0x59a2e))
		w := make([]float64, d)
		for j := range w {
			w[j] = rnd.NormFloat64()
		}
		x, y := sparse.NewDOK(n, d), make([]float64, n)
		for i := range y {
			sum := rnd.NormFloat64()
			for range ones {
				j := rnd.IntN(d)
				x.Set(i, j, 1)
				sum += w[j]
			}
			y[i] = math.Copysign(1, sum)
		}
		p := &solver.Problem{X: x.ToCSR(), Y: y, Loss: solver.Logistic, Intercept: true}
		var err error
		if p.Cells, err = hyperplane.SampleGaussian(ctx, p.X, gates, seed); err != nil {
			return nil, err
		}
		most, err := solver.BetaMax(ctx, p)
		if err != nil {
			return nil, err
		}
		p.Beta = scaleBeta * most
		return solvedOnce(ctx, p, o, 0), nil
	}
}
