package loss

import "math"

// NullSums are the sums of the intervals -dphi(c) over rows that come in parts: c minimises
// the sum of phi where 0 is between them.
type NullSums struct {
	Low, High float64
	nearest   float64 // of the elements nearest to 0
}

// Add adds the rows with targets y and offsets o, nil for none, of a loss without weights that is a sum.
func (s *NullSums) Add(l Loss, y, o []float64, c float64) {
	one := sampleOf(l)
	for i, v := range y {
		lo, hi := one.residuals(c+offsetAt(o, i), v)
		s.Low, s.High, s.nearest = s.Low+lo, s.High+hi, s.nearest+min(max(0, lo), hi)
	}
}

// AddTimes adds so many rows with the target y.
func (s *NullSums) AddTimes(l Loss, y, c, times float64) {
	lo, hi := sampleOf(l).residuals(c, y)
	s.Low, s.High, s.nearest = s.Low+times*lo, s.High+times*hi, s.nearest+times*min(max(0, lo), hi)
}

// Zero reports whether 0 is between the sums.
func (s *NullSums) Zero() bool { return s.Low <= 0 && s.High >= 0 }

// Share is the share of its interval at which every element is for their sum to be 0, NaN where the
// elements nearest to 0 have that sum or there is no such share.
func (s *NullSums) Share() float64 {
	if s.High == s.Low || s.nearest == 0 {
		return math.NaN()
	}
	return min(max(0, -s.Low/(s.High-s.Low)), 1)
}

// NullSlopes puts the element of -dphi(c) at the share of its interval in the place of every target,
// the one nearest to 0 where share is NaN: NullDual of rows that come in parts.
func NullSlopes(l Loss, y, o []float64, c, share float64) {
	one := sampleOf(l)
	for i, v := range y {
		lo, hi := one.residuals(c+offsetAt(o, i), v)
		if y[i] = lo + share*(hi-lo); math.IsNaN(share) {
			y[i] = min(max(0, lo), hi)
		}
	}
}

func offsetAt(o []float64, i int) float64 {
	if o == nil {
		return 0
	}
	return o[i]
}

// sampleOf is what the loss adds up.
func sampleOf(l Loss) sample {
	if l == Squared {
		return square{}
	}
	return l.(average).sample
}
