package report

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/trace"
)

// The entries of a confusion table count every row once, on the diagonal those whose
// class is right.
func TestConfusionCounts(t *testing.T) {
	r := &Run{Model: &grade.Model{Task: "multiclass", Classes: []string{"a", "b", "c"}, Grades: []grade.Grade{{}}, Data: grade.Source{Target: []string{"y"}}}}
	s := &sample{split: grade.OnTrain, all: 4, y: [][]float64{{1, 1, -1, -1}, {-1, -1, 1, -1}, {-1, -1, -1, 1}},
		after: []*mat.Dense{nil, mat.NewDense(4, 3, []float64{2, 0, 0, 0, 0, 1, 0, 5, 0, 0, 0, 3})}}
	want := [][]string{{"a", "1", "0", "1", "50%"}, {"b", "0", "1", "0", "100%"}, {"c", "0", "0", "1", "100%"}}
	got := r.confusionTable(s)
	for k := range want {
		if !slices.Equal(got.Rows[k], want[k]) {
			t.Errorf("row %d: %q, want %q", k, got.Rows[k], want[k])
		}
	}
}

// A number that is missing, and a bound that says nothing, are a dash on the page.
func TestNumbersThatSayNothing(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := orNone(v, "%.6g") + gap(v); got != "--" {
			t.Errorf("%v: %q", v, got)
		}
	}
	if got := gap(0.25); got != "<= 2.5e-01" {
		t.Errorf("a gap of 0.25: %q", got)
	}
}

// The letters that encode a picture may spell anything; what stands beside it may not.
func TestPagesWithoutNumbers(t *testing.T) {
	for page, want := range map[string]int{
		`<img src="data:image/png;base64,ab/Inf+NaN==">`: 0, `<image xlink:href="data:image/png;base64,NaN/Inf" />1`: 0,
		`<img src="data:image/png;base64,ab==">Inf`: 1, "<td>NaN</td> +Inf": 2,
	} {
		if got := wrongWords(page); len(got) != want {
			t.Errorf("%s: %q", page, got)
		}
	}
}

func TestQuantiles(t *testing.T) {
	v := make([]float64, 201)
	for i := range v {
		v[(i*77)%201] = float64(i)
	}
	q := quantiles(v)
	if len(q) != 100 || q[0].Y != 2 || q[49].Y != 100 || q[99].Y != 200 || q[99].X != 1 {
		t.Errorf("%v", q)
	}
	if q := quantiles([]float64{7}); q[0].Y != 7 || q[99].Y != 7 {
		t.Errorf("of one value: %v", q)
	}
}

// A grade took the time from the end of the one before, if that is known.
func TestSecondsOf(t *testing.T) {
	solved := func(k, output int, at float64) trace.Point {
		return trace.Point{Grade: k, Output: output, Seconds: at, Phase: trace.Solved}
	}
	got := secondsOf([]trace.Point{{Grade: 1, Seconds: 9}, solved(1, 1, 2), solved(1, 2, 3), solved(2, 1, 7), solved(4, 1, 11)})
	if got[1] != 3 || got[2] != 4 || !math.IsNaN(got[4]) {
		t.Errorf("%v", got)
	}
	if _, ok := got[3]; ok {
		t.Errorf("%v: a grade that is not in the trace has a time", got)
	}
}

func TestSpread(t *testing.T) {
	if got := spread([]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3); !slices.Equal(got, []int{1, 5, 9}) {
		t.Errorf("%v", got)
	}
	if got := spread([]int{4, 6}, 3); !slices.Equal(got, []int{4, 6}) {
		t.Errorf("%v", got)
	}
	if got := spaced([]int{0, 1, 2, 3, 4, 5}, 3); !slices.Equal(got, []int{0, 2, 4}) {
		t.Errorf("%v", got)
	}
}

// A sample has the rows and targets of its part, in order.
func TestSample(t *testing.T) {
	data := wave(10, 2, 1)
	s := newSample(grade.OnTest, new(grade.Model), data, []int{1, 3, 5, 7}, 2)
	if s.rows() != 2 || s.all != 4 || s.y[0][1] != data.Y[0][5] || s.x.At(1, 1) != data.X.At(5, 1) {
		t.Errorf("%+v", s)
	}
	s.after = []*mat.Dense{mat.NewDense(2, 1, []float64{data.Y[0][1] - 3, data.Y[0][5] + 4})}
	if e := s.length(0); math.Abs(e[0]-3) > 1e-12 || math.Abs(e[1]-4) > 1e-12 {
		t.Errorf("residuals %v, want 3 and 4", e)
	}
}

// Predictions are computed for fewer rows the larger the model, within the bounds.
func TestAffordable(t *testing.T) {
	of := func(neurons, dim int) int {
		m := &grade.Model{Grades: []grade.Grade{{InputDim: dim, Outputs: []grade.Output{{Neurons: make([]grade.Neuron, neurons)}}}}}
		return affordable(m, 300, 20_000)
	}
	if small, large, huge := of(10, 10), of(200, 200), of(10_000, 1000); small != 20_000 || large >= small || large <= huge || huge != 300 {
		t.Errorf("%d, %d, %d rows", small, large, huge)
	}
	if n := affordable(&grade.Model{}, 300, 20_000); n != 20_000 {
		t.Errorf("%d rows without a grade", n)
	}
}

// A map begins at the top left and covers what the samples span.
func TestPlane(t *testing.T) {
	p := planeOf([]sample{{x: mat.NewDense(2, 2, []float64{0, 5, 10, 5})}, {x: mat.NewDense(1, 2, []float64{-10, 5})}}, 4)
	if p.x0 >= -10 || p.x1 <= 10 || p.y0 >= 5 || p.y1 <= 5 {
		t.Errorf("%+v", p)
	}
	x := p.points()
	if n, _ := x.Dims(); n != 16 || x.At(0, 0) >= x.At(1, 0) || x.At(0, 1) != x.At(1, 1) || x.At(4, 1) >= x.At(0, 1) || x.At(4, 0) != x.At(0, 0) {
		t.Errorf("%v", mat.Formatted(x))
	}
}
