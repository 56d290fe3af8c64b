package grade

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Calibration is what rows held out tell of the errors of a model behind its last grade:
// of numbers how large they are, of classes what a margin is worth as a probability.
type Calibration struct {
	// From says where the rows come from: OnCV or OnValidation. In cross-validation
	// they were predicted by networks trained without them, at the same beta.
	From string `json:"from"`
	// Rows are the rows held out, in repeated cross-validation counted every time.
	Rows int `json:"rows"`
	// Residuals, of a regression, are those of every output, |y - prediction| in the
	// target's units, rising: all of them or, of more than mostResiduals rows, so many,
	// the j-th of r being the ceil(j Rows / r)-th smallest.
	Residuals [][]float64 `json:"residuals,omitempty"`
	// Platt, of classes, has the scaling of every output's margin; of logistic loss none
	// (slope 1, offset 0) where that has the lower log loss: each output is scaled by itself,
	// and the targets of Platt's scaling keep it from the certainty of classes told apart.
	Platt []Platt `json:"platt,omitempty"`
	// LogLoss, of classes, is the mean of -log of the probability of the rows' class.
	LogLoss float64 `json:"log_loss,omitempty"`
}

// mostResiduals bounds the residuals that are kept of an output: an interval is wider
// than it has to be by at most as much as moves 1/4096 of the rows into it.
const mostResiduals = 4096

// newCalibration is that by the rows held out.
func newCalibration(from string, h *heldOut) *Calibration {
	c := &Calibration{From: from, Rows: len(h.unit)}
	for _, residual := range h.residual {
		c.Residuals = append(c.Residuals, thinned(residual))
	}
	if h.margin == nil {
		return c
	}
	for t, z := range h.margin {
		c.Platt = append(c.Platt, newPlatt(z, h.label[t]))
	}
	c.LogLoss = meanLogLoss(c.Platt, h.margin, h.label)
	if h.logLoss != nil && mean(h.logLoss) <= c.LogLoss {
		c.Platt, c.LogLoss = logOdds(len(h.margin)), mean(h.logLoss)
	}
	return c
}

