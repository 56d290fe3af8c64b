package run

import (
	"fmt"
	"math"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/table"
)

// A part is one split of the data on its way through the grades; entering
// grade k it holds h_{k-1} and e_{k-1}. Vectors per target are indexed by the
// target first.
type part struct {
	name    string
	y       [][]float64  // targets, as in the file
	h       exact.Matrix // h_{k-1}
	carried exact.Matrix // c(x), where grades carry
	e       [][]float64  // e_{k-1}
	total   [][]float64  // f_1 + ... + f_{k-1}
	weight  []float64    // of the training rows in the loss, nil without
}

// newPart takes the given rows of the data, standardised by the model.
func newPart(name string, t *table.Table, m *model, rows []int) *part {
	p := &part{name: name, h: m.Input.apply(t.X, rows)}
	if m.carries() {
		p.carried = carry(p.h, m.CarryShift)
	}
	if name == splitTrain {
		p.weight = m.weigh(t, rows)
	}
	for j, column := range t.Y {
		y, e := make([]float64, len(rows)), make([]float64, len(rows))
		for k, i := range rows {
			y[k], e[k] = column[i], m.Output.value(column[i], j)
		}
		p.y, p.e, p.total = append(p.y, y), append(p.e, e), append(p.total, make([]float64, len(rows)))
	}
	return p
}

// input is X_k on the part.
func (p *part) input(m *model) exact.Matrix {
	if m.Bias {
		return withOnes(p.h)
	}
	return p.h
}

// withOnes appends a last column of ones.
func withOnes(h exact.Matrix) exact.Matrix {
	x := exact.Matrix{Rows: h.Rows, Cols: h.Cols + 1, Values: make([]float64, 0, len(h.Values)+h.Rows)}
	if h.Sparse() {
		x.Index, x.Start = make([]int, 0, len(h.Index)+h.Rows), append(make([]int, 0, h.Rows+1), 0)
	}
	for i := range h.Rows {
		values, index := h.Row(i)
		x.Values = append(append(x.Values, values...), 1)
		if h.Sparse() {
			x.Index = append(append(x.Index, index...), h.Cols)
			x.Start = append(x.Start, len(x.Values))
		}
	}
	return x
}

// inner is w . x for a row of X, products rounded, summed from the first column.
func inner(w, values []float64, index []int) float64 {
	z := 0.0
	for e, v := range values {
		j := e
		if index != nil {
			j = index[e]
		}
		z += float64(v * w[j])
	}
	return z
}

// unit is the neuron's value at a row: phi(w . x), or w . x behind an open gate.
func (u *modelNeuron) unit(slope float64, values []float64, index []int) float64 {
	z := inner(u.W, values, index)
	switch {
	case u.Gate == nil:
		return certificate.Value(slope, z)
	case inner(u.Gate, values, index) > 0:
		return z
	}
	return 0
}

// hidden returns the units' values at every row of x, one column per neuron,
// output by output.
func (g *modelGrade) hidden(x exact.Matrix) exact.Matrix {
	return g.hiddenAt(x, 0, x.Rows)
}

// hiddenAt is hidden of so many rows from row first on.
func (g *modelGrade) hiddenAt(x exact.Matrix, first, rows int) exact.Matrix {
	var units []*modelNeuron
	for t := range g.Outputs {
		for j := range g.Outputs[t].Neurons {
			units = append(units, &g.Outputs[t].Neurons[j])
		}
	}
	slope, _ := certificate.Slope(g.Activation) // as readModel has seen
	z := exact.Matrix{Rows: rows, Cols: len(units), Values: make([]float64, rows*len(units))}
	exact.Parallel(rows, func() func(int) {
		return func(i int) {
			values, index := x.Row(first + i)
			for m, u := range units {
				z.Values[i*z.Cols+m] = u.unit(slope, values, index)
			}
		}
	})
	return z
}

