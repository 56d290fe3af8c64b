package grade

import (
	"slices"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// splitState is one split of the data, a share of the rows, on its way through the
// grades. Vectors per target are indexed by the target first.
type splitState struct {
	name    string
	y       [][]float64 // targets, as in the data
	h       mat.Matrix  // h_{k-1}, standardised features at first
	line    []float64   // the rows' one input, nil if there are more
	carried mat.Matrix  // c(x), nil without carry
	e       [][]float64 // e_{k-1}
	total   [][]float64 // f_1 + ... + f_{k-1}
	weight  []float64   // of the rows in the loss, of mean 1; nil without, and on rows held out
	last    *evaluation // of the grade that was evaluated last; nil before
}

// newSplitState takes the given rows of the data, standardised by the model.
func newSplitState(m *Model, data *Data, name string, rows []int) *splitState {
	p := &splitState{name: name, h: m.Input.Apply(data.X, rows)}
	if m.CarryShift != nil {
		p.carried = carried(p.h, m.CarryShift)
	}
	if n, d := p.h.Dims(); d == 1 {
		p.line = make([]float64, n)
		for i := range p.line {
			p.line[i] = p.h.At(i, 0)
		}
	}
	if name == OnTrain {
		p.weight = m.Weights.of(data, rows)
	}
	for t, column := range m.Targets(data.Y) {
		y, e := make([]float64, len(rows)), make([]float64, len(rows))
		for k, i := range rows {
			y[k] = column[i]
			e[k] = m.Output.value(column[i], t)
		}
		p.y, p.e, p.total = append(p.y, y), append(p.e, e), append(p.total, make([]float64, len(rows)))
	}
	return p
}

// newSplitStates are the splits of the data that have rows, training first.
func newSplitStates(m *Model, data *Data, split Split) []*splitState {
	var all []*splitState
	for _, p := range []struct {
		name string
		rows []int
	}{{OnTrain, split.Train}, {OnValidation, split.Validation}, {OnTest, split.Test}} {
		if len(p.rows) > 0 {
			all = append(all, newSplitState(m, data, p.name, p.rows))
		}
	}
	if data.Test != nil {
		all = append(all, newSplitState(m, data.Test, OnTest, upTo(data.Test.Rows)))
	}
	return all
}

// variance is that of every target.
func (p *splitState) variance() []float64 {
	var v []float64
	for _, y := range p.y {
		_, sd := meanSD(y)
		v = append(v, float64(sd*sd))
	}
	return v
}

// input returns X_k on the split.
func (p *splitState) input(bias bool) mat.Matrix {
	if bias {
		return WithBias(p.h)
	}
	return p.h
}

// size is how many numbers a grade reads: of X_k and of the targets.
func (p *splitState) size() float64 {
	n, d := p.h.Dims()
	stored := n * d
	if x, ok := p.h.(*sparse.CSR); ok {
		stored = x.NNZ()
	}
	return float64(stored + n*len(p.e))
}

// after returns e_k = e_{k-1} - f_k and f_1 + ... + f_k for target t, f_k being
// the given output's values with activation phi.
func (p *splitState) after(phi solver.Activation, t int, o *Output, bias bool) (e, total []float64) {
	return p.less(t, o.values(phi, p.h, bias))
}

// less is after for the values f_k.
func (p *splitState) less(t int, f []float64) (e, total []float64) {
	e, total = make([]float64, len(f)), make([]float64, len(f))
	for i, v := range f {
		e[i] = p.e[t][i] - v
		total[i] = p.total[t][i] + v
	}
	return e, total
}

// evaluate is what g makes of the split's h_{k-1}, computed once for all who ask before it passes.
func (p *splitState) evaluate(g *Grade, bias, features bool) *evaluation {
	if p.last == nil || p.last.of != g || features && p.last.z == nil {
		p.last = g.evaluate(p.h, bias, features)
	}
	return p.last
}

// pass moves the split past grade g.
func (p *splitState) pass(g *Grade, bias bool) {
	v := p.evaluate(g, bias, true)
	p.passLast(g, bias)
	p.h = v.features(p.carried)
}

// passLast is pass where no grade follows, for which there would be features.
func (p *splitState) passLast(g *Grade, bias bool) {
	for t, f := range p.evaluate(g, bias, false).f {
		p.e[t], p.total[t] = p.less(t, f)
	}
	p.h, p.last = nil, nil
}

// copy is a split that can go another way than p.
func (p *splitState) copy() *splitState {
	c := *p
	c.e, c.total, c.last = slices.Clone(p.e), slices.Clone(p.total), nil
	return &c
}

// fit is what e_k and f_1 + ... + f_k are of target t.
func (p *splitState) fit(t int, e, total []float64) fit { return fit{e, total, p.y[t], p.weight} }

// rowLosses returns the loss of every row held out, summed over the targets of the model.
func (p *splitState) rowLosses(m *Model, l solver.Loss) []float64 {
	sum := make([]float64, len(p.y[0]))
	for t := range p.e {
		l := lossAt(m.Quantiles, l, t)
		for i := range sum {
			sum[i] += lossOf(l, fit{p.e[t][i : i+1], p.total[t][i : i+1], p.y[t][i : i+1], nil})
		}
	}
	return sum
}

// norms measures e_k and f_1 + ... + f_k of target t against e_{k-1}, which the
// part still has, as model m counts them.
func (p *splitState) norms(m *Model, t int, e, total []float64) Norms {
	if m.Margins() {
		r := labelResidual(e, p.y[t])
		return measure(r, labelResidual(p.e[t], p.y[t]), r)
	}
	return measure(p.residuals(m, t, e, total), p.e[t], e)
}

// residuals are those of target t in its units, given e_k and f_1 + ... + f_k; for the
// losses of margins what is left of the labels.
func (p *splitState) residuals(m *Model, t int, e, total []float64) []float64 {
	if m.Margins() {
		return labelResidual(e, p.y[t])
	}
	shift, scale := m.Output.Shift[t], m.Output.Scale[t]
	r := make([]float64, len(e))
	for i, v := range e {
		r[i] = float64(scale * v)
		if scale == 0 {
			r[i] = p.y[t][i] - shift - total[i]
		}
	}
	return r
}

// squaresRise reports whether the mean square of target t's residual, e_k, is
// larger than that of e_{k-1}.
func (p *splitState) squaresRise(m *Model, t int, e, total []float64) bool {
	return p.norms(m, t, e, total).MSE > p.norms(m, t, p.e[t], p.total[t]).MSE
}

// labelResidual is what is left of labels y = +-1, not of margins, which have no
// end: y less the prediction cut to [-1, 1], that is y min(max(y e, 0), 2).
func labelResidual(e, y []float64) []float64 {
	r := make([]float64, len(e))
	for i, v := range e {
		r[i] = float64(y[i] * min(max(float64(y[i]*v), 0), 2))
	}
	return r
}

// fitted reports whether target t has nothing left: no residual or, for a loss of
// margins, which a finite network hardly ever brings to 0, a share of at most tol
// of the loss without a network.
func (p *splitState) fitted(t int, l solver.Loss, tol float64) bool {
	if !l.Labels() {
		return sumSquares(p.e[t]) == 0
	}
	zero := make([]float64, len(p.e[t]))
	return lossOf(l, p.fit(t, p.e[t], p.total[t])) <= tol*lossOf(l, p.fit(t, p.e[t], zero))
}

// allFitted reports whether that is so of every target.
func (p *splitState) allFitted(l solver.Loss, tol float64) bool {
	for t := range p.e {
		if !p.fitted(t, l, tol) {
			return false
		}
	}
	return true
}

func sumSquares(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x * x)
	}
	return s
}

// every is a split of every step-th row of p.
func (p *splitState) every(step int) *splitState {
	var rows []int
	for i := 0; i < len(p.y[0]); i += step {
		rows = append(rows, i)
	}
	some := func(v []float64) []float64 {
		if v == nil {
			return nil
		}
		out := make([]float64, len(rows))
		for k, i := range rows {
			out[k] = v[i]
		}
		return out
	}
	_, d := p.h.Dims()
	same := Identity(d)
	c := &splitState{name: p.name, h: same.Apply(p.h, rows), line: some(p.line), weight: some(p.weight)}
	for j := range p.y {
		c.y, c.e, c.total = append(c.y, some(p.y[j])), append(c.e, some(p.e[j])), append(c.total, some(p.total[j]))
	}
	return c
}
