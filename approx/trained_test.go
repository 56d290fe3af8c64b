package approx_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"multigrade/approx"
	"multigrade/proofs"
)

// knots fits without a solver: the network with the kinks 0, 1/n, .. that interpolates the values at the points
// nearest to them along the first coordinate, and noise times the largest value on every weight. n doubles with the
// grade. What a scheme claims must hold however poor its networks are.
func knots(n int, noise float64) approx.Fit {
	return func(_ context.Context, grade int, points [][]float64, values []float64) (*approx.Shallow, error) {
		r := rand.New(rand.NewPCG(uint64(grade), 5))
		n, dim := n<<(grade-1), len(points[0])
		at, top := make([]float64, n+1), 0.0
		for i := range at {
			best := math.Inf(1)
			for k, x := range points {
				if d := math.Abs(x[0] - float64(i)/float64(n)); d < best {
					best, at[i] = d, values[k]
				}
				top = max(top, math.Abs(values[k]))
			}
		}
		var units []approx.Unit
		slope := 0.0
		for i := range n {
			next := (at[i+1] - at[i]) * float64(n)
			u := approx.Unit{W: make([]float64, dim), B: -float64(i) / float64(n), Alpha: next - slope + noise*top*r.NormFloat64()}
			u.W[0] = 1
			for j := 1; j < dim; j++ {
				u.W[j] = noise * r.NormFloat64()
			}
			units, slope = append(units, u), next
		}
		return approx.NewShallow(dim, at[0], units)
	}
}

