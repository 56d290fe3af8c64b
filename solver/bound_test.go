package solver

import (
	"context"
	"encoding/csv"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

var boundData = flag.String("bounddata", "", "measure MaxNeuron on file.csv:beta[:tol[:seconds[:P]]]")

// TestBoundMeasure is a measurement, not a law: it prints how the bound closes.
func TestBoundMeasure(t *testing.T) {
	if *boundData == "" {
		t.Skip("-bounddata not given")
	}
	f := strings.Split(*boundData, ":")
	num := func(k int, def float64) float64 {
		if k < len(f) {
			v, err := strconv.ParseFloat(f[k], 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		return def
	}
	beta, tol, secs, pats := num(1, 0), num(2, 1e-3), num(3, 60), num(4, 500)
	x, y := readProblem(t, f[0])
	ctx := context.Background()
	cells, err := hyperplane.SampleGaussian(ctx, x, int(pats), 1)
	if err != nil {
		t.Fatal(err)
	}
	p := &Problem{X: x, Y: y, Cells: cells, Beta: beta}
	n, _ := x.Dims()
	o := DefaultOptions()
	o.Tol = 1e-5
	start := time.Now()
	res, err := Solve(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("solve: primal %.8g gap %.2g, %v", res.Primal, res.RelGap, time.Since(start))
	seeds := func() (s [][]float64) {
		for _, u := range res.Network.Neurons {
			s = append(s, u.W)
		}
		return s
	}
	nb := float64(n) * beta
	for round := 0; round < 40; round++ {
		bo := DefaultBoundOptions()
		bo.MaxLeaves = 20
		if round > 0 {
			bo.MaxLeaves = 300
		}
		bo.Seeds = seeds()
		b, err := MaxNeuron(ctx, x, res.Certificate.Nu, bo)
		if err != nil {
			t.Fatal(err)
		}
		if b.Lower <= nb*(1+1e-5) {
			break
		}
		for _, s := range violatedNeurons(x, res.Certificate.Nu, seeds(), nb*(1+1e-6)) {
			c, err := hyperplane.FromGates(x, mat.NewDense(1, len(s), s))
			if err != nil {
				t.Fatal(err)
			}
			p.Cells = appendNew(p.Cells, c.Cells)
		}
		c, _ := hyperplane.FromGates(x, mat.NewDense(1, len(b.W), b.W))
		p.Cells = appendNew(p.Cells, c.Cells)
		res, err = Solve(ctx, p, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: lower was %.6g n beta; cells %d primal %.8g", round, b.Lower/nb, len(p.Cells), res.Primal)
	}
	last := time.Now()
	start = last
	bo := DefaultBoundOptions()
	bo.MaxLeaves = 1 << 26
	bo.Target = nb * (1 + tol)
	bo.Tol = 1e-9
	bo.Seeds = seeds()
	bo.Progress = func(upper, lower float64, leaves int) {
		if time.Since(last) > time.Second {
			last = time.Now()
			t.Logf("%5.1f s: upper %.6f lower %.8f leaves %d", time.Since(start).Seconds(), upper/nb, lower/nb, leaves)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(secs*float64(time.Second)))
	defer cancel()
	b, err := MaxNeuron(ctx, x, res.Certificate.Nu, bo)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: upper %.9f lower %.9f, %d leaves, %s", time.Since(start), b.Upper/nb, b.Lower/nb, b.Leaves, b.Method)
}

func violatedNeurons(x mat.Matrix, nu []float64, seeds [][]float64, above float64) [][]float64 {
	var out [][]float64
	for k := range 60 {
		_, d := x.Dims()
		s := make([]float64, d)
		if k < len(seeds) {
			copy(s, seeds[k])
		} else {
			for j := range s {
				s[j] = float64((k*7919+j*104729)%1000)/500 - 1
			}
		}
		dx, _ := newDesign(x)
		b := &bounder{ctx: context.Background(), x: dx, n: len(nu), d: d, nu: nu}
		b.climb([][]float64{s})
		if b.lower > above {
			out = append(out, b.w)
		}
	}
	return out
}

func appendNew(cells, more []hyperplane.Cell) []hyperplane.Cell {
	for _, c := range more {
		known := false
		for _, e := range cells {
			known = known || e.Pattern.Equal(c.Pattern)
		}
		if !known {
			cells = append(cells, c)
		}
	}
	return cells
}

func readProblem(t *testing.T, path string) (*mat.Dense, []float64) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:]
	d := len(rows[0]) - 1
	x, y := mat.NewDense(len(rows), d, nil), make([]float64, len(rows))
	for i, row := range rows {
		for j, v := range row {
			a, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			if j < d {
				x.Set(i, j, a)
			} else {
				y[i] = a
			}
		}
	}
	return x, y
}