// thinned are the sizes of the residuals, rising, at most mostResiduals of them.
func thinned(residual []float64) []float64 {
	all := make([]float64, len(residual))
	for i, r := range residual {
		all[i] = math.Min(math.Abs(r), math.MaxFloat64) // +Inf has no JSON
	}
	slices.Sort(all)
	m, r := len(all), min(len(all), mostResiduals)
	kept := make([]float64, r)
	for j := range kept {
		kept[j] = all[ceilDiv((j+1)*m, r)-1]
	}
	return kept
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// ErrCalibration is wrapped by errors about what a model cannot tell for want of rows
// held out.
var ErrCalibration = errors.New("no rows held out")

// HalfWidths are, per output, how far from its prediction a share q in (0, 1) of new
// rows is at most: with m rows held out the ceil((m+1)q)-th smallest residual (split
// conformal prediction: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random
// World, 2005; Lei et al., Distribution-free predictive inference for regression,
// 2018). If a new row and those held out are exchangeable, and predicted alike, its
// target is within that with probability at least q. Networks of cross-validation are
// not the model, so that there it holds about, not exactly. Errors wrap
// ErrCalibration.
func (c *Calibration) HalfWidths(q float64) ([]float64, error) {
	if c == nil || c.Residuals == nil {
		return nil, ErrCalibration
	}
	const slip = 1e-9 // by which (m+1)q may exceed the whole number that it is for a decimal q
	k := int(math.Ceil(float64(c.Rows+1)*q - slip))
	if k > c.Rows {
		return nil, fmt.Errorf("%w: %d of them are too few for an interval of %v", ErrCalibration, c.Rows, q)
	}
	half := make([]float64, len(c.Residuals))
	for t, kept := range c.Residuals {
		half[t] = kept[ceilDiv(max(k, 1)*len(kept), c.Rows)-1]
	}
	return half, nil
}

// validate checks the calibration of a model with so many outputs.
func (c *Calibration) validate(classes bool, outputs int) error {
	residuals, platt := outputs, 0
	if classes {
		residuals, platt = 0, outputs
	}
	switch {
	case c.From != OnCV && c.From != OnValidation || c.Rows < 1:
		return fmt.Errorf("calibration by %d rows of %q", c.Rows, c.From)
	case len(c.Residuals) != residuals || len(c.Platt) != platt:
		return fmt.Errorf("calibration of %d residuals and %d margins, want %d and %d", len(c.Residuals), len(c.Platt), residuals, platt)
	}
	for t, kept := range c.Residuals {
		if len(kept) != min(c.Rows, mostResiduals) || kept[0] < 0 || !slices.IsSorted(kept) {
			return fmt.Errorf("calibration of output %d: want %d residuals, rising from 0 on", t+1, min(c.Rows, mostResiduals))
		}
	}
	for t, p := range c.Platt {
		if !(p.Slope >= 0) {
			return fmt.Errorf("calibration of output %d: a slope of %v, want >= 0", t+1, p.Slope)
		}
	}
	return nil
}

// calibrate gives the model its calibration, that of the plan or, without one, by the
// validation rows, and measures on the test rows what it is worth.
func (t *trainer) calibrate() {
	m, plan, validation := t.run.Model, t.run.Plan, t.split(OnValidation)
	switch k := len(m.Grades); {
	case m.Quantiles != nil: // which say themselves how far targets are
	case plan != nil && k < len(plan.Calibrations):
		m.Calibration = plan.Calibrations[k]
	case plan == nil && validation != nil:
		m.Calibration = newCalibration(OnValidation, newHeldOut([]fold{{model: m, held: validation, units: upTo(len(validation.y[0]))}}, t.o.Loss))
	}
	t.run.test(t.split(OnTest))
}

// test measures on the test rows, nil without any, what is in no ledger.
func (r *Run) test(rows *splitState) {
	r.Quantiles, r.Coverage, r.LogLoss = r.Model.quantileShares(rows), r.Model.coverage(rows), r.Model.logLoss(rows)
}

// Measure measures a run, read from its files, again on the data it was trained on: what
// is in none of them, that is Variance, Coverage, Quantiles and LogLoss.
func (r *Run) Measure(data *Data) {
	m := r.Model
	r.Variance = map[string][]float64{}
	var test *splitState
	for _, p := range newSplitStates(m, data, m.Split.Split(data)) {
		r.Variance[p.name] = p.variance()
		if p.name != OnTest {
			continue
		}
		test = p
		for k := range m.Grades {
			if g := &m.Grades[k]; k+1 < len(m.Grades) {
				p.pass(g, m.Bias)
			} else {
				p.passLast(g, m.Bias)
			}
		}
	}
	r.test(test)
}

// split is the one of that name, nil where there is none.
func (t *trainer) split(name string) *splitState {
	for _, p := range t.splits {
		if p.name == name {
			return p
		}
	}
	return nil
}

// ReportedInterval is the share of new rows whose interval a run reports.
const ReportedInterval = 0.9

// Coverage is measured on the test rows.
type Coverage struct {
	// HalfWidths are those of ReportedInterval, Covered the share of the test rows'
	// targets within them, NaN without test rows.
	HalfWidths []float64
	Covered    float64
}

// coverage is measured on the test rows, nil without any; it is nil where the model has
// no intervals.
func (m *Model) coverage(test *splitState) *Coverage {
	half, err := m.Calibration.HalfWidths(ReportedInterval)
	if err != nil {
		return nil
	}
	c := &Coverage{HalfWidths: half, Covered: math.NaN()}
	if test == nil {
		return c
	}
	within, all := 0, 0
	for t := range test.y {
		for _, r := range test.residuals(m, t, test.e[t], test.total[t]) {
			if all++; math.Abs(r) <= half[t] {
				within++
			}
		}
	}
	c.Covered = float64(within) / float64(all)
	return c
}

// logLoss of the model's probabilities on the test rows; NaN without rows or
// probabilities.
func (m *Model) logLoss(test *splitState) float64 {
	platt, _, err := m.Platt(len(m.Grades))
	if err != nil || test == nil {
		return math.NaN()
	}
	return meanLogLoss(platt, test.total, test.y)
}

// meanLogLoss is the mean of -log of the probability of the rows' class.
func meanLogLoss(platt []Platt, margin, label [][]float64) float64 {
	scaled := make([][]float64, len(margin))
	for t, z := range margin {
		for _, v := range z {
			scaled[t] = append(scaled[t], platt[t].of(v))
		}
	}
	sum := 0.0
	for i := range label[0] {
		sum += logLoss(scaled, label, i)
	}
	return sum / float64(len(label[0]))
}
