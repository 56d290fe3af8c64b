package direction

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// at is a vector of the given length at an angle to the first axis.
func at(angle, length, sign float64) Signed {
	return Signed{W: []float64{length * math.Cos(angle), length * math.Sin(angle)}, Norm: length, Sign: sign}
}

// Near goes by the angle and the sign, whatever the lengths, and is symmetric.
func TestNear(t *testing.T) {
	for _, cosine := range append([]float64{Candidate, Start, Trained, Solved}, Coarsening...) {
		angle := math.Acos(cosine)
		for _, length := range []float64{1e-100, 1, 1e100} {
			a := at(0.3, length, -1)
			for share, want := range map[float64]bool{0: true, 0.9: true, 1.1: false, -0.9: true, -1.1: false} {
				b := at(0.3+share*angle, 3/length, -1)
				if cosine > 1-1e-10 && share != 0 {
					continue // float64 tells these angles apart by their sine only
				}
				if a.Near(b, cosine) != want || b.Near(a, cosine) != want {
					t.Errorf("cosine %v: %v of its angle, length %v: want %v", cosine, share, length, want)
				}
			}
			if a.Near(at(0.3, 1, +1), cosine) {
				t.Error("neurons of different signs are near")
			}
		}
	}
}

// A block that is not projected has no direction.
func TestNothingIsNear(t *testing.T) {
	if none := (Signed{Sign: 1}); none.Near(none, Candidate) {
		t.Error("a direction without entries is near another")
	}
	if zero := at(0, 0, 1); zero.Near(zero, Candidate) || zero.Near(at(0, 1, 1), Candidate) {
		t.Error("0 is near a direction")
	}
}

func TestFirst(t *testing.T) {
	kept := []Signed{at(0, 1, 1), at(1, 1, 1), at(1.01, 1, 1)}
	if k := at(1.005, 2, 1).First(kept, Trained); k != 1 {
		t.Errorf("the first near one is %d, want 1", k)
	}
	if k := at(1.005, 2, -1).First(kept, Trained); k != -1 {
		t.Errorf("there is none, got %d", k)
	}
}

// A wider angle comes before a smaller one.
func TestCoarseningFalls(t *testing.T) {
	for k := 1; k < len(Coarsening); k++ {
		if !(Coarsening[k] > Coarsening[k-1]) || floats.Max(Coarsening) >= 1 {
			t.Error(Coarsening)
		}
	}
}
