package grade

import (
	"math"

	"multigrade/internal/elementary"
	"multigrade/solver"
)

// heldOut is what is left on the rows held out, all folds one after the other; in
// repeated cross-validation a row is there several times.
type heldOut struct {
	unit    []int     // what counts as one observation: the row, or its group
	loss    []float64 // summed over the targets, in the program's units
	square  []float64 // squared residual in the target's units, mean over the targets
	spread  []float64 // squared distance of the target from its mean, likewise
	right   []float64 // 1 where the class is the one predicted; nil for a regression
	logLoss []float64 // of the class; nil for other losses than logistic
	// Of a regression the residuals of every target, in its units; of classes the margins
	// and labels of every output.
	residual, margin, label [][]float64
}

// newHeldOut are the held-out rows of all folds, behind the grades trained so far.
func newHeldOut(folds []fold, l solver.Loss) *heldOut {
	h := new(heldOut)
	for _, f := range folds {
		h.add(f, l)
	}
	return h
}

func (h *heldOut) add(f fold, l solver.Loss) {
	p, m := f.held, f.model
	h.unit = append(h.unit, f.units...)
	first := len(h.square)
	h.loss = append(h.loss, p.rowLosses(m, l)...)
	classes := m.Task != Regression.String()
	h.square = append(h.square, make([]float64, len(f.units))...)
	h.spread = append(h.spread, make([]float64, len(f.units))...)
	share := 1 / float64(len(p.y))
	for t, y := range p.y {
		mean, _ := meanSD(y)
		residual := p.residuals(m, t, p.e[t], p.total[t])
		if classes {
			h.margin, h.label = appended(h.margin, t, p.total[t]), appended(h.label, t, y)
		} else {
			h.residual = appended(h.residual, t, residual)
		}
		for i, r := range residual {
			h.square[first+i] += share * float64(r*r)
			h.spread[first+i] += share * float64((y[i]-mean)*(y[i]-mean))
		}
	}
	if !classes {
		return
	}
	for i := range p.y[0] {
		right := 0.0
		if rightClass(p.total, p.y, i) {
			right = 1
		}
		h.right = append(h.right, right)
		if l == solver.Logistic {
			h.logLoss = append(h.logLoss, logLoss(p.total, p.y, i))
		}
	}
}

// appended are the columns with more at the end of column t, which may be a new one.
func appended(columns [][]float64, t int, more []float64) [][]float64 {
	if t == len(columns) {
		columns = append(columns, nil)
	}
	columns[t] = append(columns[t], more...)
	return columns
}

// logLoss is -log of the probability that the margins give to the class of row i: of
// two classes 1/(1 + exp(-y z)), of more the share that 1/(1 + exp(-z)) of its class
// has of the sum over all.
func logLoss(total, y [][]float64, i int) float64 {
	if len(y) == 1 {
		return softplus(-y[0][i] * total[0][i])
	}
	sum, own := 0.0, 0.0
	for t := range y {
		q := -softplus(-total[t][i])
		if sum += elementary.Exp(q); y[t][i] > 0 {
			own = q
		}
	}
	return elementary.Log(math.Max(sum, math.SmallestNonzeroFloat64)) - own
}

// softplus is log(1 + exp(z)).
func softplus(z float64) float64 {
	return math.Max(z, 0) + elementary.Log1p(elementary.Exp(-math.Abs(z)))
}

// mean is that of the loss.
func (h *heldOut) mean() float64 { return mean(h.loss) }

// standardError is that of the mean loss.
func (h *heldOut) standardError() float64 { return clusterError(h.loss, h.unit) }

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// clusterError is the standard error of the mean of v where the values of one unit
// are one observation.
func clusterError(v []float64, unit []int) float64 {
	m := mean(v)
	sums := map[int]float64{}
	var order []int
	for i, x := range v {
		if _, ok := sums[unit[i]]; !ok {
			order = append(order, unit[i])
		}
		sums[unit[i]] += x - m
	}
	squares := 0.0
	for _, u := range order {
		squares += sums[u] * sums[u]
	}
	g := float64(len(order))
	if g < 2 {
		return math.Inf(1)
	}
	return math.Sqrt(squares*g/(g-1)) / float64(len(v))
}

// pays reports whether the mean loss fell from before to after by the share
// worthwhile, by the share negligible of idle, the loss without a network, and by more
// than the standard error of the fall, row by row.
func pays(idle, before, after *heldOut) bool { return paysBy(idle, before, after, 1) }

// paysBy is pays by more than so many of these standard errors.
func paysBy(idle, before, after *heldOut, errors float64) bool {
	gain := make([]float64, len(before.loss))
	for i := range gain {
		gain[i] = before.loss[i] - after.loss[i]
	}
	return mean(gain) > math.Max(float64(errors*clusterError(gain, before.unit)), negligible*idle.mean()) && after.mean() < (1-worthwhile)*before.mean()
}

// worthwhile is the share by which a grade has to lower the held-out loss: one more
// grade has to be worth its neurons.
const worthwhile = 0.01

// negligible is the share of the loss without a network that no grade is worth: of
// classes that are told apart a second grade makes margins larger and nothing else.
const negligible = 1e-5

// Score is a cross-validated score: of rows that the networks were not trained on.
type Score struct {
	// Loss is the mean of the loss, summed over the targets, in the program's units,
	// LossSE its standard error.
	Loss   float64 `json:"loss"`
	LossSE float64 `json:"loss_se"`
	// L2 is the root mean square of the residual in the target's units, L2SE its
	// standard error; of several targets the mean square is that of all together.
	L2   float64 `json:"l2"`
	L2SE float64 `json:"l2_se"`
	// R2 is the coefficient of determination; nil for classes and where nothing varies.
	R2 *float64 `json:"r2,omitempty"`
	// Accuracy is the share of rows in the right class, LogLoss the mean of -log of the
	// probability of the class; nil for a regression, LogLoss for other losses than
	// logistic, too.
	Accuracy *float64 `json:"accuracy,omitempty"`
	LogLoss  *float64 `json:"log_loss,omitempty"`
}

// score sums the held-out rows up.
func (h *heldOut) score() Score {
	s := Score{Loss: h.mean(), LossSE: finite(h.standardError()), L2: math.Sqrt(mean(h.square))}
	if s.L2 > 0 {
		s.L2SE = finite(clusterError(h.square, h.unit) / (2 * s.L2)) // by the delta method
	}
	if spread := mean(h.spread); h.right == nil && spread > 0 {
		r2 := 1 - mean(h.square)/spread
		s.R2 = &r2
	}
	if h.right != nil {
		accuracy := mean(h.right)
		s.Accuracy = &accuracy
	}
	if h.logLoss != nil {
		loss := mean(h.logLoss)
		s.LogLoss = &loss
	}
	return s
}

// finite is v, or 0 where a single observation has no standard error.
func finite(v float64) float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	return v
}
