package loss_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

// The slopes of a rounded loss are those of its values, and it is as near to the
// loss as its rounding is sharp.
func TestSmoothed(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const n = 30
	offset := make([]float64, n)
	for i := range offset {
		offset[i] = rng.NormFloat64()
	}
	shiftedHinge, err := loss.Shifted(loss.Hinge, offset)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []loss.Loss{loss.L1, loss.LInf, loss.Hinge, shiftedHinge, loss.Monotone} {
		p := madeup.Planted(t, rng, l, program.ReLU, n, 3, 5, true)
		if !loss.HasKinks(l) {
			t.Fatalf("%s has no kinks", l.Name())
		}
		z, most := make([]float64, n), 0.0
		for i := range z { // within the boxes of Monotone
			z[i] = p.Y[i] * 2 * rng.Float64()
			most = max(most, math.Abs(z[i]))
		}
		for _, share := range loss.Sharpness {
			s := loss.Smoothed(p.LossOrSquared(), p.Y, p.Intercept, share)
			slopesAreDerivatives(t, l.Name(), s, z, p.Y, share)
			if d := math.Abs(s.Value(z, p.Y) - l.Value(z, p.Y)); d > 2*share*(1+loss.NullLoss(p.LossOrSquared(), p.Y, p.Intercept)) {
				t.Errorf("%s rounded by %v is off by %v", l.Name(), share, d)
			}
		}
	}
	for _, l := range []loss.Loss{loss.Squared, loss.Huber(0.4), loss.Logistic} {
		p := madeup.Planted(t, rng, l, program.ReLU, n, 3, 5, true)
		if loss.HasKinks(l) || loss.Smoothed(p.LossOrSquared(), p.Y, p.Intercept, 0.1) != loss.Smooth(l) {
			t.Errorf("%s is rounded", l.Name())
		}
	}
}

// slopesAreDerivatives compares n times the central differences with the slopes;
// at a kink of a slope they may differ by what the slope changes over the step.
func slopesAreDerivatives(t *testing.T, name string, s loss.Smooth, z, y []float64, share float64) {
	t.Helper()
	const step = 1e-7
	nu := make([]float64, len(z))
	s.Residual(nu, z, y)
	size := 0.0
	for _, v := range nu {
		size = max(size, math.Abs(v))
	}
	for i, v := range z {
		z[i] = v + step
		up := s.Value(z, y)
		z[i] = v - step
		down := s.Value(z, y)
		z[i] = v
		if slope := float64(len(z)) * (up - down) / (2 * step); math.Abs(slope+nu[i]) > 1e-3*(1+size)/share*step*1e4 {
			t.Errorf("%s rounded by %v, sample %d: slope %v, difference %v", name, share, i, -nu[i], slope)
		}
	}
}

// Of targets that a constant fits the rounded loss is finite, too.
func TestSmoothedOfConstantTargets(t *testing.T) {
	y, z := []float64{1.5, 1.5, 1.5}, []float64{1.5, 1.5, 1.25}
	for _, l := range loss.Every() {
		for _, share := range loss.Sharpness {
			s := loss.Smoothed(l, y, true, share)
			r := make([]float64, len(y))
			s.Residual(r, z, y)
			if v := s.Value(z, y) + s.Value(y, y) + floats.Sum(r); math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s rounded at %v: value %v, at the targets %v, residual %v", l.Name(), share, s.Value(z, y), s.Value(y, y), r)
			}
		}
	}
}
