package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"multigrade/internal/chart"
	"multigrade/internal/exit"
	"multigrade/solver"
)

// Axis is what grows in a row of problems, everything else as in the base of 1000
// rows, 10 inputs, 50 gates and a teacher of 8 neurons.
type Axis struct {
	Name   string
	Values []int
}

// Axes are those of the scale suite.
var Axes = []Axis{
	{"rows", []int{1000, 4000, 16_000, 64_000}},
	{"inputs", []int{10, 20, 40, 80}},
	{"gates", []int{50, 100, 200, 400}},
	{"neurons", []int{2, 8, 32}},
}

// scaleBeta is the regularisation of all problems of the suite.
const scaleBeta = 0.01

// Growth is how the time grows along an axis.
type Growth struct {
	Axis string `json:"axis"`
	// Exponent is the slope of the logarithm of seconds, of all processors where they are
	// known, over that of the value.
	Exponent float64  `json:"exponent"`
	Values   []int    `json:"values"`
	Rows     []Timing `json:"rows"`
}

// FindScale are the axis or the aim of that name, or all axes and the aims, those that
// take long if asked for, and those of a folder of data sets if one is given.
func FindScale(only string, long bool, folder string) (axes []Axis, aims []Aim, err error) {
	known := Aims
	if folder != "" {
		of, err := FolderAims(folder)
		if err != nil {
			return nil, nil, err
		}
		known = slices.Concat(Aims, of)
	}
	if only == "" {
		return Axes, slices.DeleteFunc(slices.Clone(known), func(a Aim) bool { return a.Takes > 0 && !long }), nil
	}
	var names []string
	for _, a := range Axes {
		if a.Name == only {
			return []Axis{a}, nil, nil
		}
		names = append(names, a.Name)
	}
	for _, a := range known {
		if a.Name == only {
			return nil, []Aim{a}, nil
		}
		names = append(names, fmt.Sprintf("%q", a.Name))
	}
	return nil, nil, exit.Bad(fmt.Errorf("--only %q: want one of %s", only, strings.Join(names, ", ")))
}

// TimeAims times the aims until the context ends, and tells of each when it is done; the status is
// the worst. Those that take long are timed once.
func TimeAims(ctx context.Context, aims []Aim, repeat int, seed uint64, o solver.Options, done func(Timing)) ([]Timing, solver.Status, error) {
	worst, rows := solver.Optimal, []Timing{}
	for k := range aims {
		times := repeat
		if aims[k].Takes > 0 {
			times = 1
		}
		row, status, err := aims[k].run(ctx, times, seed, o)
		if err != nil {
			return rows, worst, err
		}
		rows, worst = append(rows, row), max(worst, status)
		done(row)
		if ctx.Err() != nil {
			return rows, solver.Interrupted, nil
		}
	}
	return rows, worst, nil
}

// Scale times ReLU programs over sampled gates along the axes until the context ends, and tells of each
// axis when it is done; the status is the worst.
func Scale(ctx context.Context, axes []Axis, repeat int, seed uint64, o solver.Options, done func(Growth)) ([]Growth, solver.Status, error) {
	worst, all := solver.Optimal, []Growth{}
	for _, axis := range axes {
		g := Growth{Axis: axis.Name}
		for _, v := range axis.Values {
			rows, inputs, gates, neurons := 1000, 10, 50, 8
			*map[string]*int{"rows": &rows, "inputs": &inputs, "gates": &gates, "neurons": &neurons}[axis.Name] = v
			b := Problem{name: axis.Name, beta: scaleBeta, data: planter(rows, inputs, neurons)}
			p, err := b.program(ctx, gates, seed)
			if err != nil {
				return all, worst, err
			}
			row, status, err := timeOne(ctx, b.name, p, repeat, o)
			if err != nil {
				return all, worst, err
			}
			g.Values, g.Rows, worst = append(g.Values, v), append(g.Rows, row), max(worst, status)
			if ctx.Err() != nil {
				done(g)
				return append(all, g), solver.Interrupted, nil
			}
		}
		g.Exponent = exponent(g.Values, g.Rows)
		all = append(all, g)
		done(g)
	}
	return all, worst, nil
}

// cost is the time of all processors where it is known, else that on the clock.
func (t *Timing) cost() float64 {
	if t.Processor != nil {
		return *t.Processor
	}
	return t.Seconds
}

// exponent is the least-squares slope of log cost over log value.
func exponent(values []int, rows []Timing) float64 {
	var x, y []float64
	for k, v := range values {
		x, y = append(x, math.Log(float64(v))), append(y, math.Log(rows[k].cost()))
	}
	_, slope := stat.LinearRegression(x, y, nil, false)
	return slope
}

// GrowthCharts draw the cost along each axis.
func GrowthCharts(all []Growth) []*chart.Chart {
	var charts []*chart.Chart
	for _, g := range all {
		c := chart.New(chart.Half, g.Axis, fmt.Sprintf("processor seconds, exponent %.2f", g.Exponent)).LogX().LogY()
		var points []chart.XY
		for k, v := range g.Values {
			points = append(points, chart.XY{X: float64(v), Y: g.Rows[k].cost()})
		}
		c.Curve("", chart.Several(0), points)
		c.Points("", chart.Several(0), points, 2.2)
		charts = append(charts, c)
	}
	return charts
}
