package grade

import (
	"fmt"
	"math"

	"multigrade/internal/elementary"
	"multigrade/solver"
)

// Platt makes a probability of a margin z:
//
//	P(y = +1 | z) = 1/(1 + exp(-u)),   u = Slope z + Offset,   Slope >= 0
//
// (Platt, Probabilistic outputs for support vector machines, 1999).
type Platt struct {
	Slope  float64 `json:"slope"`
	Offset float64 `json:"offset"`
}

func (p Platt) of(z float64) float64 { return float64(p.Slope*z) + p.Offset }

// newPlatt minimises over slope >= 0 and offset
//
//	F = sum_i log(1 + exp(u_i)) - t_i u_i
//
// by Newton's method with backtracking, where t is (N+ + 1)/(N+ + 2) for the N+ rows
// with label +1 and 1/(N- + 2) for the N- others (Lin, Lin and Weng, A note on Platt's
// probabilistic outputs for support vector machines, Machine Learning 68, 2007).
func newPlatt(margin, label []float64) Platt {
	target, prior := plattTargets(label)
	shift, scale := meanSD(margin)
	if scale > 0 {
		z := make([]float64, len(margin))
		for i, v := range margin {
			z[i] = (v - shift) / scale
		}
		if p := (plattFit{z, target}).minimise(Platt{Offset: logit(prior)}); p.Slope > 0 {
			slope := p.Slope / scale
			if q := (Platt{slope, p.Offset - float64(slope*shift)}); finiteNumber(q.Slope) && finiteNumber(q.Offset) {
				return q
			}
		}
	}
	return Platt{Offset: logit(prior)} // the margins tell nothing
}

// plattTargets are the t_i and their mean.
func plattTargets(label []float64) (target []float64, mean float64) {
	positive := 0.0
	for _, y := range label {
		if y > 0 {
			positive++
		}
	}
	n := float64(len(label))
	target = make([]float64, len(label))
	for i, y := range label {
		target[i] = 1 / (n - positive + 2)
		if y > 0 {
			target[i] = (positive + 1) / (positive + 2)
		}
		mean += target[i] / n
	}
	return target, mean
}

func logit(p float64) float64 { return elementary.Log(p / (1 - p)) }

func finiteNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// plattFit is F on standardised margins z.
type plattFit struct{ z, target []float64 }

const (
	plattSteps  = 100   // of Newton; about ten are needed
	plattTol    = 1e-10 // of the gradient, per row
	plattRidge  = 1e-12 // added to the Hessian's diagonal, per row
	plattShrink = 40    // halvings of a step
)

func (f plattFit) minimise(p Platt) Platt {
	n := float64(len(f.z))
	value := f.value(p)
	for range plattSteps {
		gs, gb, hss, hsb, hbb := f.derivatives(p)
		if math.Max(math.Abs(gs), math.Abs(gb)) <= plattTol*n {
			return p
		}
		hss, hbb = hss+plattRidge*n, hbb+plattRidge*n
		det := float64(hss*hbb) - float64(hsb*hsb)
		ds, db := (float64(hsb*gb)-float64(hbb*gs))/det, (float64(hsb*gs)-float64(hss*gb))/det
		descent := float64(gs*ds) + float64(gb*db)
		step, lower := 1.0, false
		for range plattShrink {
			q := Platt{p.Slope + float64(step*ds), p.Offset + float64(step*db)}
			if v := f.value(q); v <= value+1e-4*step*descent {
				p, value, lower = q, v, true
				break
			}
			step /= 2
		}
		if !lower {
			return p // as low as float64 tells
		}
	}
	return p
}

func (f plattFit) value(p Platt) float64 {
	sum := 0.0
	for i, z := range f.z {
		u := p.of(z)
		sum += softplus(u) - float64(f.target[i]*u)
	}
	return sum
}

// derivatives are gradient and Hessian by slope and offset.
func (f plattFit) derivatives(p Platt) (gs, gb, hss, hsb, hbb float64) {
	for i, z := range f.z {
		q := sigmoid(p.of(z))
		d, w := q-f.target[i], float64(q*(1-q))
		gs, gb = gs+float64(d*z), gb+d
		hss, hsb, hbb = hss+float64(float64(w*z)*z), hsb+float64(w*z), hbb+w
	}
	return
}

// sigmoid is 1/(1 + exp(-u)).
func sigmoid(u float64) float64 {
	if u < 0 {
		e := elementary.Exp(u)
		return e / (1 + e)
	}
	return 1 / (1 + elementary.Exp(-u))
}

// Platt is the scaling of every output's margin with the first k grades of a model of
// classes: that of the calibration of all grades or, without it and of logistic loss,
// that margins are log odds. Errors are that there is neither; they wrap ErrCalibration.
func (m *Model) Platt(k int) (platt []Platt, calibrated bool, err error) {
	switch {
	case m.Task == Regression.String():
		return nil, false, fmt.Errorf("%w: the target is numbers", ErrCalibration)
	case m.Calibration != nil && k == len(m.Grades):
		return m.Calibration.Platt, true, nil
	case m.Loss != solver.Logistic.Name():
		return nil, false, fmt.Errorf("%w behind %d grades: a margin of loss %s alone is no probability, that takes fit, or solve --validation", ErrCalibration, k, m.Loss)
	}
	return logOdds(m.Outputs()), false, nil
}

// logOdds takes the margins of so many outputs for what logistic loss makes them.
func logOdds(outputs int) []Platt {
	platt := make([]Platt, outputs)
	for t := range platt {
		platt[t].Slope = 1
	}
	return platt
}

// Probabilities writes the probability of every class at a row with the given scores,
// one per output, into p. With q_t = 1/(1 + exp(-u_t)) they are 1 - q_1 and q_1 of two
// classes and q_t / sum_s q_s of more.
func Probabilities(platt []Platt, scores, p []float64) {
	if len(platt) == 1 {
		u := platt[0].of(scores[0])
		p[0], p[1] = sigmoid(-u), sigmoid(u)
		return
	}
	most := math.Inf(-1)
	for t, z := range scores {
		p[t] = -softplus(-platt[t].of(z))
		most = math.Max(most, p[t])
	}
	sum := 0.0
	for t, v := range p {
		p[t] = elementary.Exp(v - most)
		sum += p[t]
	}
	for t := range p {
		p[t] /= sum
	}
}
