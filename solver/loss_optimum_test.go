package solver

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/proofs"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// checked puts a result before the independent checker; it returns the claims
// that are false.
func checked(t *testing.T, p *program.Problem, r *Result, tol float64) []string {
	t.Helper()
	n, d := p.X.Dims()
	values := make([]float64, 0, n*d)
	for i := range n {
		for j := range d {
			values = append(values, p.X.At(i, j))
		}
	}
	x, err := proofs.NewDense(n, d, values)
	if err != nil {
		t.Fatal(err)
	}
	c := &proofs.Certificate{
		Program: proofs.Program{Rows: n, Cols: d, Activation: p.Activation.String(), Loss: p.LossOrSquared().Name(), Intercept: p.Intercept, Beta: p.Beta, SHA256: proofs.ProgramHash(x, p.Y)},
		Network: proofs.Network{Constant: r.Network.Constant},
		Dual:    proofs.Dual{Scope: proofs.ScopeRestricted, Nu: r.Certificate.Nu},
		Gap:     proofs.Gap{Tol: tol, Status: r.Status.String()},
	}
	c.Program.Threshold, _ = loss.Parameter(p.LossOrSquared())
	for _, u := range r.Network.Neurons {
		c.Network.Neurons = append(c.Network.Neurons, proofs.Neuron{Pattern: u.Cell, Alpha: u.Alpha, W: u.W, Gate: u.Gate})
	}
	for _, cell := range p.Cells {
		c.Patterns = append(c.Patterns, proofs.Pattern{Words: cell.Pattern.Words()})
	}
	for _, m := range r.Certificate.Multipliers {
		var list []proofs.Multiplier
		for _, e := range m.Mu {
			list = append(list, proofs.Multiplier{Row: e.Row, Value: e.Value})
		}
		if m.Sign > 0 {
			c.Patterns[m.Cell].Plus = list
		} else {
			c.Patterns[m.Cell].Minus = list
		}
	}
	if c.Network.Primal, c.Network.Objective, c.Dual.Bound, err = proofs.Enclose(c, x, p.Y); err != nil {
		t.Fatal(err)
	}
	if c.Network.Primal > r.Primal*(1+1e-9)+1e-290 || c.Dual.Bound < r.Dual-1e-11*math.Abs(r.Dual)-1e-290 {
		t.Errorf("the solver says %v, %v, proved are %v, %v", r.Primal, r.Dual, c.Network.Primal, c.Dual.Bound)
	}
	c.Gap.Rel = proofs.RelGap(c.Network.Primal, c.Dual.Bound)
	var bad []string
	for _, claim := range proofs.CheckCertificate(c, x, p.Y).Claims {
		if claim.Verdict != proofs.Valid {
			bad = append(bad, fmt.Sprintf("%s: %s", claim.Name, claim.Detail))
		}
	}
	return bad
}

var long = flag.Bool("long", false, "run the long versions of the tests")

// planted is a problem that comes with its optimum, built from a primal and a
// dual point that complement each other: the neurons are t_p g_p for one or two
// cells p with unit gates g_p and signs s_p, and nu is such that
//
//	s_p X'D_p nu = n beta g_p,   nu in -n dL(z),   sum nu = 0 with an intercept.
//
// All cells whose constraints nu violates are left out.
type planted struct {
	rng       *rand.Rand
	loss      loss.Loss
	gated     bool
	intercept bool

	n, d   int
	x      *mat.Dense
	cells  []hyperplane.Cell
	active []int
	sign   []float64
	size   []float64   // t_p
	gates  [][]float64 // unit
	f      []float64   // F u
	c      float64
	y, nu  []float64
	radius float64 // n beta
}

const plantedBeta = 3

