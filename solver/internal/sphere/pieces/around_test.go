package pieces

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Around a maximum: what turns lead to is above the target and of the value claimed. A turn lets one row go and keeps all others.
func TestAroundMaxima(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	work, sides := climber(x, nu)
	d := sides[0]
	rng := rand.New(rand.NewPCG(7, 5))
	held, turned, led := 0, 0, 0
	for range 60 {
		w, value := work.drawnAscent(d, rng)
		held += len(work.climber.pieces)
		row := func(i int) []float64 {
			k := work.climber.pieces[i]
			return x.RawRowView(work.chain.Pieces[k].Rows[work.climber.held[k].from])
		}
		for j := range work.climber.pieces {
			u := work.lets(j)
			if got := dot(u, u); math.Abs(got-1) > 1e-12 {
				t.Fatalf("|u|^2 = %v", got)
			}
			for i := range work.climber.pieces {
				size := math.Sqrt(dot(row(i), row(i)))
				if got := math.Abs(dot(u, row(i))) / size; (i == j) != (got > 1e-6) {
					t.Errorf("turning about all rows but %d leaves %v of row %d", j, got, i)
				}
			}
		}
		turned += len(work.turns(d, w, 0.5*value))
		for _, f := range work.around(d, w, 0.5*value) {
			led++
			if got := direct(x, nu, f.best); !(f.value > 0.5*value) || math.Abs(got-f.value) > 1e-9*got {
				t.Errorf("value %v, %v claimed, above %v", got, f.value, 0.5*value)
			}
		}
	}
	if held < 45 || turned < 150 || led < 150 {
		t.Errorf("%d rows held 60 maxima, %d turns, %d maxima", held, turned, led)
	}
}

// A survey that looks around what is tracked meets more than one that does not, among it the largest neuron, which a search has proved.
func TestSurveyLooksAround(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	c := Find(x, inOrder(len(nu)))
	o := SurveyOptions{Target: later3, Starts: 1024, Seed: 2, Operations: math.Inf(1), Threads: 1}
	met, err := LookAround(context.Background(), x, nu, c, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Starts, o.Around = 0, true
	for range 3 {
		for _, f := range met.Found {
			o.Tracked = append(o.Tracked, f.W)
		}
		before := met
		if met = lookedAround(t, x, nu, c, o); met.Lower < before.Lower*(1-1e-12) || len(met.Found) < len(before.Found) {
			t.Errorf("%d neurons up to %v around %d up to %v", len(met.Found), met.Lower, len(before.Found), before.Lower)
		}
	}
	if m := met.Lower / later3; !(m > 1.10610 && m < 1.106111) {
		t.Errorf("the largest neuron met is %v n beta, want 1.106110", m)
	}
}

// An ascent may return a vector that is not on the rows that hold in the end. What turns from there lead to are unit vectors with the values claimed, too.
func TestAroundVectorsOffTheRows(t *testing.T) {
	off := 0
	for _, seed := range []uint64{149, 154} {
		x, nu, rng := kinked(seed)
		work, sides := climber(x, nu)
		d := sides[0]
		for range 40 {
			w, value := work.drawnAscent(d, rng)
			for _, k := range work.climber.pieces {
				if math.Abs(dot(x.RawRowView(work.chain.Pieces[k].Rows[work.climber.held[k].from]), w)) > 1e-3 {
					off++
				}
			}
			for _, s := range work.turns(d, w, 0.2*value) {
				if got := dot(s, s); math.Abs(got-1) > 1e-12 {
					t.Errorf("seed %d: |start|^2 = %v", seed, got)
				}
			}
			for _, f := range work.around(d, w, 0.2*value) {
				if got := direct(x, nu, f.best) / math.Sqrt(dot(f.best, f.best)); math.Abs(got-f.value) > 1e-9*math.Abs(got) {
					t.Errorf("seed %d: value %v, %v claimed", seed, got, f.value)
				}
			}
		}
	}
	if off == 0 {
		t.Error("all vectors were on the rows that hold")
	}
}

// kinked are the features of one input with some kinks, and nu, drawn at random.
func kinked(seed uint64) (*mat.Dense, []float64, *rand.Rand) {
	rng := rand.New(rand.NewPCG(seed, 1))
	n, m := 20+rng.IntN(40), 2+rng.IntN(4)
	x, nu := mat.NewDense(n, m+1, nil), make([]float64, n)
	for j := range m {
		kink, side := float64(n)*rng.Float64(), float64(2*rng.IntN(2)-1)
		for i := range n {
			x.Set(i, j, max(0, side*(float64(i)-kink)/4))
		}
	}
	for i := range nu {
		x.Set(i, m, 1)
		nu[i] = math.Round(2 * rng.NormFloat64())
	}
	return x, nu, rng
}
