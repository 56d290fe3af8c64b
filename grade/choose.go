package grade

import "math"

// Choosing beta. Grade k is rehearsed (rehearsal.go) at falling ratios of
// beta_max, and behind each of them the next grade, at the same ratio of its own
// beta_max: what counts is how far both get, for a grade that fits all it can
// alone often leaves the next ones nothing but noise. The ratio with the least
// mean loss over the held-out rows of all folds, or with one standard error the
// largest ratio within that of it, is the grade's. A grade is added only if it pays.

// ratios are the values of beta / beta_max tried, falling.
var ratios = [...]float64{0.3, 0.1, 0.03, 0.01, 0.003, 0.001}

const (
	// patience is the number of ratios in a row that may bring nothing better.
	patience = 2
	// worthwhile is the factor by which a grade has to lower the error.
	worthwhile = 0.99
)

// trial is a Trial with what a choice needs.
type trial struct {
	ratio  float64
	losses rowLosses
	grades []*Grade // one per fold
	behind []fold   // the grade alone
}

// rowLosses are the losses of rows, summed over the targets.
type rowLosses []float64

func (v rowLosses) mean() float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// standardError is that of the mean.
func (v rowLosses) standardError() float64 {
	_, sd := meanSD(v)
	return sd / math.Sqrt(float64(len(v)))
}

// pays reports whether the mean of the losses fell by the factor worthwhile, and
// by more than the standard error of the fall, row by row.
func pays(before, after rowLosses) bool {
	gain := make(rowLosses, len(before))
	for i := range gain {
		gain[i] = before[i] - after[i]
	}
	return gain.mean() > gain.standardError() && after.mean() < worthwhile*before.mean()
}

// bestTrial is the trial with the least error, -1 if there is none.
func bestTrial(trials []trial) int {
	best := -1
	for i := range trials {
		if best < 0 || trials[i].losses.mean() < trials[best].losses.mean() {
			best = i
		}
	}
	return best
}

// largestWithin is the first trial, the one with the largest ratio, whose error
// is at most limit.
func largestWithin(trials []trial, limit float64) int {
	for i := range trials {
		if trials[i].losses.mean() <= limit {
			return i
		}
	}
	return -1
}
