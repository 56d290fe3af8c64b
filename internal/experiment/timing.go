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
	Processor *float64 `json:"cpu_seconds"`
	// Peak is the most memory that the process had, in bytes, the problem itself included.
	Peak       uint64  `json:"peak_bytes"`
	Iterations int     `json:"iterations"`
	Primal     float64 `json:"primal"`
	RelGap     float64 `json:"rel_gap"`
	Neurons    int     `json:"neurons"`
	Status     string  `json:"status"`
	Asked      string  `json:"asked"`  // the name of the method, or auto
	Method     string  `json:"method"` // what it was, with its linear system
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
	took, err := stopwatch(ctx, repeat, func() (err error) {
		r, err = solver.Solve(ctx, p, o)
		return err
	})
	if err != nil {
		return Timing{}, solver.Limit, fmt.Errorf("%s, %v: %w", name, p.Activation, err)
	}
	n, d := p.X.Dims()
	t := Timing{Problem: name, Rows: n, Columns: d, Patterns: len(p.Cells), Activation: p.Activation.String(), Loss: p.LossOrSquared().Name(), Intercept: p.Intercept, Beta: p.Beta,
		Iterations: r.Iterations, Primal: r.Primal, RelGap: r.RelGap,
		Neurons: len(r.Network.Neurons), Status: r.Status.String(), Asked: o.Method.String(), Method: r.Method}
	took.set(&t)
	return t, r.Status, nil
}

// measured is what calls took.
type measured struct {
	seconds, processor []float64
	peak               uint64 // of all
}

// stopwatch calls f repeatedly, until ctx ends.
func stopwatch(ctx context.Context, repeat int, f func() error) (m measured, err error) {
	for range repeat {
		peak := peakMemory(func() {
			var one Timing
			clock := startLap()
			err = f()
			clock.stop(&one)
			m.add(&one)
		})
		if m.peak = max(m.peak, peak); err != nil || ctx.Err() != nil {
			break
		}
	}
	return m, err
}

// add takes in what a call took.
func (m *measured) add(t *Timing) {
	m.seconds = append(m.seconds, t.Seconds)
	if t.Processor != nil {
		m.processor = append(m.processor, *t.Processor)
	}
}

// set enters the medians.
func (m *measured) set(t *Timing) {
	t.Seconds, t.Peak = median(m.seconds), m.peak
	if len(m.processor) > 0 {
		used := median(m.processor)
		t.Processor = &used
	}
}

// median sorts v.
func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// lap is a clock that was started.
type lap struct {
	started   time.Time
	processor float64
}

func startLap() lap {
	used, _ := processorTime()
	return lap{time.Now(), used}
}

// stop enters what has passed since.
func (l *lap) stop(t *Timing) {
	t.Seconds = time.Since(l.started).Seconds()
	if now, known := processorTime(); known {
		used := now - l.processor
		t.Processor = &used
	}
}
