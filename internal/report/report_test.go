package report

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/approx"
	"multigrade/grade"
	"multigrade/internal/trace"
	"multigrade/proofs"
	"multigrade/solver"
)

// wave are so many rows of d features with targets of the given number.
func wave(n, d, targets int) *grade.Data {
	data := &grade.Data{Source: grade.Source{Name: "wave <b>.csv", Kind: "csv", Rows: n, Features: d}}
	x := mat.NewDense(n, d, nil)
	x.Apply(func(i, j int, _ float64) float64 { return math.Sin(float64(i*(j+1))) + float64(i)/20 }, x)
	data.X = x
	for j := range d {
		data.Columns = append(data.Columns, "x"+string(rune('1'+j)))
	}
	for t := range targets {
		y := make([]float64, n)
		for i := range y {
			y[i] = math.Cos(3*x.At(i, 0)) + float64(t)*x.At(i, d-1)
		}
		data.Y, data.Target = append(data.Y, y), append(data.Target, "y"+string(rune('1'+t)))
	}
	return data
}

// classified has three classes in the place of numbers.
func classified(data *grade.Data, classes int) *grade.Data {
	text := make([]string, len(data.Y[0]))
	for i := range text {
		text[i] = string(rune('a' + i%classes))
	}
	labels, err := grade.NewLabels("", nil, text)
	if err != nil {
		panic(err)
	}
	data.Labels = *labels
	return data
}

// picture is a small image of the given channels.
func picture(channels int) *grade.Data {
	const width, height = 8, 6
	data := wave(width*height, 2, channels)
	data.Kind, data.Width = "image", width
	x := data.X.(*mat.Dense)
	x.Apply(func(i, j int, _ float64) float64 {
		return []float64{float64(i%width) / width, float64(i/width) / height}[j]
	}, x)
	return data
}

// tracer keeps the trace of a training in which every call takes a second.
type tracer struct {
	grade.Silent
	points  *trace.Trace
	seconds float64
}

func (t *tracer) Progress(p grade.Progress) {
	t.seconds++
	t.points.Progress(p, t.seconds)
}

func (t *tracer) Solved(k, output int, s *grade.Solved, _ bool) error {
	t.seconds++
	t.points.Solved(k, output, s, t.seconds)
	return nil
}

// trained is a run on the data, with a trace.
func trained(t *testing.T, data *grade.Data, change func(*grade.Options)) *Run {
	t.Helper()
	o := grade.DefaultOptions()
	o.Grades, o.Scope, o.Patterns, o.Tol, o.Shares.Holdout = 2, grade.Restricted, 12, 1e-3, 0.2
	o.Loss = data.Task.Loss()
	if change != nil {
		change(&o)
	}
	tracer := &tracer{points: trace.New(nil)}
	run, err := grade.Resume(context.Background(), data, o, grade.Earlier{}, tracer)
	if err != nil {
		t.Fatal(err)
	}
	return &Run{Name: "runs/wave", Facts: [][]string{{"seed", "1"}}, Status: run.Status, Stopped: run.Stopped, Model: run.Model, Ledger: run.Ledger,
		Grades: run.Grades, Tol: o.Tol, Points: tracer.points.Points(), Data: data}
}

// written is the page about subjects, which must be the same again, hold nothing from
// elsewhere, and have plots that are well formed.
func written(t *testing.T, subjects ...Subject) string {
	t.Helper()
	var twice [2]string
	for k := range twice {
		p, err := New("multigrade 1", subjects...)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		twice[k] = b.String()
	}
	if twice[0] != twice[1] {
		t.Error("not the same page again")
	}
	checkSelfContained(t, twice[0])
	return twice[0]
}

var (
	drawings = regexp.MustCompile(`(?s)<svg.*?</svg>`)
	encoded  = regexp.MustCompile(`base64,[A-Za-z0-9+/=\s]*`) // a picture, among whose letters may be any word
	outside  = regexp.MustCompile(`(?i)(src|href|url)\s*[=(]\s*["']?(?:https?:|//|[a-z]+/)[^"' ]*`)
)

func checkSelfContained(t *testing.T, page string) {
	t.Helper()
	if at := outside.FindString(drawings.ReplaceAllString(page, "")); at != "" || strings.Contains(page, "<script") {
		t.Errorf("needs %q", at)
	}
	for _, svg := range drawings.FindAllString(page, -1) {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %.100s", err, svg)
			}
		}
	}
	for _, bad := range wrongWords(page) {
		t.Errorf("%s on the page", bad)
	}
}

// wrongWords are what a page has of the texts that no number and no format leaves, its pictures aside.
func wrongWords(page string) []string {
	var found []string
	text := encoded.ReplaceAllString(page, "")
	for _, bad := range []string{"NaN", "Inf", "%!", "<nil>"} {
		if strings.Contains(text, bad) {
			found = append(found, bad)
		}
	}
	return found
}

