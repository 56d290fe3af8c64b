package solver

import (
	"context"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/proofs"
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
	if nu := loadNu(); nu != nil {
		measureBound(ctx, t, x, nu, float64(n)*beta, tol, secs, nil)
		return
	}
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
		bo.MaxLeaves = 3000 * (round + 1)
		bo.Seeds = seeds()
		bo.Target = nb * (1 + 1e-5)
		b, err := MaxNeuron(ctx, x, res.Certificate.Nu, bo)
		if err != nil {
			t.Fatal(err)
		}
		if b.Lower <= bo.Target {
			break
		}
		var cells []hyperplane.Cell
		for _, u := range res.Network.Neurons {
			cells = append(cells, p.Cells[u.Cell])
		}
		for _, w := range b.Found[:min(len(b.Found), 200)] {
			for try := range 2 {
				g := append([]float64(nil), w...)
				for k := range g {
					g[k] += 1e-6 * math.Sin(float64(1+k+100*try))
				}
				c, err := hyperplane.FromGates(x, mat.NewDense(1, len(g), g))
				if err != nil {
					t.Fatal(err)
				}
				cells = appendNew(cells, c.Cells)
			}
		}
		p.Cells = cells
		res, err = Solve(ctx, p, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: lower was %.6g n beta; cells %d primal %.8g", round, b.Lower/nb, len(p.Cells), res.Primal)
	}
	saveNu(t, res.Certificate.Nu)
	measureBound(ctx, t, x, res.Certificate.Nu, nb, tol, secs, seeds())
}

var boundNu = flag.String("boundnu", "", "file to keep nu in between measurements")

func saveNu(t *testing.T, nu []float64) {
	if *boundNu == "" {
		return
	}
	var s strings.Builder
	for _, v := range nu {
		s.WriteString(strconv.FormatFloat(v, 'g', -1, 64) + "\n")
	}
	if err := os.WriteFile(*boundNu, []byte(s.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func loadNu() (nu []float64) {
	data, err := os.ReadFile(*boundNu)
	if err != nil {
		return nil
	}
	for _, f := range strings.Fields(string(data)) {
		v, _ := strconv.ParseFloat(f, 64)
		nu = append(nu, v)
	}
	return nu
}

func measureBound(ctx context.Context, t *testing.T, x mat.Matrix, nu []float64, nb, tol, secs float64, seeds [][]float64) {
	last := time.Now()
	start := last
	bo := DefaultBoundOptions()
	bo.MaxLeaves = 1 << 26
	bo.Target = nb * (1 + tol)
	bo.Tol = 1e-9
	bo.Seeds = seeds
	bo.Progress = func(upper, lower float64, leaves int) {
		if time.Since(last) > time.Second {
			last = time.Now()
			t.Logf("%5.1f s: upper %.6f lower %.8f leaves %d", time.Since(start).Seconds(), upper/nb, lower/nb, leaves)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(secs*float64(time.Second)))
	defer cancel()
	b, err := MaxNeuron(ctx, x, nu, bo)
	if err != nil {
		t.Fatal(err)
	}
	checkMeasured(t, x, nu, nb, b)
	t.Logf("%v: upper %.9f lower %.9f, %d leaves, %s", time.Since(start), b.Upper/nb, b.Lower/nb, b.Leaves, b.Method)
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

// checkMeasured times the independent check of the trees.
func checkMeasured(t *testing.T, x mat.Matrix, nu []float64, nb float64, b *NeuronBound) {
	if b.Certificate.Plus == nil {
		return
	}
	n, d := x.Dims()
	px, err := proofs.NewDense(n, d, mat.DenseCopyOf(x).RawMatrix().Data)
	if err != nil {
		t.Fatal(err)
	}
	p := &Problem{X: x, Y: nu, Beta: nb / float64(n)}
	scaled, _, bound := GlobalDual(p, nu, b)
	c := &proofs.Certificate{
		Program: proofs.Program{Rows: n, Cols: d, Activation: proofs.ReLU, Loss: proofs.Squared, Beta: p.Beta, SHA256: proofs.ProgramHash(px, nu)},
		Dual:    proofs.Dual{Scope: proofs.ScopeRestricted, Nu: make([]float64, n)},
		Gap:     proofs.Gap{Tol: 1, Status: proofs.StatusLimit},
		Global:  &proofs.Global{Nu: scaled, Bound: bound, Status: proofs.StatusLimit, Plus: b.Certificate.Plus, Minus: b.Certificate.Minus},
	}
	start := time.Now()
	for _, claim := range proofs.CheckCertificate(c, px, nu).Claims {
		if claim.Name == proofs.ClaimGlobalFeasible {
			t.Logf("check in %v: %v %s; %d characters", time.Since(start), claim.Verdict, claim.Detail, len(b.Certificate.Plus)+len(b.Certificate.Minus))
		}
	}
}
