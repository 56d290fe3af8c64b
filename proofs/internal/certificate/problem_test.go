package certificate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"multigrade/proofs/internal/exact"
)

// A problem is a small program built from its own optimum: nu and the active
// blocks are chosen first, y follows as nu + prediction, and beta is the largest
// block norm, which the active blocks attain.
type problem struct {
	Rows, Cols int
	gated      bool
	activation string // of units that are not gated, relu if empty
	intercept  bool
	sparse     bool
	active     int // blocks of the optimum, 0..2
	patterns   int // listed patterns, at least active
	bias       bool
	rational   bool // small integers, so that some inequalities are equalities
}

// optimum returns a certificate of a random such problem whose relative gap is
// rounding, and false if this draw does not work out.
func (s problem) optimum(rng *rand.Rand) (*Certificate, bool) {
	x := s.matrix(rng)
	c := &Certificate{Program: Program{Rows: s.Rows, Cols: s.Cols, Activation: s.unit(), Loss: Squared, Intercept: s.intercept}}
	gates := s.gates(rng, x, c)
	if gates == nil {
		return nil, false
	}
	nu, radius, ok := s.dualPoint(rng, x, c, gates)
	if !ok {
		return nil, false
	}
	c.Dual = Dual{Scope: ScopeRestricted, Nu: nu}
	for p := range c.Patterns {
		for _, sign := range []float64{1, -1} {
			mu, norm := s.multipliers(x, c.Patterns[p], nu, sign)
			if norm > radius*(1+5e-12) {
				return nil, false
			}
			if sign > 0 {
				c.Patterns[p].Plus = mu
			} else {
				c.Patterns[p].Minus = mu
			}
		}
	}
	c.Program.Beta = radius * (1 + 1e-11) / float64(s.Rows)
	for p := range s.active {
		u := Neuron{Pattern: p, Alpha: []float64{1, -1}[p%2], W: gates[p]}
		if s.gated {
			u.Gate = gates[p]
			u.W = s.adjoint(x, c.Patterns[p], nu)
			for j := range u.W {
				u.W[j] *= u.Alpha
			}
		}
		norm := math.Sqrt(dot(u.W, u.W))
		w := make([]float64, len(u.W))
		for j := range w {
			w[j] = u.W[j] / math.Sqrt(norm)
		}
		u.W, u.Alpha = w, u.Alpha*math.Sqrt(norm)
		c.Network.Neurons = append(c.Network.Neurons, u)
	}
	if s.intercept {
		c.Network.Constant = float64(rng.IntN(9)-4) / 4
	}
	s.finish(c, x, s.target(x, c))
	return c, true
}

// finish fills in everything that follows from program, network and dual point.
func (s problem) finish(c *Certificate, x exact.Matrix, y []float64) {
	c.Data = &Data{X: x, Y: y}
	c.Program.SHA256 = ProgramHash(x, slices.Concat(y, c.Program.Offset, c.Program.Weights))
	var err error
	c.Network.Primal, c.Network.Objective, c.Dual.Bound, err = Enclose(c, x, y)
	if err != nil {
		panic(err)
	}
	c.Network.Primal *= 1 + c.room()
	c.Network.Objective *= 1 + c.room()
	c.Dual.Bound *= 1 - c.room()
	c.Gap = Gap{Rel: RelGap(c.Network.Primal, c.Dual.Bound), Tol: 1e-6, Status: StatusOptimal}
}

// room is the relative distance that claims keep from the truth, because a
// checker need not enclose logarithms as closely as Enclose does.
func (c *Certificate) room() float64 {
	if c.Program.Loss == Logistic || c.Program.Weighted {
		return 1e-13
	}
	return 0
}

func (s problem) matrix(rng *rand.Rand) exact.Matrix {
	x := exact.Matrix{Rows: s.Rows, Cols: s.Cols}
	if s.sparse {
		x.Start = []int{0}
	}
	for range s.Rows {
		for j := range s.Cols {
			v := math.Round(rng.NormFloat64()*1024) / 1024
			if s.rational {
				v = float64(rng.IntN(9) - 4)
			}
			if s.bias && j == s.Cols-1 {
				v = 1
			}
			if s.sparse && rng.IntN(3) == 0 {
				continue
			}
			x.Values = append(x.Values, v)
			if s.sparse {
				x.Index = append(x.Index, j)
			}
		}
		if s.sparse {
			x.Start = append(x.Start, len(x.Values))
		}
	}
	return x
}

func dot(a, b []float64) float64 {
	s := 0.0
	for j := range a {
		s += a[j] * b[j]
	}
	return s
}

func rowDot(x exact.Matrix, i int, w []float64) float64 {
	values, index := x.Row(i)
	return storedDot(values, index, w)
}

func storedDot(values []float64, index []int, w []float64) float64 {
	sum := 0.0
	for e, v := range values {
		j := e
		if index != nil {
			j = index[e]
		}
		sum += w[j] * v
	}
	return sum
}

// gates draws distinct patterns with their gates, clear of every hyperplane;
// rows of zeros are inactive.
func (s problem) gates(rng *rand.Rand, x exact.Matrix, c *Certificate) [][]float64 {
	var gates [][]float64
	seen := map[uint64]bool{}
	for tries := 0; len(gates) < s.patterns; tries++ {
		if tries > 100 {
			return nil
		}
		g := make([]float64, s.Cols)
		for j := range g {
			g[j] = math.Round(rng.NormFloat64()*256) / 256
		}
		words := make([]uint64, (s.Rows+63)/64)
		clear := true
		for i := range s.Rows {
			z := rowDot(x, i, g)
			values, _ := x.Row(i)
			clear = clear && (math.Abs(z) > 0.02 || dot(values, values) == 0)
			if z > 0 {
				words[i/64] |= 1 << (i % 64)
			}
		}
		hash := uint64(0)
		for _, w := range words {
			hash = hash*0x9e3779b97f4a7c15 + w
		}
		if !clear || seen[hash] {
			continue
		}
		seen[hash] = true
		gates = append(gates, g)
		c.Patterns = append(c.Patterns, Pattern{Words: words})
	}
	return gates
}

