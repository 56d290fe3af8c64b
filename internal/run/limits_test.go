//go:build unix

package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"multigrade/approx"
	"multigrade/grade"
	"multigrade/hyperplane"
	"multigrade/internal/dataset"
	"multigrade/proofs"
	"multigrade/solver"

	"gonum.org/v1/gonum/mat"
)

// used is the processor time of this process, which other processes do not change.
func used(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// shapes are data of every shape, most as CSV with the target last.
var shapes = map[string]func(rng *rand.Rand) string{
	"tall":   func(rng *rand.Rand) string { return gaussian(rng, 10_000, 5, nil) },
	"wide":   func(rng *rand.Rand) string { return gaussian(rng, 30, 400, nil) },
	"square": func(rng *rand.Rand) string { return gaussian(rng, 300, 12, nil) },
	"classes": func(rng *rand.Rand) string {
		return gaussian(rng, 600, 16, func(int) string { return fmt.Sprintf("c%d", rng.IntN(20)) })
	},
	"wide sparse": func(rng *rand.Rand) string {
		var b strings.Builder
		for range 150 {
			fmt.Fprintf(&b, "%.4f", rng.NormFloat64())
			for j := 1 + rng.IntN(200); j <= 6000; j += 1 + rng.IntN(300) {
				fmt.Fprintf(&b, " %d:%.3f", j, rng.NormFloat64())
			}
			b.WriteByte('\n')
		}
		return b.String()
	},
	"image": func(rng *rand.Rand) string {
		picture := image.NewGray(image.Rect(0, 0, 128, 128))
		for i := range picture.Pix {
			x, y := float64(i%128)/128, float64(i/128)/128
			picture.Pix[i] = uint8(128 + 90*math.Sin(9*x*y) + 20*rng.Float64())
		}
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			panic(err)
		}
		return b.String()
	},
	"one input": func(rng *rand.Rand) string { return gaussian(rng, 2000, 1, nil) },
	"dependent": func(rng *rand.Rand) string {
		return table(200, 30, func(i, j int, row []float64) float64 {
			switch {
			case j < 10:
				return rng.NormFloat64()
			case j < 20:
				return row[j-10] + row[(j-9)%10]
			}
			return 2 * row[j-20]
		}, nil, rng)
	},
}

func gaussian(rng *rand.Rand, n, d int, label func(i int) string) string {
	return table(n, d, func(int, int, []float64) float64 { return rng.NormFloat64() }, label, rng)
}

