package loss

import "math"

// NullPeaks are the ends of the targets of LInf over rows that come in parts, and how many rows
// there are at each: all that the null model is made of.
type NullPeaks struct {
	Low, High   float64
	lows, highs int
	rows        int
}

// Add adds rows.
func (s *NullPeaks) Add(y []float64) {
	for _, v := range y {
		if s.rows++; s.rows == 1 || v < s.Low {
			s.Low, s.lows = v, 0
		}
		if s.rows == 1 || v > s.High {
			s.High, s.highs = v, 0
		}
		if v == s.Low {
			s.lows++
		}
		if v == s.High {
			s.highs++
		}
	}
}

// Constant minimises L(c).
func (s *NullPeaks) Constant() float64 { return s.Low + (s.High-s.Low)/2 }

// Value is L(c).
func (s *NullPeaks) Value(c float64) float64 { return max(math.Abs(s.Low-c), math.Abs(s.High-c)) }

// Slopes puts the entries of LInf.NullDual in the place of targets.
func (s *NullPeaks) Slopes(y []float64, c float64, balanced bool) {
	low, high, n := 0.0, 0.0, float64(s.rows) // weights of a row at each end
	switch down, up := math.Abs(s.Low-c), math.Abs(s.High-c); {
	case s.Low == s.High && (balanced || up == 0):
	case balanced:
		low, high = n/float64(2*s.lows), n/float64(2*s.highs)
	case s.Low == s.High || up > down:
		high = n / float64(s.highs)
	case down > up:
		low = n / float64(s.lows)
	default:
		low = n / float64(s.lows+s.highs)
		high = low
	}
	for i, v := range y {
		y[i] = 0
		if v == s.High && high > 0 {
			y[i] = math.Copysign(high, v-c)
		} else if v == s.Low && low > 0 {
			y[i] = math.Copysign(low, v-c)
		}
	}
}
