package run

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"multigrade/proofs/internal/naive"
)

// left is the residual that the ledger measures.
func (r *naiveRun) left(p *naiveRows, e []float64, t, i int) float64 {
	y := p.y[t][i]
	switch {
	case r.m.Loss == "logistic" || r.m.Loss == "hinge":
		return float64(y * min(max(float64(y*e[i]), 0), 2))
	case r.m.Output.Scale[t] == 0:
		return y - r.m.Output.Shift[t] - p.total[t][i]
	}
	return float64(r.m.Output.Scale[t] * e[i])
}

// loss of output t, and the relative error it may have.
func (r *naiveRun) loss(p *naiveRows, t int, e, total []float64) (v, room float64) {
	for i := range e {
		var phi float64
		a, z := math.Abs(e[i]), float64(p.y[t][i]*total[i])
		switch r.m.Loss {
		case "l1":
			phi = a
		case "linf":
			v = max(v, a)
		case "huber":
			if a > r.m.Threshold {
				phi = float64(r.m.Threshold * (a - r.m.Threshold/2))
			} else {
				phi = float64(e[i]*e[i]) / 2
			}
		case "quantile":
			phi = max(float64(r.m.Threshold*e[i]), float64((r.m.Threshold-1)*e[i]))
		case "hinge":
			phi = max(0, 1-z)
		case "logistic":
			phi, room = max(-z, 0)+math.Log1p(math.Exp(-math.Abs(z))), 1.5e-12
		default:
			phi = float64(e[i] * e[i])
		}
		v += float64(p.weight[i] * phi)
	}
	switch n := float64(len(e)); r.m.Loss {
	case "linf":
		return v, 0
	case "squared", "monotone":
		return v / float64(2*n), 0
	default:
		return v / n, room
	}
}

// rowsOfLedger checks a grade's rows for a part: one per output, then one for all of several.
func (r *naiveRun) rowsOfLedger(grade int, p *naiveRows, before [][]float64, program func(t int) []string) {
	outputs := len(p.e)
	n := float64(len(p.e[0]))
	var all [6]float64 // sums over the outputs of l1, mse, nonincreasing, loss; the largest linf; the loss's room
	for t := range outputs {
		l1, mse, linf, kept := 0.0, 0.0, 0.0, 0.0
		for i := range p.e[t] {
			v := r.left(p, p.e[t], t, i)
			l1, mse, linf = l1+math.Abs(v), mse+float64(v*v), max(linf, math.Abs(v))
			now, last := p.e[t][i], before[t][i]
			if r.m.Loss == "logistic" || r.m.Loss == "hinge" {
				now, last = v, r.left(p, before[t], t, i)
			}
			if math.Abs(now) <= math.Abs(last) {
				kept++
			}
		}
		loss, room := r.loss(p, t, p.e[t], p.total[t])
		l1, mse, kept = l1/n, mse/n, kept/n
		all = [6]float64{all[0] + l1, all[1] + mse, all[2] + kept, all[3] + loss, max(all[4], linf), room}
		r.row(grade, p, strconv.Itoa(t+1), [6]float64{l1, mse, kept, loss, linf, room}, r.accuracy(p, t, t+1), program, t)
	}
	if k := float64(outputs); outputs > 1 {
		r.row(grade, p, "all", [6]float64{all[0] / k, all[1] / k, all[2] / k, all[3], all[4], all[5]}, r.accuracy(p, 0, outputs), program, outputs)
	}
}

func (r *naiveRun) accuracy(p *naiveRows, first, last int) string {
	if r.m.Task == "regression" {
		return ""
	}
	right := 0
	for i := range p.y[0] {
		best := first
		for t := first; t < last; t++ {
			if p.total[t][i] > p.total[best][i] {
				best = t
			}
		}
		if len(p.y) == 1 || last-first == 1 && len(p.y) > 1 {
			if (p.total[first][i] > 0) == (p.y[first][i] > 0) {
				right++
			}
		} else if p.y[best][i] > 0 {
			right++
		}
	}
	return shortest(float64(right) / float64(len(p.y[0])))
}

// row checks one row: l1, mse, nonincreasing, loss, linf and the loss's room.
func (r *naiveRun) row(grade int, p *naiveRows, output string, v [6]float64, accuracy string, program func(t int) []string, t int) {
	key := fmt.Sprintf("%d %s %s", grade, p.name, output)
	f := r.ledger[key]
	delete(r.ledger, key)
	if f == nil {
		r.claim("ledger", false)
		return
	}
	want := map[string]string{"rows": strconv.Itoa(len(p.e[0])), "l1": shortest(v[0]), "mse": shortest(v[1]), "l2": shortest(math.Sqrt(v[1])),
		"nonincreasing": shortest(v[2]), "loss": shortest(v[3]), "linf": shortest(v[4]), "accuracy": accuracy}
	columns := make([]string, 6)
	if program != nil {
		columns = program(t)
	}
	for k, name := range []string{"neurons", "beta", "primal", "dual", "rel_gap", "status"} {
		want[name] = columns[k]
	}
	for k, name := range r.header {
		expected, ok := want[name]
		got, err := strconv.ParseFloat(f[k], 64)
		switch {
		case !ok:
		case name == "loss" && v[5] > 0:
			r.claim("ledger", err == nil && math.Abs(got-v[3]) <= v[5]*math.Abs(v[3]))
		case name == "status" || expected == "" || f[k] == "":
			r.claim("ledger", f[k] == expected)
		default:
			number, _ := strconv.ParseFloat(expected, 64)
			r.claim("ledger", err == nil && got == number)
		}
	}
}

var naiveStatuses = []string{"optimal", "priced", "limit", "time", "stalled", "interrupted"}

// naiveColumns are a row's last columns for output t, or, t being their number, for all together.
func naiveColumns(g *naiveGrade, c []*naive.Certificate, t int) []string {
	first, last := t, t+1
	if t == len(g.Outputs) {
		first, last = 0, t
	}
	var neurons, worst int
	var beta, primal, bound float64
	for k := first; k < last; k++ {
		a, _ := c[k].PrimalC.Float64()
		b, _ := c[k].Bound.Float64()
		neurons, beta, primal, bound = neurons+len(g.Outputs[k].Neurons), beta+g.Outputs[k].Beta, primal+a, bound+b
		worst = max(worst, slices.Index(naiveStatuses, c[k].Status))
	}
	gap := (primal - bound) / max(math.Abs(primal), math.Abs(bound), 0x1p-1022)
	return []string{strconv.Itoa(neurons), shortest(beta), shortest(primal), shortest(bound), shortest(gap), naiveStatuses[worst]}
}
