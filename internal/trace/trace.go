// Package trace keeps how the gaps of a training fell over time: a point now and
// then for every output of every grade, and one when it is solved. It holds times,
// so no two runs have the same trace, and nothing is claimed by it.
package trace

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"

	"multigrade/grade"
	"multigrade/solver"
)

// Solved is the phase of the last point of an output.
const Solved = "solved"

// Point is one moment in the solution of one output of one grade, both from 1.
// Numbers that are not known yet are NaN.
type Point struct {
	Grade, Output             int
	Seconds                   float64 // since the start of the run
	Phase                     string
	Neurons                   int
	Primal, Dual, RelGap      float64 // over the patterns listed at the time
	GlobalBound, GlobalRelGap float64 // over all patterns, the bound once solved
}

// Trace collects points; its methods may be called from several goroutines.
type Trace struct {
	mutex  sync.Mutex
	points []Point
	// last is the point that was taken last of every output, by grade and output.
	last map[[2]int]Point
	// begun is when the first point of an output was taken.
	begun map[[2]int]float64
}

// New returns a trace that goes on after the given points.
func New(points []Point) *Trace {
	return &Trace{points: points, last: map[[2]int]Point{}, begun: map[[2]int]float64{}}
}

// Points returns the points so far.
func (t *Trace) Points() []Point {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return append([]Point(nil), t.points...)
}

// Since is the time of the last point, 0 without one.
func (t *Trace) Since() float64 {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.points) == 0 {
		return 0
	}
	return t.points[len(t.points)-1].Seconds
}

// Progress takes a point if something changed and the last one of the output is not
// too recent: points are apart by a share of the time the output has taken, so that
// there are a few hundred, however long it takes.
func (t *Trace) Progress(p grade.Progress, seconds float64) {
	const apart, least = 0.02, 0.001
	t.mutex.Lock()
	defer t.mutex.Unlock()
	at := [2]int{p.Grade, p.Output}
	before, ok := t.last[at]
	if !ok {
		t.begun[at] = seconds
	} else if seconds-before.Seconds < math.Max(least, apart*(seconds-t.begun[at])) {
		return
	}
	now := point(p)
	if ok && now.saysNoMoreThan(before) {
		return
	}
	now.Seconds = seconds
	t.last[at] = now
	t.points = append(t.points, now)
}

// point is a report without its time.
func point(p grade.Progress) Point {
	now := Point{Grade: p.Grade, Output: p.Output, Phase: p.Phase, Neurons: p.Active,
		Primal: p.Primal, Dual: p.Dual, RelGap: p.RelGap, GlobalBound: math.NaN(), GlobalRelGap: math.NaN()}
	if p.Phase == solver.PhaseBound {
		now.RelGap, now.GlobalRelGap = solver.RelGap(p.Primal, p.Dual), p.RelGap
	}
	return now
}

// saysNoMoreThan reports whether nothing changed.
func (p Point) saysNoMoreThan(before Point) bool {
	return p.Phase == before.Phase && same(p.Primal, before.Primal) && same(p.Dual, before.Dual) && same(p.GlobalRelGap, before.GlobalRelGap)
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// Solved takes the last point of an output.
func (t *Trace) Solved(k, output int, s *grade.Solved, seconds float64) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.points = append(t.points, Point{Grade: k, Output: output, Seconds: seconds, Phase: Solved, Neurons: len(s.Output.Neurons),
		Primal: s.Primal, Dual: s.Dual, RelGap: s.RelGap, GlobalBound: s.GlobalBound, GlobalRelGap: s.GlobalRelGap})
}

var header = []string{"grade", "output", "seconds", "phase", "neurons", "primal", "dual", "rel_gap", "global_bound", "global_rel_gap"}

// Write writes the points as CSV; numbers that are not known are empty.
func (t *Trace) Write(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write(header)
	for _, p := range t.Points() {
		c.Write([]string{strconv.Itoa(p.Grade), strconv.Itoa(p.Output), strconv.FormatFloat(p.Seconds, 'f', 4, 64), p.Phase, strconv.Itoa(p.Neurons),
			number(p.Primal), number(p.Dual), number(p.RelGap), number(p.GlobalBound), number(p.GlobalRelGap)})
	}
	c.Flush()
	return c.Error()
}

func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Read reads what Write wrote; errors name the line.
func Read(r io.Reader) ([]Point, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0]) != len(header) {
		return nil, fmt.Errorf("line 1: want the columns %q", header)
	}
	var points []Point
	for i, row := range rows[1:] {
		p, err := parse(row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		points = append(points, p)
	}
	return points, nil
}

func parse(row []string) (Point, error) {
	p := Point{Phase: row[3]}
	var errs []error
	whole := func(column int, into *int) {
		var err error
		*into, err = strconv.Atoi(row[column])
		errs = append(errs, err)
	}
	float := func(column int, into *float64) {
		if *into = math.NaN(); row[column] != "" {
			var err error
			*into, err = strconv.ParseFloat(row[column], 64)
			errs = append(errs, err)
		}
	}
	whole(0, &p.Grade)
	whole(1, &p.Output)
	float(2, &p.Seconds)
	whole(4, &p.Neurons)
	for k, v := range []*float64{&p.Primal, &p.Dual, &p.RelGap, &p.GlobalBound, &p.GlobalRelGap} {
		float(5+k, v)
	}
	return p, errors.Join(errs...)
}
