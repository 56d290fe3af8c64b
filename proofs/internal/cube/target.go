package cube

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"multigrade/proofs/internal/exact"
	"sort"
)

// A surface is a target as the checker sees it.
type surface interface {
	probe() probe
	// piecewise returns the exact form of a rational piecewise linear target, else nil.
	piecewise() piecewise
}

// A probe is one goroutine's workspace for a surface.
type probe interface {
	at(x []float64) (exact.Bracket, error)
	// deviation bounds f - If, If interpolating f at the vertices, whose values lie in ends: on a simplex within box with
	// the given edges, or, if there are none, on all the simplices of the box, which is a cell.
	deviation(box []exact.Bracket, ends exact.Bracket, edges [][]float64) deviation
	// divisible says whether smaller boxes can give better bounds.
	divisible() bool
}

// A deviation is what is known of f - If on a box.
type deviation struct {
	under, over float64       // If - f <= under, f - If <= over, both >= 0; +Inf if f can't be enclosed
	value       exact.Bracket // of f on the box; the whole line if unknown
	crude       bool          // the gradient is unbounded: smaller boxes have bounds of a better order
	err         error         // why f can't be enclosed
	// Of a cell: bounds of the means of |f - If| and its square, and the mean of f - If.
	absolute, square float64
	mean             exact.Bracket
}

// flat is a deviation of at most bound either way.
func flat(bound float64) deviation {
	return deviation{under: bound, over: bound, value: exact.WholeLine, absolute: bound, square: exact.ProductAbove(bound, bound), mean: exact.Bracket{Lo: -bound, Hi: bound}}
}

// sloped is a deviation of at most sum_j r_j 2 u_j (1 - u_j), u in [0,1]^dim the position in a cell, whose maximum is bound. The mean of
// 2u(1-u) is 1/3, that of its square 2/15, its maximum 1/2; the root mean square of a sum is at most the sum of theirs.
func sloped(bound float64) deviation {
	d := flat(bound)
	d.absolute = exact.QuotientAbove(exact.ProductAbove(bound, 2), 3)
	d.square = exact.QuotientAbove(exact.ProductAbove(d.square, 8), 15)
	d.mean = exact.Bracket{Lo: -d.absolute, Hi: d.absolute}
	return d
}

// meet takes in what else is known of the same deviation.
func (d *deviation) meet(e deviation) {
	d.under, d.over = min(d.under, e.under), min(d.over, e.over)
	d.absolute, d.square = min(d.absolute, e.absolute), min(d.square, e.square)
	d.mean = d.mean.Meet(e.mean).Meet(exact.Bracket{Lo: -d.under, Hi: d.over})
	switch {
	case d.under == 0:
		d.absolute = min(d.absolute, d.mean.Hi)
	case d.over == 0:
		d.absolute = min(d.absolute, -d.mean.Lo)
	}
}

// join adds the deviation of another summand.
func (d *deviation) join(e deviation) {
	roots := exact.ProductAbove(exact.At(d.square).Root().Hi, exact.At(e.square).Root().Hi)
	d.square = exact.SumAbove(exact.SumAbove(d.square, e.square), 2*roots)
	d.under, d.over = exact.SumAbove(d.under, e.under), exact.SumAbove(d.over, e.over)
	d.absolute = exact.SumAbove(d.absolute, e.absolute)
	d.mean = d.mean.Plus(e.mean)
}

// bound is at least |f - If|.
func (d *deviation) bound() float64 { return max(d.under, d.over) }

// A piecewise target is linear on the pieces of a simplex: exact gives its values at the
// points, or the values of a linear function that changes sign there and along which the
// simplex has to be cut first.
type piecewise interface {
	exact(points [][]*big.Rat) (values, kink []*big.Rat, err error)
}

func (t cubeTarget) surface() (surface, error) {
	bad := func(field, format string, args ...any) error {
		return fieldError{ModelFile + ", target." + field, fmt.Sprintf(format, args...)}
	}
	if t.Kind == "expression" {
		f, err := newFormula(t.Text, t.Dim)
		if err != nil {
			return nil, bad("text", "%v", err)
		}
		return formulaSurface{f, t.Lipschitz}, nil
	}
	if t.Kind != "table" && t.Kind != "samples" {
		return nil, bad("kind", "%q, expected expression, table or samples", t.Kind)
	}
	if t.N < 1 || t.N > 1<<24 {
		return nil, bad("n", "%d, expected 1 to 2^24", t.N)
	}
	g := lattice{t.Dim, t.N}
	if n, ok := g.nodes(); !ok || n != len(t.Data) {
		return nil, bad("data", "%d numbers, expected %d^%d", len(t.Data), t.N+1, t.Dim)
	}
	for i, v := range t.Data {
		if math.Abs(v) > 0x1p900 {
			return nil, bad("data", "number %d is %g", i+1, v)
		}
	}
	if t.Kind == "table" {
		return tableSurface{g, t.Data}, nil
	}
	return sampleSurface{tableSurface{g, t.Data}, t.Lipschitz}, nil
}

