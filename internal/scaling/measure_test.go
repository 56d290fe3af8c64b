//go:build linux

package scaling

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
	"multigrade/testdata"
)

var measure = flag.String("measure", "", "measure the costs of `PARTS`, of fits, merge, proof and rows, and write them into measured.json")

// TestMeasure takes seconds of the processor, not of the clock, so that other processes on the
// machine disturb little.
func TestMeasure(t *testing.T) {
	if *measure == "" {
		t.Skip("needs -measure")
	}
	m, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	m.Machine = machine(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "multigrade")
	if said, err := exec.Command("go", "build", "-o", program, "../../cmd/multigrade").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if err := os.WriteFile(filepath.Join(dir, "diabetes.csv"), testdata.Diabetes, 0o666); err != nil {
		t.Fatal(err)
	}
	call := func(args ...string) (seconds float64, out string) {
		cmd := exec.Command(program, append([]string{args[0], "--threads", "1", "--quiet"}, args[1:]...)...)
		var b, log bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &b, &log
		if err := cmd.Run(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, &log)
		}
		return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), b.String()
	}
	for part, f := range map[string]func(){"fits": func() { m.measureFits(call, dir) }, "merge": func() { m.measureMerge(t, call, dir) }, "proof": func() { m.measureProof(t, call, dir) }, "rows": func() { m.measureRows(t) }} {
		if strings.Contains(*measure, part) {
			f()
		}
	}
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("measured.json", append(raw, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
}

// machine names the processor.
func machine(t *testing.T) string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	return name + ", one thread, " + runtime.Version()
}

func (m *Measured) measureFits(call func(...string) (float64, string), dir string) {
	m.Fits = nil
	for seed := range 16 {
		s, _ := call("solve", "diabetes.csv", "--grades", "1", "--beta", fmt.Sprint(0.05+0.01*float64(seed%4)), "--scope", "restricted", "--seed", fmt.Sprint(seed+1), "--out", fmt.Sprintf("fit-%d", seed))
		m.Fits = append(m.Fits, s)
	}
	m.FitBytes = float64(bytesIn(filepath.Join(dir, "fit-0")))
}

// measureMerge takes shards of a table that is quick to fit: a merge reads what they have left, no data.
func (m *Measured) measureMerge(t *testing.T, call func(...string) (float64, string), dir string) {
	if err := os.WriteFile(filepath.Join(dir, "few.csv"), []byte("x,y\n0,0\n1,2\n2,1\n3,3\n4,0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	const shards, times = 200, 10
	seeds := make([]string, shards)
	for i := range seeds {
		seeds[i] = fmt.Sprint(i + 1)
	}
	call("sweep", "plan", "--data", "few.csv", "--set", "beta=0.2", "--set", "grades=1", "--set", "scope=restricted", "--seeds", strings.Join(seeds, ","))
	merge := func() (seconds float64) {
		for range times {
			s, _ := call("sweep", "merge")
			seconds += s / times
		}
		return seconds
	}
	none := merge()
	call("sweep", "run", "--all")
	m.FitMerge = (merge() - none) / shards
}

// bytesIn is the size of all files in a directory.
func bytesIn(dir string) int64 {
	var sum int64
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, errInfo := d.Info()
			if errInfo == nil {
				sum += info.Size()
			}
			err = errInfo
		}
		return err
	})
	return sum
}

