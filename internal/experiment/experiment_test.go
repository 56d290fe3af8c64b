package experiment

import (
	"math"
	"slices"
	"testing"
)

// The phases of the published experiments are the twister's.
func TestTwister(t *testing.T) {
	want := []float64{3.4482969443, 4.4936673186, 3.7872739882, 3.4236020095, 2.6619016105, 4.0582724012, 2.7494415364, 5.6031750159, 6.0548716979, 2.4092341172,
		4.9745551266, 3.3231447888, 3.5691292401, 5.8156951981, 0.4463327171, 0.5474495357, 0.1270359377, 5.23150478, 4.8893030643, 5.4664475469}
	for j, phase := range spectralPhases(20) {
		if math.Abs(phase-want[j]) > 1e-9 {
			t.Errorf("phase %d: %v, published %v", j+1, phase, want[j])
		}
	}
}

// What interpolation leaves, with tolerance for the unknown test points, as
// known from elsewhere: the data are the published ones.
func TestBaselines(t *testing.T) {
	for name, want := range map[string]float64{"synthetic1": 3.1e-8, "synthetic2": 3.4e-6, "spectral1": 3.5e-6, "spectral2": 6.0e-7, "spectral3": 3.5e-6, "spectral4": 7.3e-6, "manifold": 6.8e-6} {
		e, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		trial, err := e.prepare("")
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Measure.of(trial.testY, trial.baseline); math.Abs(got/want-1) > 0.1 {
			t.Errorf("%s: linear interpolation leaves %.3g, want about %.3g", name, got, want)
		}
	}
}

func TestMeasures(t *testing.T) {
	y, p := []float64{1, 2, 2}, []float64{1, 2, 5}
	for _, c := range []struct {
		m    measure
		want float64
	}{{halfMSE, 1.5}, {rmse, math.Sqrt(3)}, {rse, 1}, {psnr, -10 * math.Log10(3)}, {accuracy, 2.0 / 3}} {
		if got := c.m.of(y, p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s is %v, want %v", c.m.Name, got, c.want)
		}
	}
	if !rse.better(1, 2) || !psnr.better(2, 1) {
		t.Error("better is the wrong way round")
	}
}

func TestInterpolated(t *testing.T) {
	x, y := []float64{0, 1, 3}, []float64{0, 2, 0}
	for v, want := range map[float64]float64{0: 0, 0.5: 1, 1: 2, 2: 1, 3: 0, 4: -1, -1: -2} {
		if got := interpolated(x, y, v); got != want {
			t.Errorf("at %v: %v, want %v", v, got, want)
		}
	}
}

func TestExperimentNames(t *testing.T) {
	var names []string
	for _, e := range All() {
		if slices.Contains(names, e.Name) {
			t.Errorf("%s twice", e.Name)
		}
		names = append(names, e.Name)
	}
}