// draw makes one problem and its optimal value; false if the draw fails.
func (g *planted) draw(t *testing.T) (*program.Problem, float64, bool) {
	g.n, g.d = 24+g.rng.IntN(12), 2+g.rng.IntN(2)
	g.x = mat.NewDense(g.n, g.d, nil)
	for i := range g.n {
		for j := range g.d {
			g.x.Set(i, j, g.rng.NormFloat64())
		}
	}
	var err error
	if g.cells, err = hyperplane.SampleGaussian(context.Background(), g.x, 14, g.rng.Uint64()); err != nil {
		t.Fatal(err)
	}
	g.neurons()
	g.y, g.nu = make([]float64, g.n), make([]float64, g.n)
	g.radius = plantedBeta * (0.5 + g.rng.Float64())
	ok := false
	switch {
	case g.loss.Labels():
		ok = g.labelled()
	case g.loss == loss.LInf:
		ok = g.spread()
	default:
		ok = g.regression()
	}
	if !ok {
		return nil, 0, false
	}
	p := &program.Problem{X: g.x, Y: g.y, Cells: g.cells, Beta: g.radius / float64(g.n), Loss: g.loss, Intercept: g.intercept}
	if g.gated {
		p.Activation = program.Gated
	}
	z := make([]float64, g.n)
	for i, f := range g.f {
		z[i] = f + g.c
	}
	value := g.loss.Value(z, g.y) + p.Beta*floats.Sum(g.size)
	return p, value, g.leaveOutViolated(t, p)
}

// neurons draws one or two active cells and F u.
func (g *planted) neurons() {
	g.active, g.sign, g.size, g.gates = nil, nil, nil, nil
	g.f = make([]float64, g.n)
	for k := range 1 + g.rng.IntN(2) {
		gate := append([]float64(nil), g.cells[k].Gate...)
		floats.Scale(1/floats.Norm(gate, 2), gate)
		s, size := 1-2*float64(k), 0.5+g.rng.Float64()
		g.active, g.sign, g.size, g.gates = append(g.active, k), append(g.sign, s), append(g.size, size), append(g.gates, gate)
		for i := range g.n {
			if g.cells[k].Pattern.Active(i) {
				g.f[i] += s * size * floats.Dot(g.x.RawRowView(i), gate)
			}
		}
	}
	g.c = 0
	if g.intercept {
		g.c = 0.4 * g.rng.NormFloat64()
	}
}

// equations are those of nu, as rows a.nu = b; nu counts scale_i times in the
// sum.
func (g *planted) equations(scale []float64, sum float64) (a [][]float64, b []float64) {
	for k, cell := range g.active {
		for j := range g.d {
			row := make([]float64, g.n)
			for i := range row {
				if g.cells[cell].Pattern.Active(i) {
					row[i] = g.x.At(i, j)
				}
			}
			a, b = append(a, row), append(b, g.sign[k]*g.radius*g.gates[k][j])
		}
	}
	if g.intercept {
		a, b = append(a, append([]float64(nil), scale...)), append(b, sum)
	}
	return a, b
}

// meet moves v, by alternating projections, into the box [lo, hi] and the
// subspace a v = b; false if they don't meet.
func meet(v []float64, a [][]float64, b, lo, hi []float64) bool {
	for k := range a { // Gram-Schmidt
		for l := range k {
			s := floats.Dot(a[k], a[l])
			floats.AddScaled(a[k], -s, a[l])
			b[k] -= s * b[l]
		}
		norm := floats.Norm(a[k], 2)
		if norm < 1e-3 {
			return false
		}
		floats.Scale(1/norm, a[k])
		b[k] /= norm
	}
	for range 4000 {
		worst := 0.0
		for k := range a {
			s := b[k] - floats.Dot(a[k], v)
			worst = max(worst, math.Abs(s))
			floats.AddScaled(v, s, a[k])
		}
		for i := range v {
			v[i] = min(max(v[i], lo[i]), hi[i])
		}
		if worst < 1e-13 {
			return true
		}
	}
	return false
}

func constants(n int, v float64) []float64 {
	c := make([]float64, n)
	floats.AddConst(v, c)
	return c
}

