package solver

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Prune returns a network with the same predictions on X, an objective that is
// no larger, and no more neurons than X has rows, both up to rounding. Neurons
// that share a cell and a sign become one. Then, while the contributions
//
//	a_j = alpha_j D_j X w_j   (n)
//
// of the neurons are linearly dependent, sum_j t_j a_j = 0, the neurons are
// scaled by 1 + tau t_j, in the direction in which sum_j t_j |alpha_j| |w_j| does
// not rise, until the first vanishes (Mishkin and Pilanci, "Optimal sets and
// solution paths of ReLU networks", 2023). At an optimum that sum is zero for
// every such t, so no direction is worse than another. A free constant takes
// part in the dependencies.
//
// For ReLU the neurons stay in their cones, exactly. net must be a network of p
// as Solve returns it; it is not modified.
func Prune(p *program.Problem, net program.Network) (program.Network, error) {
	if err := p.Validate(); err != nil {
		return net, err
	}
	x, err := p.Design()
	if err != nil {
		return net, err
	}
	if err := checkNetwork(p, &net); err != nil {
		return net, err
	}
	rec := &program.Recoverer{P: p, X: x, RowNorm: operator.RowNorms(x), Zero: operator.ZeroRows(x)}
	if few, ok := newPruning(rec, net).run(); ok {
		return few, nil
	}
	return net, nil
}

func checkNetwork(p *program.Problem, net *program.Network) error {
	_, d := p.X.Dims()
	if net.Activation != p.Activation {
		return fmt.Errorf("solver: a %v network for a %v program", net.Activation, p.Activation)
	}
	for j, nr := range net.Neurons {
		if nr.Cell < 0 || nr.Cell >= len(p.Cells) || len(nr.W) != d {
			return fmt.Errorf("solver: neuron %d has cell %d and %d weights, want a cell below %d and %d weights", j, nr.Cell, len(nr.W), len(p.Cells), d)
		}
	}
	return nil
}

// pruningPasses over the contributions a pruning makes for every pair of neurons.
const pruningPasses = 2

// dependent is the distance, relative to its length, at which a contribution
// counts as a combination of others.
const dependent = 1e-11

// pruning reduces neurons[0], neurons[1], ... from the front: the first
// len(basis)-offset of them have been found independent.
type pruning struct {
	rec     *program.Recoverer
	net     program.Network
	old     []program.Neuron
	changed []bool      // scaled or merged, to be repaired
	a       [][]float64 // contributions, scaled to length 1
	length  []float64   // their lengths
	basis   [][]float64 // orthonormal, of the constant and the first neurons
	coef    [][]float64 // column k of R: contribution k in the basis
}

func newPruning(rec *program.Recoverer, net program.Network) *pruning {
	pr := &pruning{rec: rec, net: net, old: net.Neurons}
	pr.net.Neurons = nil
	pr.merge()
	for _, nr := range pr.net.Neurons {
		a := contribution(rec, nr)
		pr.length = append(pr.length, floats.Norm(a, 2))
		if l := pr.length[len(pr.length)-1]; l > 0 {
			floats.Scale(1/l, a)
		}
		pr.a = append(pr.a, a)
	}
	return pr
}

// contribution is alpha A X w, n values.
func contribution(rc *program.Recoverer, nr program.Neuron) []float64 {
	n, d := rc.X.Dims()
	z, mask := operator.NewGeneral(1, n), make([]float64, n)
	w := operator.NewGeneral(1, d)
	floats.ScaleTo(w.Data, nr.Alpha, nr.W)
	rc.X.Mul(z, w)
	rc.P.Activation.Diagonal(mask, rc.P.Cells[nr.Cell].Pattern)
	floats.Mul(z.Data, mask)
	return z.Data
}

// merge makes one neuron of those that share a cell and, unless gated, a sign: the
// sum of the u = alpha w costs no more than they do, and stays in the cone.
func (pr *pruning) merge() {
	at := make(map[operator.Block]int)
	for _, nr := range pr.old {
		b := operator.Block{Cell: nr.Cell, Sign: 1}
		if !pr.net.Activation.Gated {
			b.Sign = math.Copysign(1, nr.Alpha)
		}
		k, ok := at[b]
		if !ok {
			at[b] = len(pr.net.Neurons)
			pr.net.Neurons = append(pr.net.Neurons, nr)
			pr.changed = append(pr.changed, false)
			continue
		}
		pr.net.Neurons[k] = pr.sum(pr.net.Neurons[k], nr)
		pr.changed[k] = true
	}
}

// sum is the neuron whose contribution is that of two in one cell.
func (pr *pruning) sum(a, b program.Neuron) program.Neuron {
	u := make([]float64, len(a.W))
	if pr.net.Activation.Gated {
		floats.AddScaled(u, a.Alpha, a.W)
		floats.AddScaled(u, b.Alpha, b.W)
		return program.Neuron{Cell: a.Cell, Gate: a.Gate, W: u, Alpha: 1}
	}
	floats.AddScaled(u, math.Abs(a.Alpha), a.W)
	floats.AddScaled(u, math.Abs(b.Alpha), b.W)
	root := math.Sqrt(floats.Norm(u, 2))
	if root > 0 {
		floats.Scale(1/root, u)
	}
	return program.Neuron{Cell: a.Cell, W: u, Alpha: math.Copysign(root, a.Alpha)}
}

