package sphere

import (
	"math"
	"testing"
)

// TestPassiveAtZero: of the passive columns one is at 0 when the least-squares
// solution has it at 0, too. The step to there is 0, and not 0/0.
func TestPassiveAtZero(t *testing.T) {
	s := newNearestPoint(2)
	s.add([]float64{1, 0}, false)
	s.add([]float64{0, 1}, true)
	s.passive = []int{0, 1}
	s.descend(1)
	var c, weights [2]float64
	if !s.result(c[:], weights[:1]) || math.IsNaN(c[0]) || c[1] != 1 || weights[0] != 1 {
		t.Errorf("nearest point %v, weights %v", c, weights)
	}
}
