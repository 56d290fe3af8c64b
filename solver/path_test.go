package solver

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/testdata"
)

// diabetesProblem is the diabetes data, standardised, with a column of ones,
// and the cells of so many Gaussian gates.
func diabetesProblem(t testing.TB, gates int, a program.Activation) *program.Problem {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(testdata.Diabetes)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n, cols := len(records)-1, len(records[0])
	x, y := mat.NewDense(n, cols, nil), []float64(nil)
	for j := range cols {
		v := make([]float64, n)
		for i := range v {
			if v[i], err = strconv.ParseFloat(records[i+1][j], 64); err != nil {
				t.Fatal(err)
			}
		}
		standardise(v)
		if j == cols-1 {
			y = v
			v = slices.Repeat([]float64{1}, n)
		}
		x.SetCol(j, v)
	}
	cells, err := hyperplane.SampleGaussian(context.Background(), x, gates, 1)
	if err != nil {
		t.Fatal(err)
	}
	return &program.Problem{X: x, Y: y, Cells: cells, Activation: a}
}

// standardise shifts and scales v to mean 0 and variance 1.
func standardise(v []float64) {
	mean, sq := 0.0, 0.0
	for _, a := range v {
		mean += a / float64(len(v))
	}
	for _, a := range v {
		sq += (a - mean) * (a - mean) / float64(len(v))
	}
	for i := range v {
		v[i] = (v[i] - mean) / math.Sqrt(sq)
	}
}

// Every point of a path is certified, and has the optimum that a solve of its
// own finds; the objective rises with beta.
func TestPathMeetsSolves(t *testing.T) {
	ctx := context.Background()
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		for _, intercept := range []bool{false, true} {
			p := diabetesProblem(t, 30, a)
			p.Intercept = intercept
			o := DefaultPathOptions()
			o.Points, o.Ratio = 9, 1e-2
			seen := 0
			o.Point = func(PathPoint) { seen++ }
			points, err := Path(ctx, p, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(points) != o.Points || seen != o.Points {
				t.Fatalf("%v: %d points, %d reported, want %d", a, len(points), seen, o.Points)
			}
			if k := len(points[0].Network.Neurons); k != 0 {
				t.Errorf("%v: %d neurons at beta_max", a, k)
			}
			for k, pt := range points {
				q := *p
				q.Beta = pt.Beta
				alone, err := Solve(ctx, &q, o.Options)
				if err != nil {
					t.Fatal(err)
				}
				if pt.Status != Optimal || pt.RelGap > o.Tol || pt.Primal < alone.Dual || pt.Dual > alone.Primal {
					t.Errorf("%v, point %d: %v, [%v, %v], alone [%v, %v]", a, k, pt.Status, pt.Dual, pt.Primal, alone.Dual, alone.Primal)
				}
				if k > 0 && pt.Dual > points[k-1].Primal {
					t.Errorf("%v, point %d: objective %v above %v of a larger beta", a, k, pt.Dual, points[k-1].Primal)
				}
			}
		}
	}
}

func TestPathOptions(t *testing.T) {
	p := diabetesProblem(t, 5, program.ReLU)
	for _, change := range []func(*PathOptions){
		func(o *PathOptions) { o.Points = 0 },
		func(o *PathOptions) { o.Ratio = 1 },
		func(o *PathOptions) { o.Ratio = math.NaN() },
		func(o *PathOptions) { o.Tol = 0 },
	} {
		o := DefaultPathOptions()
		change(&o)
		if _, err := Path(context.Background(), p, o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
}

// An ended context leaves the points that are done, the last one saying why.
func TestPathInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := DefaultPathOptions()
	o.Point = func(pt PathPoint) { cancel() }
	points, err := Path(ctx, diabetesProblem(t, 5, program.ReLU), o)
	if err != nil || len(points) != 1 {
		t.Errorf("%d points, error %v, want 1", len(points), err)
	}
}

// A block that is screened out is zero in a far more accurate solution.
func TestScreening(t *testing.T) {
	ctx := context.Background()
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		p := diabetesProblem(t, 30, a)
		p.Beta = 0.05
		o := DefaultOptions()
		x, err := checkedDesign(p, &o)
		if err != nil {
			t.Fatal(err)
		}
		s := firstOfPath(p, o, x)
		if err := s.finish(ctx); err != nil {
			t.Fatal(err)
		}
		if n := s.screening.Count; n == 0 || n == len(s.pricer.Blocks) {
			t.Fatalf("%v: %d of %d blocks screened out", a, n, len(s.pricer.Blocks))
		}
		o.Tol = 1e-9
		exact, err := Solve(ctx, p, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, nr := range exact.Network.Neurons {
			sign := 1.0
			if nr.Alpha < 0 {
				sign = -1
			}
			if j := slices.Index(s.pricer.Blocks, operator.Block{Cell: nr.Cell, Sign: sign}); s.screenedOut(j) {
				t.Errorf("%v: block %+v is screened out and has |w| = %v", a, s.pricer.Blocks[j], mat.Norm(mat.NewVecDense(len(nr.W), nr.W), 2))
			}
		}
	}
}

// The bound of |D_pX| that screening uses is one: no unit vector exceeds it.
func TestScreeningNorms(t *testing.T) {
	p := diabetesProblem(t, 10, program.ReLU)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	sc := program.NewScreening(p, x, operator.RowNorms(x))
	n, d := x.Dims()
	for j, c := range p.Cells {
		m := mat.NewDense(n, d, nil)
		for i := range n {
			if c.Pattern.Active(i) {
				m.SetRow(i, p.X.(*mat.Dense).RawRowView(i))
			}
		}
		var svd mat.SVD
		svd.Factorize(m, mat.SVDNone)
		if v := svd.Values(nil)[0]; sc.Norm[j] < v {
			t.Errorf("cell %d: bound %v of the norm %v", j, sc.Norm[j], v)
		}
	}
}

// BenchmarkPath compares the path of 50 points over three decades with single
// solves at its points: solves/path is the processor time of the path over the
// mean of theirs.
func BenchmarkPath(b *testing.B) {
	ctx := context.Background()
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		b.Run(a.String(), func(b *testing.B) {
			p := diabetesProblem(b, 100, a)
			for range b.N {
				start := processorSeconds()
				points, err := Path(ctx, p, DefaultPathOptions())
				if err != nil {
					b.Fatal(err)
				}
				path := processorSeconds() - start
				singles, n := 0.0, 0
				for k := 0; k < len(points); k += 7 {
					q := *p
					q.Beta = points[k].Beta
					start := processorSeconds()
					if _, err := Solve(ctx, &q, DefaultOptions()); err != nil {
						b.Fatal(err)
					}
					singles += processorSeconds() - start
					n++
				}
				b.ReportMetric(path, "cpu-s/path")
				b.ReportMetric(singles/float64(n), "cpu-s/solve")
				b.ReportMetric(path/(singles/float64(n)), "solves/path")
			}
		})
	}
}

// processorSeconds is the processor time of the process so far.
func processorSeconds() float64 {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return float64(r.Utime.Nano()+r.Stime.Nano()) * 1e-9
}
