// Package trace keeps how the gaps of a training fell over time: a point now and
// then for every output of every grade, and one when it is solved, before which stands
// how its search over all patterns went. It holds times, so no two runs have the same
// trace, and nothing is claimed by it.
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

// Solved is the phase of the last point of an output, Searched that of the points of its
// search over all patterns, whose times are that of the last point.
const (
	Solved   = "solved"
	Searched = "searched"
)

// Point is one moment in the solution of one output of one grade, both from 1.
// Numbers that are not known yet are NaN.
type Point struct {
	Grade, Output             int
	Seconds                   float64 // since the start of the run
	Phase                     string
	Neurons                   int
	Primal, Dual, RelGap      float64 // over the patterns listed at the time
	GlobalBound, GlobalRelGap float64 // over all patterns, the bound once solved
	// Search is, of a point of phase Searched, how far the search was, in units of n beta;
	// else nil.
	Search *solver.SearchPoint
	// NotAttempted says, once solved, why there was no search over all patterns, or why it was left, "" where
	// there was one or none was asked for.
	NotAttempted string
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

// Solved takes the last points of an output.
func (t *Trace) Solved(k, output int, s *grade.Solved, seconds float64) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if s.Evidence != nil {
		unknown := math.NaN()
		for _, at := range s.Evidence.Bound.Search {
			t.points = append(t.points, Point{Grade: k, Output: output, Seconds: seconds, Phase: Searched, Neurons: len(s.Output.Neurons),
				Primal: unknown, Dual: unknown, RelGap: unknown, GlobalBound: unknown, GlobalRelGap: unknown, Search: &at})
		}
	}
	t.points = append(t.points, Point{Grade: k, Output: output, Seconds: seconds, Phase: Solved, Neurons: len(s.Output.Neurons),
		Primal: s.Primal, Dual: s.Dual, RelGap: s.RelGap, GlobalBound: s.GlobalBound, GlobalRelGap: s.GlobalRelGap, NotAttempted: s.NotAttempted})
}

// SearchOf is how the search of an output went, nil where there was none: that of the last
// time, where the output was solved more than once.
func SearchOf(points []Point, grade, output int) []solver.SearchPoint {
	var search []solver.SearchPoint
	for _, p := range points {
		if p.Grade != grade || p.Output != output || p.Search == nil {
			continue
		}
		if n := len(search); n > 0 && p.Search.Nodes <= search[n-1].Nodes {
			search = nil
		}
		search = append(search, *p.Search)
	}
	return search
}

// NotAttempted is why there was no search for an output, "" where there was one, none was
// asked for or it is not solved.
func NotAttempted(points []Point, grade, output int) (why string) {
	for _, p := range points {
		if p.Grade == grade && p.Output == output && p.Phase == Solved {
			why = p.NotAttempted
		}
	}
	return why
}

// header has the columns; traces of earlier versions end after the first oldColumns.
var header = []string{"grade", "output", "seconds", "phase", "neurons", "primal", "dual", "rel_gap", "global_bound", "global_rel_gap",
	"nodes", "search_bound", "search_value", "not_attempted"}

const oldColumns = 10

// Write writes the points as CSV; numbers that are not known are empty.
func (t *Trace) Write(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write(header)
	for _, p := range t.Points() {
		row := []string{strconv.Itoa(p.Grade), strconv.Itoa(p.Output), strconv.FormatFloat(p.Seconds, 'f', 4, 64), p.Phase, strconv.Itoa(p.Neurons),
			number(p.Primal), number(p.Dual), number(p.RelGap), number(p.GlobalBound), number(p.GlobalRelGap)}
		if at := p.Search; at != nil {
			row = append(row, strconv.Itoa(at.Nodes), number(at.Upper), number(at.Lower))
		} else {
			row = append(row, "", "", "")
		}
		c.Write(append(row, p.NotAttempted))
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
	if len(rows) == 0 || len(rows[0]) != len(header) && len(rows[0]) != oldColumns {
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
	if len(row) == oldColumns {
		return p, errors.Join(errs...)
	}
	if row[oldColumns] != "" {
		p.Search = new(solver.SearchPoint)
		whole(oldColumns, &p.Search.Nodes)
		float(oldColumns+1, &p.Search.Upper)
		float(oldColumns+2, &p.Search.Lower)
	}
	p.NotAttempted = row[oldColumns+3]
	return p, errors.Join(errs...)
}