func (pr *pruning) run() (few program.Network, ok bool) {
	if pr.rec.P.Intercept {
		n := len(pr.rec.P.Y)
		one := make([]float64, n)
		floats.AddConst(1/math.Sqrt(float64(n)), one)
		pr.extend(one)
	}
	for k := 0; k < len(pr.a); {
		switch {
		case pr.length[k] == 0:
			pr.remove(k)
		case pr.extend(pr.a[k]):
			k++
		default:
			k = pr.shift(k)
		}
	}
	return pr.repaired()
}

// offset is the number of basis vectors before those of the neurons.
func (pr *pruning) offset() int {
	if pr.rec.P.Intercept {
		return 1
	}
	return 0
}

// extend orthogonalises a against the basis, twice, keeps its coefficients and
// adds the rest to the basis; false if there is no rest.
func (pr *pruning) extend(a []float64) bool {
	rest := append([]float64(nil), a...)
	c := make([]float64, len(pr.basis)+1)
	pr.rec.X.Book(2 * pruningPasses * operator.PassWork * float64(len(pr.basis)) * float64(len(a)))
	for range 2 {
		for i, q := range pr.basis {
			dot := floats.Dot(q, rest)
			c[i] += dot
			floats.AddScaled(rest, -dot, q)
		}
	}
	pr.coef = append(pr.coef, c)
	l := floats.Norm(rest, 2)
	if l <= dependent {
		return false
	}
	c[len(pr.basis)] = l
	floats.Scale(1/l, rest)
	pr.basis = append(pr.basis, rest)
	return true
}

// shift moves along the dependency of neuron k on those before until one of
// them vanishes, removes it and returns the neuron to go on from.
func (pr *pruning) shift(k int) int {
	t := pr.dependency()
	scale := t[pr.offset():] // per neuron, as a multiple of its own contribution
	slope := 0.0
	for j := range scale {
		scale[j] /= pr.length[j]
		slope += scale[j] * pr.cost(j)
	}
	if slope > 0 {
		floats.Scale(-1, t)
	}
	tau, first := math.Inf(1), -1
	for j, v := range scale {
		if v < 0 && -1/v < tau {
			tau, first = -1/v, j
		}
	}
	if pr.offset() == 1 {
		pr.net.Constant += tau * t[0] / math.Sqrt(float64(len(pr.rec.P.Y)))
	}
	for j, v := range scale {
		pr.grow(j, 1+tau*v)
	}
	pr.remove(first)
	return first
}

// dependency is t with sum_i t_i b_i = 0 for the last column of coef, whose
// entry is 1, and the columns b_i before: R t = -last by back substitution.
func (pr *pruning) dependency() []float64 {
	k := len(pr.coef) - 1
	t := make([]float64, k+1)
	t[k] = 1
	for i := k - 1; i >= 0; i-- {
		s := 0.0
		for j := i + 1; j <= k; j++ {
			s += pr.coef[j][i] * t[j]
		}
		t[i] = -s / pr.coef[i][i]
	}
	return t
}

func (pr *pruning) cost(j int) float64 {
	nr := pr.net.Neurons[j]
	return math.Abs(nr.Alpha) * floats.Norm(nr.W, 2)
}

// grow multiplies the contribution of neuron j by f >= 0.
func (pr *pruning) grow(j int, f float64) {
	nr := &pr.net.Neurons[j]
	w := make([]float64, len(nr.W))
	pr.length[j] *= f
	pr.changed[j] = true
	if !pr.net.Activation.Gated {
		f = math.Sqrt(f)
		nr.Alpha *= f
	}
	floats.ScaleTo(w, f, nr.W)
	nr.W = w
}

// remove drops neuron k and the part of the basis that it took part in.
func (pr *pruning) remove(k int) {
	pr.net.Neurons = append(pr.net.Neurons[:k], pr.net.Neurons[k+1:]...)
	pr.changed = append(pr.changed[:k], pr.changed[k+1:]...)
	pr.a = append(pr.a[:k], pr.a[k+1:]...)
	pr.length = append(pr.length[:k], pr.length[k+1:]...)
	keep := min(k+pr.offset(), len(pr.basis))
	pr.basis, pr.coef = pr.basis[:keep], pr.coef[:keep]
}

// repaired is the network with every changed neuron exactly in its cone, not ok
// where one cannot be moved there.
func (pr *pruning) repaired() (net program.Network, ok bool) {
	if pr.net.Activation.Gated {
		return pr.net, true
	}
	var changed []program.Neuron
	for j, nr := range pr.net.Neurons {
		if pr.changed[j] {
			changed = append(changed, nr)
		}
	}
	inside := pr.rec.RepairEach(changed, func(k int) []float64 {
		return program.Centre(context.Background(), pr.rec.X, pr.cell(&changed[k]), pr.rec.Zero)
	})
	if slices.Contains(inside, false) {
		return pr.net, false
	}
	for j := range pr.net.Neurons {
		if nr := &pr.net.Neurons[j]; pr.changed[j] {
			nr.Alpha = math.Copysign(floats.Norm(nr.W, 2), nr.Alpha)
		}
	}
	return pr.net, true
}

func (pr *pruning) cell(nr *program.Neuron) hyperplane.Cell { return pr.rec.P.Cells[nr.Cell] }