func figures(t *testing.T, s Subject) []string {
	t.Helper()
	p, err := New("multigrade 1", s)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range p.Figures() {
		names = append(names, f.Name)
	}
	return names
}

// A run has the figures and texts that its data ask for.
func TestRun(t *testing.T) {
	always := []string{"decay-l1", "decay-l2", "decay-linf", "gap", "neurons"}
	for _, c := range []struct {
		name    string
		data    *grade.Data
		change  func(*grade.Options)
		figures []string
		texts   []string
	}{
		{"one input", wave(40, 1, 1), nil, []string{"fit", "residual-grade-1", "residual-grade-2", "quantiles-train", "quantiles-test"}, []string{"2 grades for y1 from 1 input", "wave &lt;b&gt;.csv", "not checked"}},
		{"several inputs", wave(40, 3, 1), nil, []string{"fit-grade-1", "fit-grade-2", "quantiles-train", "quantiles-test"}, []string{"Predicted over actual"}},
		{"several outputs", wave(40, 2, 2), nil, []string{"fit-output-1-grade-1", "fit-output-2-grade-2", "map-output-2"}, []string{"y1, y2", "<td>2, y2</td>"}},
		{"two classes", classified(wave(40, 2, 1), 2), nil, []string{"loss", "accuracy", "map"}, []string{"2 classes of y1", "columns the predicted ones"}},
		{"three classes", classified(wave(40, 1, 1), 3), nil, []string{"loss", "accuracy"}, []string{"3 classes of y1"}},
		{"several quantiles", wave(40, 1, 1), func(o *grade.Options) { o.Quantiles, o.Loss = []float64{0.2, 0.8}, solver.Quantile(0.2) }, []string{"loss"}, []string{"The loss is in the units of the programs"}},
		{"grey image", picture(1), nil, []string{"picture-original", "picture-grade-2", "picture-residual"}, []string{"PSNR", "data:image/png;base64,"}},
		{"colours", picture(3), func(o *grade.Options) { o.Shares = grade.Shares{Stride: 2} }, []string{"picture-grade-1"}, []string{"of the test rows"}},
		{"budget", wave(40, 1, 1), func(o *grade.Options) { o.Width = &grade.Budget{Neurons: 3, Work: 1} }, []string{"fit"}, []string{"of the convex program, which the first table is about"}},
		{"dead zone", wave(40, 1, 1), func(o *grade.Options) { o.DeadZone = true }, []string{"fit"}, []string{"Grade 1 is followed by a dead zone of"}},
		{"gated", wave(40, 2, 1), func(o *grade.Options) { o.Activation = solver.Gated }, []string{"neurons"}, []string{"Grade 2 is a gated optimum"}},
		{"over all patterns", wave(30, 1, 1), func(o *grade.Options) { o.Scope, o.Patterns, o.Grades = grade.Global, 0, 1 }, []string{"fit"}, []string{"over all patterns, to the tolerance, claimed, not checked"}},
		{"no target left", wave(40, 1, 1), func(o *grade.Options) { o.Beta = grade.RelativeBeta(2) }, []string{"fit"}, []string{"has no neurons"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := trained(t, c.data, c.change)
			got := figures(t, r)
			for _, name := range append(always, c.figures...) {
				if !slices.Contains(got, name) {
					t.Errorf("no figure %s among %q", name, got)
				}
			}
			page := written(t, r)
			for _, text := range c.texts {
				if !strings.Contains(page, text) {
					t.Errorf("no %q on the page", text)
				}
			}
		})
	}
}

// The contents lead to places of the page, which have different names.
func TestContents(t *testing.T) {
	one, two := trained(t, wave(40, 1, 1), nil), trained(t, wave(40, 3, 1), nil)
	for _, page := range []string{written(t, one), written(t, one, two)} {
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[m[1]] {
				t.Errorf("two places are called %s", m[1])
			}
			ids[m[1]] = true
		}
		links := regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1)
		for _, m := range links {
			if !ids[m[1]] {
				t.Errorf("no place is called %s", m[1])
			}
		}
		if len(links) < 3 {
			t.Errorf("%d links", len(links))
		}
	}
}

// What a feature does is the mean prediction with it set.
func TestEffects(t *testing.T) {
	r := trained(t, wave(40, 3, 1), nil)
	seen, err := r.look()
	if err != nil {
		t.Fatal(err)
	}
	const j = 1
	e, err := r.effect(seen[0].x, j)
	if err != nil {
		t.Fatal(err)
	}
	x := mat.DenseCopyOf(seen[0].x)
	n, _ := x.Dims()
	for _, at := range e.curves[0] {
		for i := range n {
			x.Set(i, j, at.X)
		}
		y, err := r.Model.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		if mean := mat.Sum(y) / float64(n); math.Abs(mean-at.Y) > 1e-12 {
			t.Errorf("at %v: %v, want %v", at.X, at.Y, mean)
		}
	}
}

