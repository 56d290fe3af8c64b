package approx

import (
	"fmt"
	"math"
	"sort"
)

// Table is the piecewise linear target that interpolates Values at the (M+1)^dim nodes of a grid on its Kuhn
// triangulation: a broken line for dim = 1. M need not be a power of two.
type Table struct {
	Grid   Grid
	Values []float64 // row-major, first coordinate slowest
}

// NewTable checks the values: (m+1)^dim finite numbers.
func NewTable(dim, m int, values []float64) (*Table, error) {
	if err := checkSamples(dim, m, values); err != nil {
		return nil, err
	}
	return &Table{Grid{dim, m}, append([]float64(nil), values...)}, nil
}

func checkSamples(dim, m int, values []float64) error {
	if dim < 1 || dim > 9 {
		return fmt.Errorf("dimension %d: expected 1 to 9", dim)
	}
	if m < 1 || m > 1<<24 {
		return fmt.Errorf("a table with %d values per coordinate: expected 2 to 2^24+1", m+1)
	}
	if want := (Grid{dim, m}).Nodes(); len(values) != want {
		return fmt.Errorf("%d values: expected %d (%d per coordinate, dimension %d)", len(values), want, m+1, dim)
	}
	for i, v := range values {
		if v != v || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %g: expected a finite number", i+1, v)
		}
	}
	return nil
}

// Dim returns the dimension of the cube.
func (t *Table) Dim() int { return t.Grid.Dim }

func (t *Table) newBounder() bounder { return &tableBounder{t: t, strides: t.Grid.strides()} }

type tableBounder struct {
	t       *Table
	strides []int
}

// at interpolates with directed rounding. M*x is exact for the dyadic nodes of a scheme (M, N <= 2^24).
func (b *tableBounder) at(x []float64) (Interval, error) {
	g := b.t.Grid
	u, order := make([]float64, g.Dim), make([]int, g.Dim)
	i := 0
	for j := range x {
		t := x[j] * float64(g.N)
		k := min(int(t), g.N-1)
		u[j], order[j] = t-float64(k), j
		i += k * b.strides[j]
	}
	sort.SliceStable(order, func(p, q int) bool { return u[order[p]] > u[order[q]] })
	sum, left := Point(0), 1.0
	for _, j := range order {
		sum = sum.add(Point(left).sub(Point(u[j])).mul(Point(b.t.Values[i])))
		left = u[j]
		i += b.strides[j]
	}
	return sum.add(Point(left).mul(Point(b.t.Values[i]))), nil
}

// deviation is 0 where the simplices of the box lie within those of the table, else from the hull of the slopes
// of the table's edges in the cells that the box meets.
func (b *tableBounder) deviation(box []Interval, _ Interval) (deviation, error) {
	g := b.t.Grid
	n := int(math.Round(1 / (box[0].Hi - box[0].Lo)))
	if n%g.N == 0 {
		return deviation{}, nil
	}
	from, to := make([]int, g.Dim), make([]int, g.Dim)
	for j, s := range box {
		from[j] = min(int(s.Lo*float64(g.N)), g.N-1)
		to[j] = max(from[j]+1, int(math.Ceil(s.Hi*float64(g.N))))
	}
	slope := make([]Interval, g.Dim)
	for j := range slope {
		slope[j] = b.slope(j, from, to)
	}
	return parabolic(slopeDeviation(slope, box)), nil
}

// slope is the hull of M (v(a+e_j) - v(a)) over the edges along coordinate j in the block of nodes from..to.
func (b *tableBounder) slope(j int, from, to []int) Interval {
	hull := Interval{math.Inf(1), math.Inf(-1)}
	at := append([]int(nil), from...)
	m := Point(float64(b.t.Grid.N))
	for {
		i := 0
		for k, a := range at {
			i += a * b.strides[k]
		}
		if at[j] < to[j] {
			hull = hull.hull(Point(b.t.Values[i+b.strides[j]]).sub(Point(b.t.Values[i])).mul(m))
		}
		k := len(at) - 1
		for ; k >= 0; k-- {
			if at[k]++; at[k] <= to[k] {
				break
			}
			at[k] = from[k]
		}
		if k < 0 {
			return hull
		}
	}
}

// Samples is an unknown target of which only samples on a grid and a Lipschitz constant (max-norm) are known.
// What a scheme claims then holds for every such function. Grades end at the samples' grid.
type Samples struct {
	Grid      Grid
	Values    []float64
	Lipschitz float64
}

// NewSamples checks that m is a power of two and that neighbouring samples obey the Lipschitz constant.
func NewSamples(dim, m int, values []float64, lipschitz float64) (*Samples, error) {
	if err := checkSamples(dim, m, values); err != nil {
		return nil, err
	}
	if m&(m-1) != 0 {
		return nil, fmt.Errorf("%d samples per coordinate: with a Lipschitz constant 2^k+1 are expected", m+1)
	}
	if !(lipschitz >= 0) || math.IsInf(lipschitz, 1) {
		return nil, fmt.Errorf("lipschitz constant %g: expected a finite number >= 0", lipschitz)
	}
	g := Grid{dim, m}
	s := &Samples{g, append([]float64(nil), values...), lipschitz}
	if steepest := mulDown(g.oscillation(values), float64(m)); steepest > lipschitz*(1+1e-12) {
		return nil, fmt.Errorf("neighbouring samples have slope %g: the Lipschitz constant %g is too small", steepest, lipschitz)
	}
	return s, nil
}

// Dim returns the dimension of the cube.
func (s *Samples) Dim() int { return s.Grid.Dim }

func (s *Samples) newBounder() bounder { return samplesBounder{s} }

type samplesBounder struct{ s *Samples }

func (b samplesBounder) at(x []float64) (Interval, error) {
	i := 0
	for j, st := range b.s.Grid.strides() {
		t := x[j] * float64(b.s.Grid.N)
		if t != math.Floor(t) {
			return entire, fmt.Errorf("the target is known at %d samples per coordinate only: it has no value at %v", b.s.Grid.N+1, x)
		}
		i += int(t) * st
	}
	return Point(b.s.Values[i]), nil
}

func (b samplesBounder) deviation(box []Interval, _ Interval) (deviation, error) {
	return within(lipschitzDeviation(b.s.Lipschitz, box)), nil
}