// regression: nu first, then the target: the slope of the loss at z - y is -nu.
func (g *planted) regression() bool {
	low, high, kink := -1.0, 1.0, false // kink: y = z for every nu inside the interval
	switch t, _ := loss.Parameter(g.loss); g.loss.Name() {
	case "squared", "monotone":
		low, high = -1e3, 1e3
	case "huber":
		low, high = -t, t
	case "l1":
		kink = true
	case "quantile":
		low, high, kink = t-1, t, true
	default:
		panic("no planted optimum for loss " + g.loss.Name())
	}
	for i := range g.nu {
		g.nu[i] = 1.5 * g.rng.NormFloat64()
	}
	a, b := g.equations(constants(g.n, 1), 0)
	if !meet(g.nu, a, b, constants(g.n, low), constants(g.n, high)) {
		return false
	}
	for i, v := range g.nu {
		g.y[i] = g.f[i] + g.c
		switch z := g.y[i]; {
		case g.loss == loss.Monotone && v*z < -z*z/2: // the far end of the box
			g.y[i] = z / 2
		case !kink:
			g.y[i] += v
		}
		if v == low || v == high {
			g.y[i] += math.Copysign(g.rng.Float64(), v)
		}
	}
	return true
}

// spread, for linf: sum |nu| = n, all residuals at nu != 0 equally large.
func (g *planted) spread() bool {
	lo, hi := constants(g.n, -1), constants(g.n, 1)
	for i := range g.nu {
		g.nu[i] = g.rng.NormFloat64()
		if g.rng.IntN(3) == 0 {
			lo[i], hi[i] = 0, 0
		}
	}
	a, b := g.equations(constants(g.n, 1), 0)
	if !meet(g.nu, a, b, lo, hi) {
		return false
	}
	by := float64(g.n) / floats.Norm(g.nu, 1)
	floats.Scale(by, g.nu)
	g.radius *= by
	for i, v := range g.nu {
		r := 2*g.rng.Float64() - 1
		if v != 0 {
			r = math.Copysign(1, v)
		}
		g.y[i] = g.f[i] + g.c + 0.8*r
	}
	return true
}

// labelled: the labels and the product kappa = a o nu with a positive scaling a
// of the rows of X come first, then a: scaling rows changes no pattern. The
// equations are about kappa.
func (g *planted) labelled() bool {
	for i := range g.y {
		g.y[i] = math.Copysign(1, g.rng.NormFloat64())
		g.nu[i] = g.y[i] * (0.3 + g.rng.Float64())
	}
	if g.loss == loss.Logistic {
		return g.logisticRows()
	}
	return g.hingeRows()
}

// hingeRows: rows on the right side of their neuron are scaled to the margin 1
// and have any nu in the interval; the others have nu = y, and a = |kappa|.
func (g *planted) hingeRows() bool {
	if g.intercept {
		g.c = 0.8 * (2*g.rng.Float64() - 1)
	}
	share, lo, hi := make([]float64, g.n), make([]float64, g.n), make([]float64, g.n)
	sum := 0.0
	for i, f := range g.f {
		y := g.y[i]
		if y*f > 0 {
			a := (1 - y*g.c) / (y * f)
			lo[i], hi[i], share[i] = min(0, y*a), max(0, y*a), 1/a
			continue
		}
		lo[i], hi[i] = min(0.05*y, 40*y), max(0.05*y, 40*y)
		sum -= y
	}
	a, b := g.equations(share, sum)
	if !meet(g.nu, a, b, lo, hi) {
		return false
	}
	for i, kappa := range g.nu {
		if share[i] != 0 {
			g.rescale(i, 1/share[i])
		} else {
			g.rescale(i, math.Abs(kappa))
		}
	}
	return true
}

// rescale multiplies row i by a, where nu_i holds kappa_i.
func (g *planted) rescale(i int, a float64) {
	floats.Scale(a, g.x.RawRowView(i))
	g.f[i] *= a
	g.nu[i] /= a
}

