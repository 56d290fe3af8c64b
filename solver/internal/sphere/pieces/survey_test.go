package pieces

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// lookedAround is a survey by one, two and three threads, the same.
func lookedAround(t *testing.T, x *mat.Dense, nu []float64, c *Chain, o SurveyOptions) *Survey {
	t.Helper()
	var first *Survey
	for _, threads := range []int{1, 2, 3} {
		o.Threads = threads
		s, err := LookAround(context.Background(), x, nu, c, o)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = s
		} else if !reflect.DeepEqual(s, first) {
			t.Fatalf("%d threads: another result", threads)
		}
	}
	return first
}

// TestSurveyMeetsViolated looks for violated neurons of a later grade that a pricing had missed once.
func TestSurveyMeetsViolated(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	c := Find(x, inOrder(len(nu)))
	o := SurveyOptions{Target: later3, Starts: 2048, Seed: 1, Operations: math.Inf(1)}
	first := lookedAround(t, x, nu, c, o)
	if m := first.Lower / later3; !(m > 1.02 && m <= 1.106111) {
		t.Errorf("the largest neuron met is %v n beta, want 1.02 to 1.106110", m)
	}
	for k, f := range first.Found {
		if v := direct(x, nu, f.W) * float64(f.Sign); !(math.Abs(v-f.Value) <= 1e-9*v) || !(f.Value > later3) {
			t.Errorf("neuron %d has %v, %v claimed, above %v", k, v, f.Value, later3)
		}
		if k > 0 && f.Value > first.Found[k-1].Value {
			t.Errorf("neuron %d is larger than the one before", k)
		}
	}
	if len(first.Found) == 0 {
		t.Error("no neuron above the target was found")
	}
}

// TestSurveyMeetsNoMore compares with all cells of small chains: a survey meets the largest neuron of most of them,
// and never more.
func TestSurveyMeetsNoMore(t *testing.T) {
	const chains, most = 60, 48
	rng := rand.New(rand.NewPCG(21, 15))
	met := 0
	for k := range chains {
		x := composed(rng, 3+rng.IntN(12), 1+rng.IntN(2))
		n, r := x.Dims()
		nu := make([]float64, n)
		for i := range nu {
			nu[i] = rng.NormFloat64()
		}
		o := SurveyOptions{Starts: 64, Seed: uint64(k), Seeds: [][]float64{make([]float64, r)}, Operations: math.Inf(1), Threads: 1}
		s, err := LookAround(context.Background(), x, nu, Find(x, nil), o)
		if err != nil {
			t.Fatal(err)
		}
		want := enumerate(t, x, nu)
		if s.Lower > want*(1+1e-9)+1e-12 {
			t.Errorf("chain %d: met %v, no neuron has more than %v", k, s.Lower, want)
		}
		if s.Lower >= want*(1-1e-9) {
			met++
		}
	}
	if met < most {
		t.Errorf("the largest neuron of %d chains in %d was met, want at least %d", met, chains, most)
	}
}

func TestSurveyRefuses(t *testing.T) {
	x, nu := readLater(t, "later2.csv.gz")
	c := Find(x, inOrder(len(nu)))
	good := SurveyOptions{Starts: 1, Operations: 1, Threads: 1}
	for name, change := range map[string]func(o *SurveyOptions){
		"target":     func(o *SurveyOptions) { o.Target = math.NaN() },
		"starts":     func(o *SurveyOptions) { o.Starts = -1 },
		"operations": func(o *SurveyOptions) { o.Operations = 0 },
		"threads":    func(o *SurveyOptions) { o.Threads = 0 },
		"seed":       func(o *SurveyOptions) { o.Seeds = [][]float64{{1}} },
		"tracked":    func(o *SurveyOptions) { o.Tracked = [][]float64{{1}} },
	} {
		o := good
		change(&o)
		if _, err := LookAround(context.Background(), x, nu, c, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := LookAround(context.Background(), x, nu[1:], c, good); err == nil {
		t.Error("too few duals: no error")
	}
	if s, err := LookAround(context.Background(), x, make([]float64, len(nu)), c, good); err != nil || s.Lower != 0 || len(s.Found) > 0 {
		t.Errorf("duals of zeros: %+v, %v", s, err)
	}
}

// TestSurveyTracks: from near a local maximum, and from zeros, at another scale, an ascent leads to it, whatever the number of
// threads, and to nothing larger than itself from there.
func TestSurveyTracks(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	c := Find(x, inOrder(len(nu)))
	o := SurveyOptions{Target: later3, Starts: 4096, Seed: 1, Operations: math.Inf(1), Threads: 2}
	met, err := LookAround(context.Background(), x, nu, c, o)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 15))
	o.Starts, o.Tracked = 0, [][]float64{make([]float64, x.RawMatrix().Cols)}
	for _, f := range met.Found {
		near := make([]float64, len(f.W))
		for j, v := range f.W {
			near[j] = 3 * (v + 1e-4*rng.NormFloat64())
		}
		o.Tracked = append(o.Tracked, near)
	}
	first := lookedAround(t, x, nu, c, o)
	if len(met.Found) == 0 || !(first.Lower >= met.Lower*(1-1e-6) && first.Lower <= 1.106111*later3) {
		t.Errorf("%d maxima up to %v n beta, tracked %v", len(met.Found), met.Lower/later3, first.Lower/later3)
	}
}

// TestSurveyEnds: a survey whose context has ended goes on from none of the vectors that it is to track.
func TestSurveyEnds(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	c := Find(x, inOrder(len(nu)))
	o := SurveyOptions{Target: later3, Starts: 512, Seed: 1, Operations: math.Inf(1)}
	for _, f := range lookedAround(t, x, nu, c, o).Found {
		o.Tracked = append(o.Tracked, f.W)
	}
	if len(o.Tracked) == 0 {
		t.Fatal("no neuron to track")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o.Threads = 2
	s, err := LookAround(ctx, x, nu, c, o)
	if err != nil || s.Operations != 0 || len(s.Found) != 0 {
		t.Errorf("%v operations and %d neurons, %v, want none", s.Operations, len(s.Found), err)
	}
}