// slopeBound is sum_j (half width of slope j) w_j / 2. With any vector m,
// f(x) - If(x) = sum_i lambda_i (grad - m)(x - v_i), because sum_i lambda_i (x - v_i) = 0, and
// sum_i lambda_i |x_j - v_ij| <= w_j / 2.
func slopeBound(slope, box []exact.Bracket) float64 {
	s := 0.0
	for j, b := range box {
		s = exact.SumAbove(s, exact.ProductAbove(slope[j].HalfWidth(), exact.SumAbove(b.Hi, -b.Lo)/2))
	}
	return s
}

// lipschitzBound: |f(x) - If(x)| <= sum_i lambda_i L |x - v_i|, and |x - v_i| <= (1 - lambda_i) w
// where w is the largest extent in the max-norm, so at most L w d/(d+1).
func lipschitzBound(l float64, box []exact.Bracket) float64 {
	w := 0.0
	for _, b := range box {
		w = max(w, exact.SumAbove(b.Hi, -b.Lo))
	}
	d := float64(len(box))
	return exact.QuotientAbove(exact.ProductAbove(exact.ProductAbove(l, w), d), d+1)
}

type formulaSurface struct {
	f         *formula
	lipschitz float64 // promised; 0 if not
}

func (s formulaSurface) probe() probe {
	return &formulaProbe{s.f.evaluator(), newArcRun(s.f), s.lipschitz, make([]exact.Bracket, s.f.dim)}
}

func (s formulaSurface) piecewise() piecewise {
	if s.f.piecewiseLinear() {
		return s.f
	}
	return nil
}

type formulaProbe struct {
	e         *evaluator
	arcs      *arcRun
	lipschitz float64
	box       []exact.Bracket
}

func (p *formulaProbe) at(x []float64) (exact.Bracket, error) {
	for j, v := range x {
		p.box[j] = exact.At(v)
	}
	v, err := p.e.value(p.box)
	if err == nil && v.Size() > math.MaxFloat64 {
		err = errors.New("the value is not finite")
	}
	if err != nil {
		return v, fmt.Errorf("%w, at %v", err, x)
	}
	return v, nil
}

func (p *formulaProbe) deviation(box []exact.Bracket, ends exact.Bracket, edges [][]float64) deviation {
	bound := exact.Inf
	if p.lipschitz > 0 {
		bound = lipschitzBound(p.lipschitz, box)
	}
	j, err := p.e.jet(box)
	if err != nil {
		d := flat(bound)
		d.crude, d.err = bound == exact.Inf, err
		return d
	}
	slope := slopeBound(j.slope, box)
	d := sloped(slope)
	d.value, d.crude = j.value, min(bound, slope) == exact.Inf
	d.meet(flat(bound))
	under, over := max(0, exact.SumAbove(ends.Hi, -j.value.Lo)), max(0, exact.SumAbove(j.value.Hi, -ends.Lo))
	ranged := flat(max(under, over))
	ranged.under, ranged.over = under, over
	d.meet(ranged)
	if edges != nil {
		under, over := p.arcs.simplexBend(box, edges)
		d.under, d.over = min(d.under, under), min(d.over, over)
	} else if bent, ok := p.arcs.cellBend(box); ok {
		d.meet(bent)
	}
	return d
}

func (p *formulaProbe) divisible() bool { return true }

// A tableSurface interpolates data on the Kuhn triangulation of a lattice; n need not be a power of two.
type tableSurface struct {
	g    lattice
	data []float64
}

func (s tableSurface) probe() probe         { return s }
func (s tableSurface) piecewise() piecewise { return s }
func (s tableSurface) divisible() bool      { return true }

func (s tableSurface) at(x []float64) (exact.Bracket, error) {
	point := make([]*big.Rat, len(x))
	whole := true
	node := 0
	for j, v := range x {
		t := v * float64(s.g.n)
		whole = whole && t == math.Floor(t) && math.FMA(v, float64(s.g.n), -t) == 0
		node += int(t) * s.g.step(j)
		point[j] = new(big.Rat).SetFloat64(v)
	}
	if whole {
		return exact.At(s.data[node]), nil
	}
	return exact.BracketRat(s.valueAt(point)), nil
}

// valueAt is the interpolant, exactly.
func (s tableSurface) valueAt(x []*big.Rat) *big.Rat { return exactInterpolant(s.g, s.data, x) }