func (m *Measured) measureProof(t *testing.T, call func(...string) (float64, string), dir string) {
	call("solve", "diabetes.csv", "--columns", "bmi", "--columns", "bp", "--columns", "s5", "--columns", "s6", "--columns", "progression", "--grades", "1", "--beta", "0.03", "--bound-leaves", "20", "--out", "proof")
	const shards = 8
	call("prove", "plan", "proof", "--shards", fmt.Sprint(shards), "--leaves", "20000")
	m.Proof.Start, m.Proof.Shards, m.Proof.Nodes = 0, nil, nil
	var nodes, size float64
	for i := range shards {
		s, _ := call("prove", "run", "proof", "--index", fmt.Sprint(i))
		again, _ := call("prove", "run", "proof", "--index", fmt.Sprint(i)) // which does nothing
		m.Proof.Start += again / shards
		raw, err := os.ReadFile(filepath.Join(dir, "proof.proof-1", "round-1", fmt.Sprintf("%06d.json", i)))
		if err != nil {
			t.Fatal(err)
		}
		n := float64(bytes.Count(raw, []byte(",")) + 1)
		nodes, size = nodes+n, size+float64(len(raw))
		m.Proof.Shards, m.Proof.Nodes = append(m.Proof.Shards, max(0, s-again)), append(m.Proof.Nodes, n)
	}
	m.Proof.Bytes = size / nodes
	s, _ := call("prove", "merge", "proof")
	m.Proof.Merge = max(0, s-m.Proof.Start) / nodes
	for range 9 {
		call("prove", "run", "proof", "--all", "--jobs", "1")
		s, out := call("prove", "merge", "proof", "--json")
		if _, after, optimal := strings.Cut(out, `"status":"optimal"`); optimal {
			_, after, _ = strings.Cut(after, `"nodes":`)
			if _, err := fmt.Sscan(after, &nodes); err != nil {
				t.Fatal(err)
			}
			m.Proof.Check = max(0, s-m.Proof.Start)/nodes - m.Proof.Merge
			return
		}
	}
	t.Fatal("no proof in 9 rounds")
}

// planted are rows with a planted teacher that only Read can see.
type planted struct {
	x       *mat.Dense
	y       []float64
	reading func()
}

func (p *planted) Dims() (n, d int) { return p.x.Dims() }

func (p *planted) Read(x, y, _ []float64, first int) error {
	p.reading()
	_, d := p.x.Dims()
	copy(x, p.x.RawMatrix().Data[first*d:first*d+len(y)*d])
	copy(y, p.y[first:])
	return nil
}

// processor is the seconds that this process has used.
func processor(t *testing.T) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func (m *Measured) measureRows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n, d, gates = 1 << 15, 100, 20
	rng := rand.New(rand.NewPCG(1, 2))
	normal := func(rows, cols int) *mat.Dense {
		x := mat.NewDense(rows, cols, nil)
		x.Apply(func(int, int, float64) float64 { return rng.NormFloat64() }, x)
		return x
	}
	p := &planted{x: normal(n, d), y: make([]float64, n)}
	teacher := normal(4, d)
	for i := range p.y {
		for k := range 4 {
			p.y[i] += math.Max(0, mat.Dot(p.x.RowView(i), teacher.RowView(k))) * float64(1-2*(k%2)) / 10
		}
		p.y[i] += 0.1 * rng.NormFloat64()
	}
	from, inPass, passes, serial := processor(t), false, 0.0, 0.0
	p.reading = func() {
		if !inPass {
			now := processor(t)
			serial += now - from
			from, inPass = now, true
		}
	}
	o := solver.DefaultRowOptions()
	active, count := 0, 0
	o.Progress = func(r solver.RowProgress) {
		now := processor(t)
		passes += now - from
		from, inPass = now, false
		active, count = max(active, r.Active), r.Passes
	}
	s, err := solver.NewRowSearch(context.Background(), &solver.RowProblem{Rows: p, Gates: normal(gates, d), Activation: solver.ReLU, Loss: solver.Squared}, o)
	if err != nil {
		t.Fatal(err)
	}
	most, err := s.BetaMax(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Solve(context.Background(), most/100)
	if err != nil || r.Status != solver.Optimal {
		t.Fatalf("%v %v", r, err)
	}
	q := &m.Rows
	q.Rows, q.Columns, q.Gates, q.Passes = n, d, gates, count
	q.PerRow, q.Serial, q.Gram = passes/float64(count)/n, serial/float64(count), active*d+1
}