// networks are the values of the outputs' networks at every row, given the
// units'.
func (g *modelGrade) networks(hidden exact.Matrix) [][]float64 {
	values := make([][]float64, len(g.Outputs))
	first := 0
	for t := range g.Outputs {
		o := &g.Outputs[t]
		values[t] = make([]float64, hidden.Rows)
		for i := range values[t] {
			row, _ := hidden.Row(i)
			values[t][i] = o.network(row[first : first+len(o.Neurons)])
		}
		first += len(o.Neurons)
	}
	return values
}

// unitRows are the rows whose units' values there are at a time where no grade follows: those of
// all rows are as many numbers as rows times neurons, often the most in a check.
const unitRows = 1 << 14

// last returns the values of the networks of a grade that none follows at every row of x, and the
// scales of its features.
func (g *modelGrade) last(x exact.Matrix) (values [][]float64, scales []float64) {
	values = make([][]float64, len(g.Outputs))
	for t := range values {
		values[t] = make([]float64, 0, x.Rows)
	}
	squares := make([]float64, g.width())
	for first := 0; first < x.Rows; first += unitRows {
		hidden := g.hiddenAt(x, first, min(unitRows, x.Rows-first))
		addSquares(squares, hidden)
		for t, v := range g.networks(hidden) {
			values[t] = append(values[t], v...)
		}
	}
	return values, rootMeanScales(squares, x.Rows)
}

// pass moves the part through grade g, given the values of its networks and the
// units there, and returns e_{k-1}.
func (p *part) pass(g *modelGrade, values [][]float64, hidden exact.Matrix) (before [][]float64) {
	before = p.passLast(g, values)
	for k := range hidden.Values {
		hidden.Values[k] = float64(hidden.Values[k] * g.FeatureScale[k%hidden.Cols])
	}
	p.h = hidden
	if g.Carry {
		p.h = beside(hidden, p.carried)
	}
	return before
}

// passLast is pass where no grade follows.
func (p *part) passLast(g *modelGrade, values [][]float64) (before [][]float64) {
	before = p.e
	p.e = make([][]float64, len(before))
	for t := range g.Outputs {
		p.e[t] = make([]float64, len(before[t]))
		for i, v := range values[t] {
			f := g.Outputs[t].past(v)
			p.e[t][i] = before[t][i] - f
			p.total[t][i] += f
		}
	}
	return before
}

// featureScales returns 1 / root mean square of every column, 1 for zeros.
func featureScales(hidden exact.Matrix) []float64 {
	squares := make([]float64, hidden.Cols)
	addSquares(squares, hidden)
	return rootMeanScales(squares, hidden.Rows)
}

// addSquares adds those of the units' values, column by column.
func addSquares(squares []float64, hidden exact.Matrix) {
	for k, v := range hidden.Values {
		squares[k%hidden.Cols] += float64(v * v)
	}
}

// rootMeanScales are the scales of columns whose squares have these sums over so many rows.
func rootMeanScales(sums []float64, rows int) []float64 {
	scale := make([]float64, len(sums))
	for m, sum := range sums {
		scale[m] = 1
		if rms := math.Sqrt(sum / float64(rows)); rms > 0 {
			scale[m] = 1 / rms
		}
	}
	return scale
}

// sameBits returns an error naming the first number of got that is not the
// same float64 as in want; source says where want comes from.
func sameBits(field string, got []float64, source string, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d numbers, %s %d", field, len(got), source, len(want))
	}
	for k := range got {
		if math.Float64bits(got[k]) != math.Float64bits(want[k]) {
			return fmt.Errorf("%s[%d]: %v, %s %v (off by %.3g)", field, k, got[k], source, want[k], math.Abs(got[k]-want[k]))
		}
	}
	return nil
}

// accuracy of outputs first to last of the part, NaN for a regression.
func (p *part) accuracy(m *model, first, last int) float64 {
	if m.Task == table.TaskRegression {
		return math.NaN()
	}
	return table.Accuracy(p.total[first:last], p.y[first:last])
}