func trained(t testing.TB, text string, dim int, fit approx.Fit, change func(*approx.TrainOptions)) *approx.TrainedScheme {
	t.Helper()
	o := approx.DefaultTrainOptions(32)
	if change != nil {
		change(&o)
	}
	s, err := approx.Train(context.Background(), expression(t, text, dim), fit, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkTrained saves the scheme, reads it back and runs the checker.
func checkTrained(t testing.TB, s *approx.TrainedScheme) proofs.Report {
	t.Helper()
	dir := t.TempDir()
	if err := approx.SaveTrained(dir, s); err != nil {
		t.Fatal(err)
	}
	again, err := approx.LoadTrained(dir)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", describeTrained(t, s)), fmt.Sprintf("%+v", describeTrained(t, again)); a != b {
		t.Errorf("saved and loaded it is another scheme:\n%s\n%s", a, b)
	}
	r, err := proofs.CheckTrainedCube(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func describeTrained(t testing.TB, s *approx.TrainedScheme) *approx.TrainedModel {
	t.Helper()
	m, err := approx.DescribeTrained(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var trainedCases = []struct {
	text  string
	dim   int
	n     int
	noise float64
}{
	{"sin(2*pi*x) + abs(x-1/3)/2", 1, 8, 0}, {"sin(2*pi*x) + abs(x-1/3)/2", 1, 8, 0.3}, {"sqrt(x)", 1, 4, 0.01}, {"abs(x-0.3)^0.3-0.4", 1, 4, 0},
	{"exp(-x)*cos(20*x)", 1, 16, 0.1}, {"max(x,1/3)-abs(x-0.7)/3", 1, 4, 0}, {"sin(2*pi*x)+x*y/8", 2, 8, 0.01}, {"abs(x-1/3)-abs(x*y-1/4)/9", 2, 6, 0},
}

// The laws at random points, and the checker's consent.
func TestTrainedLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for _, c := range trainedCases {
		s := trained(t, c.text, c.dim, knots(c.n, c.noise), nil)
		if len(s.Grades) == 0 {
			t.Errorf("%s: no grades: %s", c.text, s.Stopped)
		}
		wantValid(t, c.text, checkTrained(t, s))
		x := make([]float64, c.dim)
		for range 2000 {
			for j := range x {
				x[j] = r.Float64()
			}
			f, tiny := s.Target.Float(x), 1e-12
			before := math.Abs(f)
			for k, g := range s.Grades {
				e := math.Abs(f - s.Value(x, k+1))
				if e > before+tiny || e > 2*g.Eps+tiny || e > g.Sup+tiny {
					t.Fatalf("%s, grade %d at %v: |e| goes from %v to %v, eps %v, sup %v", c.text, k+1, x, before, e, g.Eps, g.Sup)
				}
				if d := math.Abs(f - s.Value(x, k) - g.Net.Float(x)); d > g.Eps+tiny {
					t.Fatalf("%s, grade %d at %v: the network is %v off, dead zone %v", c.text, k+1, x, d, g.Eps)
				}
				before = e
			}
		}
	}
}

// Networks of 16, 32, .. units lower the bound at every grade, and the norms are enclosed as closely as it.
func TestTrainedBoundsFall(t *testing.T) {
	s := trained(t, "sin(2*pi*x) + abs(x-1/3)/2", 1, knots(16, 0), func(o *approx.TrainOptions) { o.Grades, o.Samples = 3, 128 })
	before := s.Initial.Linf.Hi
	for k, g := range s.Grades {
		if !(g.Sup < before) || k == 0 && !(g.Sup < before/10) || g.Norms.L1.Hi > g.Sup || g.Norms.Linf.Lo < g.Sup/4 {
			t.Errorf("grade %d: bound %v after %v, norms %+v", k+1, g.Sup, before, g.Norms)
		}
		before = g.Sup
	}
}

// About a jump of the target nothing converges, but what is proved holds.
func TestTrainedJump(t *testing.T) {
	s := trained(t, "floor(2*x+1/3)/2+x", 1, knots(16, 0), func(o *approx.TrainOptions) { o.Grades = 2 })
	if len(s.Grades) == 0 {
		t.Fatal(s.Stopped)
	}
	wantValid(t, "a jump", checkTrained(t, s))
}

// A grade that would change nothing is not made, and the run says so.
func TestTrainedStops(t *testing.T) {
	constant := func(v float64) approx.Fit {
		return func(context.Context, int, [][]float64, []float64) (*approx.Shallow, error) {
			return approx.NewShallow(1, v, nil)
		}
	}
	s := trained(t, "x", 1, constant(0.5), nil)
	if len(s.Grades) != 0 || !strings.Contains(s.Stopped, "grade 1 would change nothing") {
		t.Errorf("%d grades, stopped %q", len(s.Grades), s.Stopped)
	}
	wantValid(t, "no grades", checkTrained(t, s))
	s = trained(t, "x+3", 1, constant(3.5), nil)
	if len(s.Grades) != 1 || !strings.Contains(s.Stopped, "grade 2 would change nothing") {
		t.Errorf("%d grades, stopped %q", len(s.Grades), s.Stopped)
	}
	wantValid(t, "one grade", checkTrained(t, s))
}

func TestTrainedInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := approx.DefaultTrainOptions(32)
	o.Progress = func(*approx.TrainedGrade) { cancel() }
	s, err := approx.Train(ctx, expression(t, "sin(7*x)", 1), knots(8, 0), o)
	if err != nil || !s.Interrupted || len(s.Grades) != 1 {
		t.Fatalf("%v, interrupted %v, %d grades", err, s.Interrupted, len(s.Grades))
	}
	wantValid(t, "interrupted", checkTrained(t, s))
}

func TestTrainedDoesNotDependOnThreads(t *testing.T) {
	one := describeTrained(t, trained(t, "sin(2*pi*x)+x*y/8", 2, knots(8, 0.01), nil))
	two := describeTrained(t, trained(t, "sin(2*pi*x)+x*y/8", 2, knots(8, 0.01), func(o *approx.TrainOptions) { o.Threads = 2 }))
	if a, b := fmt.Sprintf("%+v", one), fmt.Sprintf("%+v", two); a != b {
		t.Errorf("one thread: %s\ntwo: %s", a, b)
	}
}

func TestTrainedBadInput(t *testing.T) {
	e := expression(t, "1/(x-0.3)", 1)
	if _, err := approx.Train(context.Background(), e, knots(4, 0), approx.DefaultTrainOptions(8)); err == nil {
		t.Error("a pole was accepted")
	}
	for what, o := range map[string]approx.TrainOptions{"grades": {Samples: 8}, "samples": approx.DefaultTrainOptions(0), "too many samples": approx.DefaultTrainOptions(1 << 21)} {
		if _, err := approx.Train(context.Background(), expression(t, "x", 1), knots(4, 0), o); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	for what, u := range map[string]approx.Unit{"shape": {W: []float64{1, 2}}, "NaN": {W: []float64{math.NaN()}}, "infinite": {W: []float64{1}, Alpha: math.Inf(1)}} {
		if _, err := approx.NewShallow(1, 0, []approx.Unit{u}); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

// A network with a spike between the samples is met with samples on the spike; the better of the two is taken.
func TestTrainedExchange(t *testing.T) {
	var sizes []int
	onSpike := false
	fit := func(_ context.Context, _ int, points [][]float64, _ []float64) (*approx.Shallow, error) {
		sizes = append(sizes, len(points))
		if len(sizes) > 1 {
			for _, x := range points[sizes[0]:] {
				onSpike = onSpike || math.Abs(x[0]-0.3) < 0.01
			}
			return approx.NewShallow(1, 2, nil)
		}
		spike := []approx.Unit{{W: []float64{1}, B: -0.29, Alpha: 500}, {W: []float64{1}, B: -0.3, Alpha: -1000}, {W: []float64{1}, B: -0.31, Alpha: 500}}
		return approx.NewShallow(1, 2, spike)
	}
	s := trained(t, "2+x/8", 1, fit, func(o *approx.TrainOptions) { o.Grades, o.Samples = 1, 8 })
	if len(sizes) != 2 || !(sizes[0] < sizes[1] && sizes[1] <= sizes[0]+1+sizes[0]/10) || !onSpike {
		t.Errorf("samples %v, on the spike %v", sizes, onSpike)
	}
	if g := s.Grades[0]; len(g.Net.Units()) != 0 || g.Eps > 0.13 {
		t.Errorf("%d units, dead zone %v", len(g.Net.Units()), g.Eps)
	}
	wantValid(t, "exchange", checkTrained(t, s))
}

// The law of firm dead zones: where |e - g| <= eps the correction takes |e| down, strictly for |g| > 2 eps, leaves at most 2 eps, and e - g for |g| >= 2 eps. It
// and the soft one do not decrease, and enclosing them by their ends is right.
func TestFirmZone(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	for range 20000 {
		eps := float64(r.IntN(5)) / 8
		g := 4 * eps * (2*r.Float64() - 1)
		if r.IntN(4) == 0 {
			g = eps * float64(r.IntN(7)-3)
		}
		e := g + eps*float64(r.IntN(9)-4)/4
		q := approx.FirmZone(g, eps)
		const tiny = 1e-14
		left := math.Abs(e - q)
		if left > math.Abs(e)+tiny || left > 2*eps+tiny || math.Abs(g) > 2*eps+tiny && !(left < math.Abs(e)) {
			t.Fatalf("eps %v, g %v, e %v: %v is left", eps, g, e, left)
		}
		if math.Abs(g) >= 2*eps && math.Abs(q-g) > tiny || math.Abs(g) <= eps && q != 0 {
			t.Fatalf("eps %v, g %v: correction %v", eps, g, q)
		}
		if more := approx.FirmZone(g+r.Float64()/8, eps); more < q-tiny {
			t.Fatalf("eps %v: the correction falls from %v, at %v", eps, q, g)
		}
	}
}
