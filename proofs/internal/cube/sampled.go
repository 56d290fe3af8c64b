package cube

import (
	"container/heap"
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// A Sampled is a composed model that was trained on samples of a formula, with one output, ReLU units and raw inputs x in a
// box. With x' = (x - Shift)/Scale (0 where Scale is 0), c(x) = max(x' + Carry, 0) and h_0 = x',
//
//	f_k = constant + sum alpha relu(w.h_(k-1) + bias), behind the dead zone if there is one
//	h_k = (FeatureScale relu(..), c(x) with Carry)
//	e_k = (f - OutShift)/OutScale - f_1 - ... - f_k
type Sampled struct {
	Target             string
	Lo, Hi             []float64 // the box
	Shift, Scale       []float64
	OutShift, OutScale float64   // OutScale > 0
	Carry              []float64 // nil without
	Grades             []SampledGrade
}

// A SampledGrade is one grade.
type SampledGrade struct {
	Constant     float64
	Units        []SampledUnit
	DeadZone     float64 // negative without
	FeatureScale []float64
}

// A SampledUnit is a hidden unit; W has a weight per number of h_(k-1).
type SampledUnit struct {
	W           []float64
	Bias, Alpha float64
}

// MostInputs bounds the inputs: the work doubles with each more than once.
const MostInputs = 3

// sampleTolerance is how far a row may be from the formula, relative to the largest row: text files have few digits.
const sampleTolerance = 1e-6

// Limits of what is found out about the box: boxes of a search, nodes of a lattice.
const (
	sampledBoxes = 1 << 14
	sampledNodes = 1 << 13
	sampledSharp = 1.02
)

// Check finds out what holds for the residuals on the whole box, in the units of the target: of each grade the supremum and the
// norms (means over the box), and whether it makes the residual larger anywhere. Nothing of this is claimed by a run, so
// what is found is a valid claim whatever it is; the error says why nothing is.
func (s *Sampled) Check(ctx context.Context) (verdict.Report, error) {
	var r verdict.Report
	f, err := newFormula(s.Target, len(s.Lo))
	if err != nil {
		return r, err
	}
	if err := s.form(); err != nil {
		return r, err
	}
	s.pullBack(f)
	c := sampledChecker{s: s, surface: formulaSurface{f, 0}}
	for k := range s.Grades {
		c.all = append(c.all, cubeCorrection{network: s.network(k), eps: s.Grades[k].DeadZone})
	}
	for k := 0; k <= len(s.Grades); k++ {
		if err := c.grade(ctx, k); err != nil {
			return c.report, err
		}
	}
	return c.report, nil
}

func (s *Sampled) form() error {
	if d := len(s.Lo); d > MostInputs {
		return fmt.Errorf("the run has %d inputs: on the whole box something is said of up to %d", d, MostInputs)
	}
	if !(s.OutScale > 0) {
		return fmt.Errorf("the target has the scale %v: expected a positive one", s.OutScale)
	}
	for j := range s.Lo {
		if !(s.Lo[j] <= s.Hi[j]) || math.IsInf(s.Hi[j]-s.Lo[j], 0) {
			return fmt.Errorf("input %d is between %v and %v", j+1, s.Lo[j], s.Hi[j])
		}
	}
	return nil
}

func rational(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

// pullBack makes the formula one of u in [0,1]^d, x = Lo + (Hi - Lo) u, in the units of the model.
func (s *Sampled) pullBack(f *formula) {
	constant := func(r *big.Rat) word { return word{code: '#', number: r, value: exact.BracketRat(r)} }
	var words []word
	for _, w := range f.words {
		words = append(words, w)
		if w.code == 'x' {
			side := new(big.Rat).Sub(rational(s.Hi[w.index]), rational(s.Lo[w.index]))
			words = append(words, constant(side), word{code: '*', column: w.column}, constant(rational(s.Lo[w.index])), word{code: '+', column: w.column})
		}
	}
	f.words = append(words, constant(rational(s.OutShift)), word{code: '-'}, constant(rational(s.OutScale)), word{code: '/'})
	f.deep += 2
}

// slope and offset are those of x'_j as a function of u_j.
func (s *Sampled) slope(j int) (slope, offset *big.Rat) {
	if s.Scale[j] == 0 {
		return new(big.Rat), new(big.Rat)
	}
	slope = new(big.Rat).Sub(rational(s.Hi[j]), rational(s.Lo[j]))
	offset = new(big.Rat).Sub(rational(s.Lo[j]), rational(s.Shift[j]))
	return slope.Quo(slope, rational(s.Scale[j])), offset.Quo(offset, rational(s.Scale[j]))
}

func nearest(r *big.Rat) float64 { v, _ := r.Float64(); return v }

// network is grade k, from 0, on u and the units of the grade before, with a unit of no effect for each input carried. Its numbers are the
// exact ones rounded once, which the room that layers leave for roundings covers.
func (s *Sampled) network(k int) *cubeNetwork {
	d, g := len(s.Lo), &s.Grades[k]
	n := &cubeNetwork{Constant: g.Constant}
	width := d
	if k > 0 {
		width += len(s.Grades[k-1].Units) + len(s.Carry)
	}
	for _, u := range g.Units {
		v := cubeUnit{W: make([]float64, width), Alpha: u.Alpha}
		bias := rational(u.Bias)
		for j, w := range u.W {
			switch {
			case k == 0:
				slope, offset := s.slope(j)
				v.W[j] = nearest(slope.Mul(slope, rational(w)))
				bias.Add(bias, offset.Mul(offset, rational(w)))
			case j < len(s.Grades[k-1].Units):
				v.W[d+j] = nearest(new(big.Rat).Mul(rational(w), rational(s.Grades[k-1].FeatureScale[j])))
			default:
				v.W[d+j] = w
			}
		}
		v.B = nearest(bias)
		n.Units = append(n.Units, v)
	}
	for j, shift := range s.Carry {
		v := cubeUnit{W: make([]float64, width)}
		slope, offset := s.slope(j)
		v.W[j], v.B = nearest(slope), nearest(offset.Add(offset, rational(shift)))
		n.Units = append(n.Units, v)
	}
	return n
}

type sampledChecker struct {
	report  verdict.Report
	s       *Sampled
	surface surface
	all     []cubeCorrection
}

// rest is e_k, in the units of the model; with the dead zone of grade k left out, e_(k-1) - g_k.
func (c *sampledChecker) rest(k int, open bool) surface {
	s := composedSurface{f: c.surface, corrections: slices.Clone(c.all[:k]), dim: len(c.s.Lo)}
	if open {
		s.corrections[k-1].eps = -1
	}
	return s
}

func (c *sampledChecker) scope(k int) string {
	var sides []string
	for j := range c.s.Lo {
		sides = append(sides, fmt.Sprintf("[%v, %v]", c.s.Lo[j], c.s.Hi[j]))
	}
	return fmt.Sprintf("grade %d, box %s", k, strings.Join(sides, " x "))
}

// grade says what grade k leaves, of which 0 is the target less its mean.
func (c *sampledChecker) grade(ctx context.Context, k int) error {
	lo, hi, err := c.supremum(ctx, c.rest(k, false))
	if err != nil {
		return fmt.Errorf("the target is not shown to be defined and continuous: %w", err)
	}
	l1, l2, err := c.norms(ctx, c.rest(k, false))
	if err != nil {
		return err
	}
	u := c.s.OutScale
	c.report.Add(ClaimSup, c.scope(k), verdict.Valid, fmt.Sprintf("max |e_%d| in [%.6g, %.6g], mean |e_%d| in [%.6g, %.6g], root mean square in [%.6g, %.6g]",
		k, below6(u*lo), above6(u*hi), k, below6(u*l1.Lo), above6(u*l1.Hi), below6(u*l2.Lo), above6(u*l2.Hi)))
	if k == 0 {
		return nil
	}
	detail, err := c.nowhereLarger(ctx, k)
	c.report.Add(ClaimPointwise, c.scope(k), verdict.Valid, detail)
	return err
}

// above6 and below6 leave room for six printed digits.
func above6(v float64) float64 { return v + 1e-5*math.Abs(v) }
func below6(v float64) float64 { return v - 1e-5*math.Abs(v) }

// nowhereLarger proves |e_k| <= |e_(k-1)| on the box by the dead zone, or looks for a point where it is larger.
func (c *sampledChecker) nowhereLarger(ctx context.Context, k int) (string, error) {
	if eps := c.s.Grades[k-1].DeadZone; eps >= 0 {
		proof, boxes, err := within(ctx, c.rest(k, true), len(c.s.Lo), eps)
		if err != nil || proof.outcome == proved {
			return fmt.Sprintf("|e_%d| <= |e_%d| everywhere, by the dead zone: %d boxes", k, k-1, boxes), err
		}
	}
	before, after := c.rest(k-1, false).probe(), c.rest(k, false).probe()
	g := lattice{len(c.s.Lo), 2}
	for n, ok := (lattice{g.dim, 2 * g.n}).nodes(); ok && n <= sampledNodes; n, ok = (lattice{g.dim, 2 * g.n}).nodes() {
		g.n *= 2
	}
	nodes, _ := g.nodes()
	x, worst, detail := make([]float64, g.dim), 0.0, ""
	larger := 0
	for i := range nodes {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		g.point(i, x)
		e, err := before.at(x)
		if err != nil {
			return "", err
		}
		now, err := after.at(x)
		if err != nil {
			return "", err
		}
		more := now.Magnitude().Lo - e.Magnitude().Hi
		if more > 0 {
			larger++
		}
		if more > worst {
			u := c.s.OutScale
			worst, detail = more, fmt.Sprintf("|e_%d| = %.6g, |e_%d| = %.6g at %s", k, u*now.Magnitude().Lo, k-1, u*e.Magnitude().Hi, pointString(c.raw(x)))
		}
	}
	if detail != "" {
		return fmt.Sprintf("larger at %d of %d points of a lattice, so what the run says of it holds at the rows only: %s", larger, nodes, detail), nil
	}
	return fmt.Sprintf("not proved: |e_%d| <= |e_%d| at the %d points of a lattice and at the rows", k, k-1, nodes), nil
}

// raw is the point of the box.
func (c *sampledChecker) raw(u []float64) []float64 {
	x := make([]float64, len(u))
	for j, v := range u {
		x[j] = c.s.Lo[j] + (c.s.Hi[j]-c.s.Lo[j])*v
	}
	return x
}

// supremum bounds |e| by best-first bisection in all coordinates; lo is attained.
func (c *sampledChecker) supremum(ctx context.Context, s surface) (lo, hi float64, err error) {
	p, x := s.probe(), make([]float64, len(c.s.Lo))
	var open boundedBoxes
	add := func(box []exact.Bracket, depth int) error {
		top, ends := 0.0, exact.Bracket{Lo: exact.Inf, Hi: -exact.Inf}
		for m := range 1 << len(box) {
			v, err := p.at(cornerAt(box, m, x))
			if err != nil {
				return err
			}
			size := v.Magnitude()
			top, lo, ends = max(top, size.Hi), max(lo, size.Lo), ends.Join(v)
		}
		d := p.deviation(box, ends, nil)
		if bound := min(exact.SumAbove(top, d.bound()), d.value.Size()); bound > lo {
			heap.Push(&open, boundedBox{box, depth, bound})
		}
		return nil
	}
	root := make([]exact.Bracket, len(c.s.Lo))
	for j := range root {
		root[j] = exact.Bracket{Lo: 0, Hi: 1}
	}
	err = add(root, 0)
	for n := 0; err == nil && len(open) > 0 && open[0].bound > sampledSharp*lo && open[0].depth < maxHalvings && n < sampledBoxes; n++ {
		if err = ctx.Err(); err != nil {
			break
		}
		b := heap.Pop(&open).(boundedBox)
		for m := range 1 << len(b.box) {
			if err = add(halfOf(b.box, m), b.depth+1); err != nil {
				break
			}
		}
	}
	hi = lo
	if len(open) > 0 {
		hi = max(hi, open[0].bound)
	}
	if err == nil && math.IsInf(hi, 1) {
		err = fmt.Errorf("it is not bounded on %s", boxString(open[0].box))
	}
	return lo, hi, err
}

// norms encloses the mean of |e| and the root of that of e^2.
func (c *sampledChecker) norms(ctx context.Context, s surface) (l1, l2 exact.Bracket, err error) {
	m := &cubeModel{Target: cubeTarget{Dim: len(c.s.Lo)}}
	n := cubeChecker{model: m, surface: s, limit: exact.Inf, l1: exact.Bracket{Hi: exact.Inf}, l2: exact.Bracket{Hi: exact.Inf}}
	size := 2
	for g := (lattice{m.Target.Dim, 2 * size}); ; g.n *= 2 {
		if nodes, ok := g.nodes(); !ok || nodes > sampledNodes {
			break
		}
		size = g.n
	}
	n.start(size)
	if err := n.sample(); err != nil {
		return l1, l2, err
	}
	t, err := n.sweep(nil, math.MaxFloat64, 0).run(ctx)
	if err == nil {
		err = t.failed
	}
	n.enclose(t, true)
	return n.l1, n.l2, err
}

type boundedBox struct {
	box   []exact.Bracket
	depth int
	bound float64
}

// boundedBoxes is a heap, the largest bound on top.
type boundedBoxes []boundedBox

func (h boundedBoxes) Len() int           { return len(h) }
func (h boundedBoxes) Less(i, j int) bool { return h[i].bound > h[j].bound }
func (h boundedBoxes) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *boundedBoxes) Push(b any)        { *h = append(*h, b.(boundedBox)) }
func (h *boundedBoxes) Pop() any {
	last := len(*h) - 1
	b := (*h)[last]
	*h = (*h)[:last]
	return b
}

// Formula says where a text is not a formula of so many variables.
func Formula(text string, dim int) error {
	_, err := newFormula(text, dim)
	return err
}

// Samples compares rows with the formula: of all the largest difference, and the first row that is further off than a millionth of the
// largest target.
func Samples(text string, dim int, row func(i int) (x []float64, y float64), rows int) (detail string, err error) {
	f, err := newFormula(text, dim)
	if err != nil {
		return "", err
	}
	e, box := f.evaluator(), make([]exact.Bracket, dim)
	scale := 0.0
	for i := range rows {
		_, y := row(i)
		scale = max(scale, math.Abs(y))
	}
	furthest := 0.0
	for i := range rows {
		x, y := row(i)
		for j, v := range x {
			box[j] = exact.At(v)
		}
		v, err := e.value(box)
		if err != nil {
			return "", fmt.Errorf("row %d, %s: %w", i+1, pointString(x), err)
		}
		gap := v.Minus(exact.At(y)).Magnitude()
		if furthest = max(furthest, gap.Hi); gap.Lo > sampleTolerance*scale {
			return "", fmt.Errorf("row %d: at %s the formula is in [%v, %v], the target %v", i+1, pointString(x), v.Lo, v.Hi, y)
		}
	}
	return fmt.Sprintf("%d rows are the formula's values to %.3g", rows, furthest), nil
}