// Without data and trace the page says so, and what the checker found is told.
func TestMissing(t *testing.T) {
	r := trained(t, wave(30, 1, 1), nil)
	r.Data, r.NoData, r.Points = nil, "The data file is not there.", nil
	r.Checked = &proofs.Report{Claims: []proofs.Claim{{Name: "ledger", Scope: "grade 1", Verdict: proofs.Invalid, Detail: "it is 3"}}}
	page := written(t, r)
	for _, text := range []string{"The data file is not there.", "keeps no trace", "Checked for this page: invalid, 1 claims", "invalid: ledger, grade 1: it is 3"} {
		if !strings.Contains(page, text) {
			t.Errorf("no %q on the page", text)
		}
	}
	if got := figures(t, r); slices.Contains(got, "fit") || slices.Contains(got, "gap") {
		t.Errorf("figures %q", got)
	}
}

// A run that was interrupted at once has a page, with what was trained by then and
// without any grade.
func TestInterruptedAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, data := range []*grade.Data{wave(30, 1, 1), wave(30, 2, 1), classified(wave(30, 2, 1), 2), picture(1)} {
		o := grade.DefaultOptions()
		o.Loss = data.Task.Loss()
		run, err := grade.Train(ctx, data, o)
		if err != nil {
			t.Fatal(err)
		}
		if run.Status != solver.Interrupted { // with the grades of its draft
			t.Errorf("%d grades, status %v", len(run.Grades), run.Status)
		}
		r := &Run{Name: "stopped", Status: run.Status, Stopped: run.Stopped, Model: run.Model, Ledger: run.Ledger, Grades: run.Grades, Tol: o.Tol, Data: data}
		if page := written(t, r); !strings.Contains(page, "interrupted") {
			t.Error("the page of the interrupted run does not say so")
		}
		model := *run.Model
		model.Grades = nil
		r.Model, r.Grades, r.Ledger = &model, nil, nil
		if page := written(t, r); !strings.Contains(page, "interrupted") {
			t.Error("the page of the run without a grade does not say that it was interrupted")
		}
	}
}

// A scheme on the cube has its enclosures and, of one or two variables, its looks.
func TestCube(t *testing.T) {
	for text, want := range map[string]string{"sin(6*x)+abs(x-1/3)": "residual-grade-4", "x*y-0.3": "map-residual", "x*y*x3": "decay-l2"} {
		e, err := approx.ParseExpr(text, 0)
		if err != nil {
			t.Fatal(err)
		}
		o := approx.DefaultOptions()
		o.Grades = 4
		s, err := approx.Build(context.Background(), e, o)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCube(s)
		if err != nil {
			t.Fatal(err)
		}
		c.Name, c.Facts = "runs/approx", [][]string{{"command", text}}
		if got := figures(t, c); !slices.Contains(got, want) || !slices.Contains(got, "decay-linf") {
			t.Errorf("%s: figures %q, want %s", text, got, want)
		}
		if page := written(t, c); !strings.Contains(page, "on the whole cube") || strings.Count(page, "nontrivial</td>") == 0 {
			t.Errorf("%s: %.300s", text, page)
		}
		if both := written(t, c, trained(t, wave(30, 1, 1), nil)); !strings.Contains(both, "2 runs compared") || !strings.Contains(both, "different data") {
			t.Error("runs on different data are not compared as such")
		}
	}
}

// Runs on the same data are compared in its units, and their plots have names that
// differ.
func TestCompare(t *testing.T) {
	a, b := trained(t, wave(40, 1, 1), nil), trained(t, wave(40, 1, 1), func(o *grade.Options) { o.Carry = true })
	p, err := New("multigrade 1", a, b)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range p.Figures() {
		if seen[f.Name] {
			t.Errorf("two figures are called %s", f.Name)
		}
		seen[f.Name] = true
	}
	if !seen["compare-grade"] || !seen["compare-neurons"] || !seen["compare-seconds"] || !seen["run-2-gap"] {
		t.Errorf("figures %v", seen)
	}
	a.Options, b.Options = []string{"grades 2", "bias"}, []string{"grades 2", "bias", "carry"}
	page := written(t, a, b)
	if strings.Contains(page, "different data") {
		t.Error("the same data are called different")
	}
	if got := p.Sections[0].Parts; len(got) != 1 {
		t.Errorf("%d parts where the options are the same", len(got))
	}
	for _, want := range []string{"Options that differ", "<td>carry</td>", `<td class="best">`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s on the page", want)
		}
	}
}
