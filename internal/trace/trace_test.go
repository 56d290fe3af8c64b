package trace

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"multigrade/grade"
	"multigrade/solver"
)

func progress(k int, primal float64) grade.Progress {
	return grade.Progress{Grade: k, Output: 1, Progress: solver.Progress{Phase: "a, b", Primal: primal, Dual: math.NaN(), RelGap: math.Inf(1), Active: 3}}
}

// What was written is read back, and a trace that goes on keeps it.
func TestWriteRead(t *testing.T) {
	tr := New(nil)
	tr.Progress(progress(1, 0.1), 0.25)
	tr.Solved(1, 1, &grade.Solved{Account: grade.Account{Primal: 0.3, Dual: 0.2, RelGap: 1. / 3, GlobalBound: 0.1, GlobalRelGap: 2. / 3}}, 1.5)
	var b bytes.Buffer
	if err := tr.Write(&b); err != nil {
		t.Fatal(err)
	}
	points, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tr.Points(), points, cmpopts.EquateNaNs()); d != "" || len(points) != 2 {
		t.Errorf("%d points, differences (-written +read):\n%s", len(points), d)
	}
	further := New(points)
	if further.Since() != 1.5 {
		t.Errorf("goes on after %v seconds, want 1.5", further.Since())
	}
	if further.Progress(progress(2, 0.1), 2); len(further.Points()) != 3 {
		t.Errorf("%d points, want 3", len(further.Points()))
	}
}

// How a search went and why there was none is read back, of an output solved twice the last
// time counts, and a trace of an earlier version, without these columns, is read and goes on.
func TestSearches(t *testing.T) {
	earlier := "grade,output,seconds,phase,neurons,primal,dual,rel_gap,global_bound,global_rel_gap\n1,1,0.5,solved,2,3,2,0.3,1,0.6\n"
	points, err := Read(strings.NewReader(earlier))
	if err != nil || len(points) != 1 || points[0].GlobalRelGap != 0.6 || SearchOf(points, 1, 1) != nil || NotAttempted(points, 1, 1) != "" {
		t.Fatalf("%v, %v", points, err)
	}
	tr := New(points)
	want := []solver.SearchPoint{{Nodes: 2, Upper: 3, Lower: 0.5}, {Nodes: 40, Upper: 1 + 0x1p-40, Lower: 1}}
	for k, search := range [][]solver.SearchPoint{{{Nodes: 2, Upper: 7, Lower: 1}, {Nodes: 3, Upper: 6, Lower: 1}}, want} {
		tr.Solved(2, 1, &grade.Solved{Evidence: &grade.Evidence{Bound: grade.Bound{Search: search}}}, float64(k))
	}
	tr.Solved(3, 1, &grade.Solved{Account: grade.Account{NotAttempted: "no \"leaves\", none"}, Evidence: &grade.Evidence{}}, 3)
	var b bytes.Buffer
	if err := tr.Write(&b); err != nil {
		t.Fatal(err)
	}
	if points, err = Read(&b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tr.Points(), points, cmpopts.EquateNaNs()); d != "" || len(points) != 8 {
		t.Errorf("%d points, differences (-written +read):\n%s", len(points), d)
	}
	for k, w := range [][]solver.SearchPoint{nil, want, nil} {
		if d := cmp.Diff(w, SearchOf(points, k+1, 1)); d != "" {
			t.Errorf("grade %d (-want +got):\n%s", k+1, d)
		}
	}
	if got := NotAttempted(points, 3, 1); got != "no \"leaves\", none" || NotAttempted(points, 2, 1) != "" {
		t.Errorf("not attempted: %q", got)
	}
}

// However many reports come, a few hundred points are taken, none of them without
// news, and of every grade.
func TestProgressThins(t *testing.T) {
	tr := New(nil)
	const reports = 100_000
	for i := range reports {
		tr.Progress(progress(1+2*i/reports, 1/float64(i+1)), float64(i)/10)
	}
	points := tr.Points()
	if n := len(points); n < 100 || n > 1500 || points[0].Grade != 1 || points[n-1].Grade != 2 || points[n-1].Seconds < 0.95*reports/10 {
		t.Errorf("%d points, to %v", n, points[n-1])
	}
	tr = New(nil)
	for i := range reports {
		tr.Progress(progress(1, 1), float64(i))
	}
	if n := len(tr.Points()); n != 1 {
		t.Errorf("%d points where nothing changed, want 1", n)
	}
}

// While the optimum over all patterns is bounded the gap reported is the one to that
// bound.
func TestBounding(t *testing.T) {
	tr := New(nil)
	tr.Progress(grade.Progress{Grade: 1, Output: 1, Progress: solver.Progress{Phase: solver.PhaseBound, Primal: 2, Dual: 1, RelGap: 0.75}}, 0)
	if p := tr.Points()[0]; p.RelGap != 0.5 || p.GlobalRelGap != 0.75 {
		t.Errorf("gaps %v over the patterns listed, %v over all, want 0.5 and 0.75", p.RelGap, p.GlobalRelGap)
	}
}

// A damaged trace is refused with the line.
func TestReadDamaged(t *testing.T) {
	head, old := strings.Join(header, ",")+"\n", strings.Join(header[:oldColumns], ",")+"\n"
	for text, want := range map[string]string{
		"":      "line 1",
		"a,b\n": "line 1",
		head + "1,1,0.5,p,2,,,,,,,,,\n1,1,x,p,2,,,,,,,,,\n":    "line 3",
		head + "1,1,0.5,p,2,,,,,,,,,\n1,1,0,p,2,,,,,,x,1,1,\n": "line 3",
		head + "1,1,0.5,p,2,,,,,,,,,\n1,1,0,p,2,,,,,,7,x,1,\n": "line 3",
		old + "1,1,0.5,p,2,,,,,\n1,1,0,p,2,,,,x,\n":            "line 3",
		old + "1,1,0.5,p,2,,,,,,,,,\n":                         "line 2",
		head + "1,1\n":                                         "line 2",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error at %s", text, err, want)
		}
	}
}