// logisticRows solves |kappa|/a = 1/(1 + exp(y (a f + c))) for a, after kappa
// was made small enough for a solution a <= 1/|f|; with an intercept, c is the
// one for which sum nu = 0.
func (g *planted) logisticRows() bool {
	lo, hi := make([]float64, g.n), make([]float64, g.n)
	for i, y := range g.y {
		lo[i], hi[i] = min(0.02*y, 40*y), max(0.02*y, 40*y)
	}
	intercept := g.intercept
	g.intercept = false
	a, b := g.equations(nil, 0)
	g.intercept = intercept
	if !meet(g.nu, a, b, lo, hi) {
		return false
	}
	shrink := 1.0
	for i, f := range g.f {
		if f != 0 {
			shrink = min(shrink, 0.5*loss.Sigmoid(-4)/(math.Abs(f)*math.Abs(g.nu[i])))
		}
	}
	floats.Scale(shrink, g.nu)
	g.radius *= shrink
	solve := func(c float64) []float64 {
		scale := make([]float64, g.n)
		for i, f := range g.f {
			y, k := g.y[i], math.Abs(g.nu[i])
			if f == 0 {
				scale[i] = k / loss.Sigmoid(-y*c)
				continue
			}
			scale[i] = loss.Falling(0, 1/math.Abs(f), func(a float64) float64 { return k - a*loss.Sigmoid(-y*(a*f+c)) })
		}
		return scale
	}
	if intercept {
		g.c = loss.Falling(-3, 3, func(c float64) float64 {
			sum := 0.0
			for i, a := range solve(c) {
				sum += g.nu[i] / a
			}
			return sum
		})
		if math.Abs(g.c) > 2.99 {
			return false
		}
	}
	for i, a := range solve(g.c) {
		g.rescale(i, a)
	}
	return true
}

// leaveOutViolated keeps the cells for which nu is feasible; the active ones
// have to be among them.
func (g *planted) leaveOutViolated(t *testing.T, p *program.Problem) bool {
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	pr := program.NewPricer(p, x)
	if err := pr.Price(context.Background(), g.nu, 0); err != nil {
		t.Fatal(err)
	}
	out := make(map[int]bool)
	for j, v := range pr.Value {
		if v > g.radius*(1+1e-9) {
			out[pr.Blocks[j].Cell] = true
		}
	}
	var kept []hyperplane.Cell
	for j, c := range p.Cells {
		if !out[j] {
			kept = append(kept, c)
		} else if j < len(g.active) {
			return false
		}
	}
	p.Cells = kept
	return true
}

// TestPlantedOptimum solves problems that carry their optimum and shows every
// result to the checker.
func TestPlantedOptimum(t *testing.T) {
	each := 2
	if *long {
		each = 25
	}
	for _, l := range loss.Every() {
		each := each
		if l == loss.Monotone {
			each = 2 // of many, a few whose boxes leave no room end with status limit
		}
		for _, gated := range []bool{false, true} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/gated=%v/intercept=%v", l.Name(), gated, intercept), func(t *testing.T) {
					g := &planted{rng: rand.New(rand.NewPCG(41, uint64(each))), loss: l, gated: gated, intercept: intercept}
					made, iterations := 0, 0
					for tries := 0; made < each; tries++ {
						if tries > 400*each {
							t.Fatalf("%d of %d draws work out", made, tries)
						}
						p, value, ok := g.draw(t)
						if !ok {
							continue
						}
						made++
						r, err := Solve(context.Background(), p, DefaultOptions())
						if err != nil {
							t.Fatal(err)
						}
						iterations += r.Iterations
						if r.Status != Optimal || r.Dual > value*(1+1e-9) || r.Primal < value*(1-1e-9) {
							t.Errorf("%s: primal %v, dual %v (gap %.2g), the optimum is %v", r.Status, r.Primal, r.Dual, r.RelGap, value)
						}
						if bad := checked(t, p, r, DefaultOptions().Tol); len(bad) > 0 {
							t.Errorf("the checker refuses %q", bad)
						}
					}
					t.Logf("%d problems, %.1f iterations each", made, float64(iterations)/float64(made))
				})
			}
		}
	}
}
