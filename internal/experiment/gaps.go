package experiment

import (
	"context"
	"fmt"
	"math"
	"time"

	"multigrade/internal/chart"
	"multigrade/solver"
)

// GapCharts draws, for either activation of a problem, how the certified relative gap
// of every method that suits falls over the time of one solve by itself.
func GapCharts(ctx context.Context, b Problem, patterns int, seed uint64, o solver.Options) ([]*chart.Chart, error) {
	p, err := b.program(ctx, patterns, seed)
	if err != nil {
		return nil, err
	}
	var charts []*chart.Chart
	for _, p.Activation = range []solver.Activation{solver.ReLU, solver.Gated} {
		c := chart.New(chart.Half, fmt.Sprintf("seconds, %s, %d x %s, %d patterns", b.name, len(p.Y), chart.Number(float64(columns(p))), len(p.Cells)), fmt.Sprintf("relative gap, %v", p.Activation)).LogX().LogY()
		last := 0.0
		for k, m := range solver.Methods()[1:] {
			if m.Suits(p) != nil {
				continue
			}
			o.Method = m
			gaps, err := gapOverTime(ctx, p, o)
			if err != nil {
				return nil, fmt.Errorf("%s, %v: %w", b.name, p.Activation, err)
			}
			if len(gaps) > 0 {
				last = math.Max(last, gaps[len(gaps)-1].X)
			}
			c.Curve(m.String(), chart.Several(k), gaps)
			c.Points("", chart.Several(k), gaps[max(0, len(gaps)-1):], 2.2)
		}
		c.Level("tolerance", chart.Target, o.Tol, gapsFrom, last)
		charts = append(charts, c)
	}
	return charts, nil
}

func columns(p *solver.Problem) int { _, d := p.X.Dims(); return d }

// gapsFrom is the time, in seconds, at which the curves begin: less than the first
// pricing of a standard problem takes.
const gapsFrom = 1e-3

// gapOverTime is a staircase: the gap certified so far, from a time on.
func gapOverTime(ctx context.Context, p *solver.Problem, o solver.Options) ([]chart.XY, error) {
	var gaps []chart.XY
	started, gap := time.Now(), 1.0
	note := func(now float64) {
		at := math.Max(time.Since(started).Seconds(), gapsFrom)
		if now < gap {
			gaps = append(gaps, chart.XY{X: at, Y: gap}, chart.XY{X: at, Y: now})
			gap = now
		}
	}
	gaps = append(gaps, chart.XY{X: gapsFrom, Y: gap})
	o.Progress = func(s solver.Progress) { note(s.RelGap) }
	r, err := solver.Solve(ctx, p, o)
	if err != nil {
		return nil, err
	}
	note(r.RelGap)
	return append(gaps, chart.XY{X: math.Max(time.Since(started).Seconds(), gapsFrom), Y: gap}), nil
}
