package run

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"multigrade/proofs/internal/naive"
)

// naiveUnit is a unit's value at a row of X_k.
func naiveUnit(slope float64, w, gate, x []float64) float64 {
	z, by := 0.0, 0.0
	for j, v := range x {
		z += float64(w[j] * v)
		if len(gate) > 0 {
			by += float64(gate[j] * v)
		}
	}
	if len(gate) > 0 && by > 0 || len(gate) == 0 && z > 0 {
		return z
	}
	if len(gate) > 0 || slope == 0 || slope*z == 0 {
		return 0
	}
	return slope * z
}

// slope is that of the grade's units for negative numbers.
func (g *naiveGrade) slope() float64 {
	switch {
	case g.Activation == "abs":
		return -1
	case strings.HasPrefix(g.Activation, "leaky:"):
		s, _ := strconv.ParseFloat(g.Activation[len("leaky:"):], 64)
		return s
	}
	return 0
}

// input is X_k.
func (r *naiveRun) input(p *naiveRows) [][]float64 {
	var x [][]float64
	for _, h := range p.h {
		row := slices.Clone(h)
		if r.m.Bias {
			row = append(row, 1)
		}
		x = append(x, row)
	}
	return x
}

func (o *naiveOutput) value(slope float64, x []float64) float64 {
	f := o.Constant
	for _, u := range o.Neurons {
		f += float64(u.Alpha * naiveUnit(slope, u.W, u.Gate, x))
	}
	return f
}

func (r *naiveRun) grade(g *naiveGrade) error {
	train := r.parts[0]
	x := r.input(train)
	certificates := make([]*naive.Certificate, len(g.Outputs))
	for t := range g.Outputs {
		c, err := r.certificate(g, t, x)
		if err != nil {
			return err
		}
		certificates[t] = c
		o := &g.Outputs[t]
		r.claim("decomposed", o.Decomposed == nil || r.objective(o, c))
		r.claim("dead-zone", (o.DeadZone != nil) == r.manifest.Options.DeadZone)
		for i := range x {
			if o.DeadZone != nil {
				d := naive.RatSub(naiveRat(train.e[t][i]), naiveRat(o.value(g.slope(), x[i])))
				r.claim("dead-zone", d.Abs(d).Cmp(naiveRat(*o.DeadZone)) <= 0)
			}
		}
	}
	r.features(g, x)
	for _, p := range r.parts {
		before, totals := r.pass(g, p)
		r.rowsOfLedger(g.Grade, p, before, func(t int) []string { return naiveColumns(g, certificates, t) })
		if p == train {
			r.falls(g, before, totals)
		}
	}
	return nil
}