func table(n, d int, at func(i, j int, row []float64) float64, label func(i int) string, rng *rand.Rand) string {
	var b strings.Builder
	for j := range d {
		fmt.Fprintf(&b, "x%d,", j)
	}
	b.WriteString("y\n")
	row := make([]float64, d)
	for i := range n {
		for j := range row {
			row[j] = at(i, j, row)
			fmt.Fprintf(&b, "%.4f,", row[j])
		}
		if label != nil {
			b.WriteString(label(i))
		} else {
			fmt.Fprintf(&b, "%.4f", math.Sin(2*row[0])+math.Abs(row[d/2])+0.1*rng.NormFloat64())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// entry is something that can be interrupted.
type entry struct {
	name string
	call func(ctx context.Context, limit time.Duration) error
}

// trainings of a data set: kinds of options, of which the short test takes the first.
var trainings = []struct {
	name string
	set  func(o *grade.Options)
}{
	{"solve", func(o *grade.Options) {}},
	{"solve with validation", func(o *grade.Options) { o.Shares.Validation, o.Beta = 0.2, grade.DefaultCrossValidation() }},
	{"restricted", func(o *grade.Options) { o.Scope = grade.Restricted }},
	{"carry", func(o *grade.Options) { o.Carry = true }},
	{"width", func(o *grade.Options) { o.Width = grade.NewBudget(26) }},
}

// TestLimitsHold: whatever the data, every entry point returns within a second of the
// end of its context or of its time limit, as processor time is counted, and a training
// leaves a network that is better than none.
func TestLimitsHold(t *testing.T) {
	limits := []time.Duration{300 * time.Millisecond}
	if *long {
		limits = append(limits, 50*time.Millisecond, 2*time.Second)
	}
	for name, shape := range shapes {
		folder := t.TempDir()
		file := filepath.Join(folder, "data.csv")
		if err := os.WriteFile(file, []byte(shape(rand.New(rand.NewPCG(7, 7)))), 0o600); err != nil {
			t.Fatal(err)
		}
		for k, kind := range trainings {
			if kind.name == "width" && name == "classes" {
				continue // there is none for labels
			}
			if !*long && k != 0 && !(k == 1 && name == "square") && !(kind.name == "width" && name == "image") {
				continue
			}
			for _, limit := range limits {
				t.Run(fmt.Sprintf("%s, %s, %v", name, kind.name, limit), func(t *testing.T) { limited(t, file, kind.set, limit) })
			}
		}
	}
	for _, e := range entries(t) {
		for _, limit := range limits {
			t.Run(fmt.Sprintf("%s, %v", e.name, limit), func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				within(t, limit, cancel, func() {
					if err := e.call(ctx, limit); err != nil && !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				})
			})
		}
	}
}

// within calls f, ends it after limit by end, if it is not nil, and complains where it
// costs more than a second from then on, on each processor.
func within(t *testing.T, limit time.Duration, end func(), f func()) {
	t.Helper()
	var at time.Duration
	done := make(chan struct{})
	timer := time.AfterFunc(limit, func() {
		at = used(t)
		close(done)
		if end != nil {
			end()
		}
	})
	f()
	if timer.Stop() {
		return // it had ended before
	}
	<-done
	if late := used(t) - at; late > time.Duration(runtime.GOMAXPROCS(0))*time.Second {
		t.Errorf("%v of processor time after its end", late)
	}
}

// limited trains with the time limit.
func limited(t *testing.T, file string, set func(o *grade.Options), limit time.Duration) {
	src, err := ReadSource(file, nil, dataset.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := src.PlainTable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := TrainingData(plain, "")
	if err != nil {
		t.Fatal(err)
	}
	o := grade.DefaultOptions()
	o.Loss = data.Task.Loss()
	o.Limits.Time = limit
	set(&o)
	tr := &Training{Out: filepath.Join(t.TempDir(), "run"), Source: src, Data: data, Options: o, Command: []string{"test"}}
	within(t, limit, nil, func() {
		r, err := tr.Run(context.Background())
		if err != nil {
			t.Error(err)
			return
		}
		neurons := 0
		for _, g := range r.Run.Grades {
			neurons += g.Grade.Neurons()
		}
		if _, chosen := o.Beta.(grade.CrossValidation); neurons == 0 && !(chosen && r.Run.Status == solver.Optimal) { // no beta may be worth it
			t.Errorf("no network: %s, %s", r.Run.Status, r.Run.Stopped)
		}
	})
}

// entries are the rest: the checker, the schemes, the patterns.
func entries(t *testing.T) []entry {
	t.Helper()
	waves, err := approx.ParseExpr("sin(1e5*x)", 1)
	if err != nil {
		t.Fatal(err)
	}
	nine, err := approx.ParseExpr("sin(40*x1)*x9", 9)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(8, 8))
	x := mat.NewDense(80, 7, nil)
	for i := range 80 {
		for j := range 7 {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	cells, err := hyperplane.NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	o := approx.DefaultOptions()
	o.Grades = 1
	o.Threads = runtime.GOMAXPROCS(0)
	all := []entry{
		{"approx in one dimension", func(ctx context.Context, _ time.Duration) error {
			o := approx.DefaultOptions()
			_, err := approx.Build(ctx, waves, o)
			return err
		}},
		{"approx in nine dimensions", func(ctx context.Context, _ time.Duration) error {
			_, err := approx.Build(ctx, nine, o)
			return err
		}},
		{"patterns", func(ctx context.Context, _ time.Duration) error {
			_, err := cells.Count(ctx)
			return err
		}},
		{"all patterns", func(ctx context.Context, _ time.Duration) error {
			for _, err := range cells.Cells(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{"verify", func(ctx context.Context, _ time.Duration) error {
			_, err := proofs.CheckRun(ctx, "../../proofs/testdata/runs/valid/approx", proofs.RunOptions{})
			return err
		}},
	}
	if !*long {
		return all[:4]
	}
	return all
}