// unit is the activation of the problem.
func (s problem) unit() string {
	if s.gated {
		return Gated
	}
	return cmp.Or(s.activation, ReLU)
}

// diagonal is the entry of A_p at row i.
func (s problem) diagonal(p Pattern, i int) float64 {
	if p.Active(i) {
		return 1
	}
	slope, err := Slope(s.unit())
	if err != nil {
		panic(err)
	}
	return slope
}

// adjoint is X' A_p nu.
func (s problem) adjoint(x exact.Matrix, p Pattern, nu []float64) []float64 {
	v := make([]float64, s.Cols)
	for i := range s.Rows {
		values, index := x.Row(i)
		for e, a := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			v[j] += a * (s.diagonal(p, i) * nu[i])
		}
	}
	return v
}

// dualPoint finds nu with sign_p X'A_p nu = radius g_p/||g_p|| for the active
// patterns p, and sum nu = 0 with an intercept, as the smallest correction of a
// random vector; it lies on a grid, so that the sum is exact.
func (s problem) dualPoint(rng *rand.Rand, x exact.Matrix, c *Certificate, gates [][]float64) (nu []float64, radius float64, ok bool) {
	nu = make([]float64, s.Rows)
	for i := range nu {
		nu[i] = rng.NormFloat64()
	}
	radius = 2 + 6*rng.Float64()
	var a [][]float64 // constraints a_k . nu = b_k
	var b []float64
	for p := range s.active {
		sign := []float64{1, -1}[p%2]
		norm := math.Sqrt(dot(gates[p], gates[p]))
		for j := range s.Cols {
			row := make([]float64, s.Rows)
			for i := range s.Rows {
				e := make([]float64, s.Cols)
				e[j] = 1
				row[i] = s.diagonal(c.Patterns[p], i) * rowDot(x, i, e)
			}
			a, b = append(a, row), append(b, sign*radius*gates[p][j]/norm)
		}
	}
	if s.intercept {
		ones := make([]float64, s.Rows)
		for i := range ones {
			ones[i] = 1
		}
		a, b = append(a, ones), append(b, 0)
	}
	if !project(nu, a, b) {
		return nil, 0, false
	}
	const grid = 0x1p40
	sum := 0.0
	for i := range nu {
		nu[i] = math.Round(nu[i]*grid) / grid
		sum += nu[i]
	}
	if s.intercept {
		nu[0] -= sum
	}
	if s.active == 0 {
		radius = 0
		for p := range c.Patterns {
			for _, sign := range []float64{1, -1} {
				_, norm := s.multipliers(x, c.Patterns[p], nu, sign)
				radius = max(radius, norm)
			}
		}
		radius = radius*1.25 + 0.125
	}
	return nu, radius, true
}

// project moves v to the nearest point with a_k . v = b_k, by Gram-Schmidt.
func project(v []float64, a [][]float64, b []float64) bool {
	for k := range a {
		for l := range k {
			t := dot(a[k], a[l])
			for i := range a[k] {
				a[k][i] -= t * a[l][i]
			}
			b[k] -= t * b[l]
		}
		norm := math.Sqrt(dot(a[k], a[k]))
		if norm < 1e-3 {
			return false
		}
		for i := range a[k] {
			a[k][i] /= norm
		}
		b[k] /= norm
	}
	for range 3 { // again, for the rounding
		for k := range a {
			t := b[k] - dot(a[k], v)
			for i := range v {
				v[i] += t * a[k][i]
			}
		}
	}
	return true
}

// multipliers minimises ||X'(sign A nu + S mu)|| over mu >= 0 by coordinate descent.
func (s problem) multipliers(x exact.Matrix, p Pattern, nu []float64, sign float64) ([]Multiplier, float64) {
	v := s.adjoint(x, p, nu)
	for j := range v {
		v[j] *= sign
	}
	mu := make([]float64, s.Rows)
	for sweep := 0; sweep < 2000 && !s.gated; sweep++ {
		for i := range mu {
			values, index := x.Row(i)
			square := dot(values, values)
			if square == 0 {
				continue
			}
			next := max(0, mu[i]-p.coneSign(i)*storedDot(values, index, v)/square)
			for e, a := range values {
				j := e
				if index != nil {
					j = index[e]
				}
				v[j] += (next - mu[i]) * p.coneSign(i) * a
			}
			mu[i] = next
		}
	}
	var list []Multiplier
	for i, m := range mu {
		if m > 1e-14 {
			list = append(list, Multiplier{i, m})
		}
	}
	return list, math.Sqrt(dot(v, v))
}

// target is nu plus the network's prediction.
func (s problem) target(x exact.Matrix, c *Certificate) []float64 {
	y := make([]float64, s.Rows)
	for i := range y {
		y[i] = c.Dual.Nu[i] + c.Network.Constant
		for _, u := range c.Network.Neurons {
			y[i] += u.Alpha * (s.diagonal(c.Patterns[u.Pattern], i) * rowDot(x, i, u.W))
		}
	}
	return y
}