func naiveRat(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

// certificate checks the certificate of output t on X_k, given the data that it leaves out, and compares its network.
func (r *naiveRun) certificate(g *naiveGrade, t int, x [][]float64) (*naive.Certificate, error) {
	raw := string(r.hash(fmt.Sprintf("certificates/grade-%03d-output-%d.cert", g.Grade, t+1)))
	labels := r.m.Loss == "logistic" || r.m.Loss == "hinge"
	train, o := r.parts[0], &g.Outputs[t]
	line := func(keyword string, v []float64) string {
		for _, f := range v {
			keyword += " " + shortest(f)
		}
		return keyword + "\n"
	}
	data := "section data dense\n"
	for _, row := range x {
		data += line("x", row)
	}
	if labels {
		data += line("y", train.y[t])
	} else {
		data += line("y", train.e[t])
	}
	if labels && g.Grade > 1 {
		data += line("offset", train.total[t])
	}
	if train.weighted {
		data += line("weights", train.weight)
	}
	at := strings.Index(raw, "\nsha256 ") + 1
	at += strings.Index(raw[at:], "\n") + 1
	text := raw[:at] + data + raw[at:]
	c, err := naive.Parse(text)
	if err != nil {
		return nil, err
	}
	answers, err := naive.Check(text)
	for name, answer := range answers {
		r.claim(name, answer != naive.Fails)
	}
	r.worst = max(r.worst, slices.Index(naiveStatuses, c.Status))
	same := c.Beta.Cmp(naiveRat(o.Beta)) == 0 && c.LossName == r.m.Loss && c.Intercept == r.m.Intercept && c.Shifted == (labels && g.Grade > 1) && c.Weighted == train.weighted &&
		c.Gated == (g.Activation == "gated" || o.Decomposed != nil) && c.Slope.Cmp(naiveRat(g.slope())) == 0
	if o.Decomposed == nil {
		same = same && len(c.Neurons) == len(o.Neurons) && c.Constant.Cmp(naiveRat(o.Constant)) == 0
		for j := 0; same && j < len(o.Neurons); j++ {
			u := &o.Neurons[j]
			same = c.Neurons[j].Alpha.Cmp(naiveRat(u.Alpha)) == 0 && naiveSame(c.Neurons[j].W, u.W) && naiveSame(c.Neurons[j].Gate, u.Gate)
		}
	}
	r.claim("composition", same && (c.LossName != "huber" && c.LossName != "quantile" || c.Threshold.Cmp(naiveRat(r.m.Threshold)) == 0))
	return c, err
}

func naiveSame(a []*big.Rat, b []float64) bool {
	return slices.EqualFunc(a, b, func(p *big.Rat, q float64) bool { return p.Cmp(naiveRat(q)) == 0 })
}

// objective decides loss + beta sum |alpha| |w| of a decomposed network against what is stated.
func (r *naiveRun) objective(o *naiveOutput, program *naive.Certificate) bool {
	c := *program
	c.Neurons, c.Constant, c.Gated = nil, naiveRat(o.Constant), false
	for _, u := range o.Neurons {
		var w []*big.Rat
		for _, v := range u.W {
			w = append(w, naiveRat(v))
		}
		c.Neurons = append(c.Neurons, naive.Neuron{Alpha: naiveRat(u.Alpha), W: w})
	}
	value := c.Loss(func(u naive.Neuron, i int) bool { return naive.RatDot(c.X[i], u.W).Sign() > 0 }).Plus(c.Roots())
	return c.AtMost(value, naiveRat(o.Decomposed.Objective)) != naive.Fails
}

// features: the scales bring the units to root mean square 1 on the training rows.
func (r *naiveRun) features(g *naiveGrade, x [][]float64) {
	m := 0
	for _, o := range g.Outputs {
		for _, u := range o.Neurons {
			sum := 0.0
			for i := range x {
				v := naiveUnit(g.slope(), u.W, u.Gate, x[i])
				sum += float64(v * v)
			}
			want := 1.0
			if root := math.Sqrt(sum / float64(len(x))); root > 0 {
				want = 1 / root
			}
			r.claim("composition", g.FeatureScale[m] == want)
			m++
		}
	}
}

// pass moves rows through the grade and returns e_(k-1) and f_1 + ... + f_(k-1).
func (r *naiveRun) pass(g *naiveGrade, p *naiveRows) (before, totals [][]float64) {
	x := r.input(p)
	for t := range g.Outputs {
		before, totals = append(before, slices.Clone(p.e[t])), append(totals, slices.Clone(p.total[t]))
		for i := range x {
			f := g.Outputs[t].value(g.slope(), x[i])
			if eps := g.Outputs[t].DeadZone; eps != nil {
				f = max(0, f-*eps) - max(0, -f-*eps)
			}
			p.e[t][i] -= f
			p.total[t][i] += f
		}
	}
	for i := range x {
		var h []float64
		for _, o := range g.Outputs {
			for _, u := range o.Neurons {
				h = append(h, float64(naiveUnit(g.slope(), u.W, u.Gate, x[i])*g.FeatureScale[len(h)]))
			}
		}
		if g.Carry {
			h = append(h, p.carried[i]...)
		}
		p.h[i] = h
	}
	return before, totals
}

// falls: what a grade must not do on the training rows.
func (r *naiveRun) falls(g *naiveGrade, before, totals [][]float64) {
	p := r.parts[0]
	for t := range p.e {
		last, room := r.loss(p, t, before[t], totals[t])
		now, _ := r.loss(p, t, p.e[t], p.total[t])
		nothing := len(g.Outputs[t].Neurons) == 0 && g.Outputs[t].Constant == 0
		r.claim("decreasing", nothing || now <= last*(1+room))
		for i, v := range p.e[t] {
			fell := math.Abs(v) <= math.Abs(before[t][i])
			r.claim("monotone", r.m.Loss != "monotone" || fell)
			eps := g.Outputs[t].DeadZone
			r.claim("dead-zone", eps == nil || fell && math.Abs(v) <= 2**eps)
		}
	}
}