// exactInterpolant evaluates the Kuhn interpolant of nodal values at a point of the cube.
func exactInterpolant(g lattice, v []float64, x []*big.Rat) *big.Rat {
	part := make([]*big.Rat, len(x))
	order := make([]int, len(x))
	node := 0
	for j, c := range x {
		t := new(big.Rat).Mul(c, big.NewRat(int64(g.n), 1))
		k := min(new(big.Int).Quo(t.Num(), t.Denom()).Int64(), int64(g.n-1))
		part[j] = t.Sub(t, big.NewRat(k, 1))
		order[j] = j
		node += int(k) * g.step(j)
	}
	sort.SliceStable(order, func(a, b int) bool { return part[order[a]].Cmp(part[order[b]]) > 0 })
	value := new(big.Rat).SetFloat64(v[node])
	for _, j := range order {
		next := node + g.step(j)
		rise := new(big.Rat).SetFloat64(v[next])
		rise.Sub(rise, new(big.Rat).SetFloat64(v[node]))
		value.Add(value, rise.Mul(rise, part[j]))
		node = next
	}
	return value
}

// deviation: 0 if the box lies in one piece, else from the slopes of the table's edges
// along each coordinate in the cells that the box meets.
func (s tableSurface) deviation(box []exact.Bracket, _ exact.Bracket, _ [][]float64) deviation {
	n := int(1 / (box[0].Hi - box[0].Lo))
	if n%s.g.n == 0 {
		return flat(0)
	}
	slope := make([]exact.Bracket, len(box))
	for j := range slope {
		slope[j] = exact.Bracket{Lo: exact.Inf, Hi: -exact.Inf}
	}
	first, last := make([]int, len(box)), make([]int, len(box))
	for j, b := range box {
		first[j] = min(int(-exact.ProductAbove(-b.Lo, float64(s.g.n))), s.g.n-1)
		last[j] = max(int(math.Ceil(exact.ProductAbove(b.Hi, float64(s.g.n)))), first[j]+1)
	}
	s.collect(slope, first, last, 0, 0)
	scale := exact.At(float64(s.g.n))
	for j := range slope {
		slope[j] = slope[j].Times(scale)
	}
	return sloped(slopeBound(slope, box))
}

// collect joins the differences along every coordinate at the nodes first..last.
func (s tableSurface) collect(slope []exact.Bracket, first, last []int, j, node int) {
	if j < len(first) {
		for k := first[j]; k <= last[j]; k++ {
			s.collect(slope, first, last, j+1, node+k*s.g.step(j))
		}
		return
	}
	for j := range slope {
		if k := node / s.g.step(j) % (s.g.n + 1); k < last[j] {
			next := s.data[node+s.g.step(j)]
			slope[j] = slope[j].Join(exact.At(next).Minus(exact.At(s.data[node])))
		}
	}
}

// exact: the kinks are the hyperplanes n x_i = integer and n (x_i - x_j) = integer.
func (s tableSurface) exact(points [][]*big.Rat) (values, kink []*big.Rat, err error) {
	n := big.NewRat(int64(s.g.n), 1)
	for i := range s.g.dim {
		for j := -1; j < i; j++ {
			form := make([]*big.Rat, len(points))
			for k, p := range points {
				form[k] = new(big.Rat).Set(p[i])
				if j >= 0 {
					form[k].Sub(form[k], p[j])
				}
				form[k].Mul(form[k], n)
			}
			if levelled(form) {
				return nil, form, nil
			}
		}
	}
	for _, p := range points {
		values = append(values, s.valueAt(p))
	}
	return values, nil, nil
}

// levelled subtracts an integer strictly between the least and the largest value, if there is one.
func levelled(form []*big.Rat) bool {
	least, most := form[0], form[0]
	for _, v := range form {
		if v.Cmp(least) < 0 {
			least = v
		}
		if v.Cmp(most) > 0 {
			most = v
		}
	}
	level := new(big.Int).Div(least.Num(), least.Denom())
	cut := new(big.Rat).SetInt(level.Add(level, big.NewInt(1)))
	if cut.Cmp(most) >= 0 {
		return false
	}
	for _, v := range form {
		v.Sub(v, cut)
	}
	return true
}

// A sampleSurface is any function with the given samples and Lipschitz constant.
type sampleSurface struct {
	tableSurface
	lipschitz float64
}

func (s sampleSurface) probe() probe         { return s }
func (s sampleSurface) piecewise() piecewise { return nil }
func (s sampleSurface) divisible() bool      { return false }

func (s sampleSurface) at(x []float64) (exact.Bracket, error) {
	node := 0
	for j, v := range x {
		t := v * float64(s.g.n)
		if t != math.Floor(t) {
			return exact.WholeLine, fmt.Errorf("there is no sample at %v", x)
		}
		node += int(t) * s.g.step(j)
	}
	return exact.At(s.data[node]), nil
}

func (s sampleSurface) deviation(box []exact.Bracket, _ exact.Bracket, _ [][]float64) deviation {
	return flat(lipschitzBound(s.lipschitz, box))
}
