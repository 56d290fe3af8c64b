package experiment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"multigrade/internal/exit"
	"multigrade/solver"
)

// Timing is one problem with one activation, solved by one method.
type Timing struct {
	Problem    string  `json:"problem"`
	Rows       int     `json:"rows"`
	Columns    int     `json:"columns"`
	Patterns   int     `json:"patterns"`
	Activation string  `json:"activation"`
	Loss       string  `json:"loss"`
	Intercept  bool    `json:"intercept"`
	Beta       float64 `json:"beta"`
	Seconds    float64 `json:"seconds"`
	// Processor is the time of all processors in seconds, which a busy machine disturbs
	// little; nil where the system does not say.
	Processor  *float64 `json:"cpu_seconds"`
	Iterations int      `json:"iterations"`
	Primal     float64  `json:"primal"`
	RelGap     float64  `json:"rel_gap"`
	Neurons    int      `json:"neurons"`
	Status     string   `json:"status"`
	Asked      string   `json:"asked"`  // the name of the method, or auto
	Method     string   `json:"method"` // what it was, with its linear system
}

func FindProblems(only string) ([]Problem, error) {
	if only == "" {
		return slices.Clone(problems), nil
	}
	k := slices.IndexFunc(problems, func(b Problem) bool { return b.name == only })
	if k < 0 {
		return nil, exit.Bad(fmt.Errorf("--only %q: want one of %s", only, problemNames()))
	}
	return slices.Clone(problems[k : k+1]), nil
}

// TimeAll runs the problems by each of the methods that suits until the context ends;
// the status is the worst.
func TimeAll(ctx context.Context, problems []Problem, patterns, repeat int, seed uint64, methods []solver.Method, o solver.Options) ([]Timing, solver.Status, error) {
	worst, rows := solver.Optimal, []Timing{}
	for _, b := range problems {
		p, err := b.program(ctx, patterns, seed)
		if err != nil {
			return rows, worst, err
		}
		for _, a := range []solver.Activation{solver.ReLU, solver.Gated} {
			p.Activation = a
			for _, o.Method = range methods {
				if o.Method.Suits(p) != nil {
					continue
				}
				row, status, err := timeOne(ctx, b.name, p, repeat, o)
				if err != nil {
					return rows, worst, err
				}
				rows, worst = append(rows, row), max(worst, status)
				if ctx.Err() != nil {
					return rows, solver.Interrupted, nil
				}
			}
		}
	}
	return rows, worst, nil
}

// timeOne solves one problem repeatedly.
func timeOne(ctx context.Context, name string, p *solver.Problem, repeat int, o solver.Options) (Timing, solver.Status, error) {
	var r *solver.Result
	var seconds, processor []float64
	for range repeat {
		started := time.Now()
		before, _ := processorTime()
		var err error
		if r, err = solver.Solve(ctx, p, o); err != nil {
			return Timing{}, solver.Limit, fmt.Errorf("%s, %v: %w", name, p.Activation, err)
		}
		seconds = append(seconds, time.Since(started).Seconds())
		if after, known := processorTime(); known {
			processor = append(processor, after-before)
		}
		if ctx.Err() != nil {
			break
		}
	}
	n, d := p.X.Dims()
	t := Timing{Problem: name, Rows: n, Columns: d, Patterns: len(p.Cells), Activation: p.Activation.String(), Loss: p.LossOrSquared().Name(), Intercept: p.Intercept, Beta: p.Beta,
		Seconds: median(seconds), Iterations: r.Iterations, Primal: r.Primal, RelGap: r.RelGap,
		Neurons: len(r.Network.Neurons), Status: r.Status.String(), Asked: o.Method.String(), Method: r.Method}
	if len(processor) > 0 {
		used := median(processor)
		t.Processor = &used
	}
	return t, r.Status, nil
}

// median sorts v.
func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
