package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/internal/run"
)

// call runs a command line and returns the exit status and what it wrote.
func call(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = execute(context.Background(), append([]string{"multigrade"}, args...), streams{in: strings.NewReader(""), out: &o, err: &e})
	return status, o.String(), e.String()
}

func TestApproxJSONAndVerify(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	status, out, errs := call("approx", "sin(2*pi*x) + abs(x-1/3)/2", "--grades", "6", "--json", "--network", "--out", dir)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	var r struct {
		Status string
		Grades []struct {
			Grade, N, Width, Depth, Hats int
			Tau                          float64
			Nontrivial                   bool
			Sup                          float64 `json:"sup_bound"`
			L1, L2, Linf                 [2]float64
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Status != "done" {
		t.Fatalf("status %q", r.Status)
	}
	nontrivial := 0
	for k, g := range r.Grades {
		if g.Grade != k+1 || g.N != 2<<k || g.Nontrivial != (g.Hats > 0) || !(g.L1[0] <= g.L1[1] && g.L1[1] <= g.Linf[1]*1.2) || g.Nontrivial != (g.Tau > 0) {
			t.Errorf("grade %d: %+v", k+1, g)
		}
		if g.Nontrivial {
			nontrivial++
		}
		if g.Nontrivial && (g.Width != 7 || g.Depth != 2*g.Hats+1) {
			t.Errorf("grade %d: width %d, depth %d, %d hats", k+1, g.Width, g.Depth, g.Hats)
		}
	}
	if nontrivial != 6 {
		t.Errorf("%d nontrivial grades, want 6", nontrivial)
	}
	if status, out, _ := call("verify", dir); status != 0 || !strings.Contains(out, "pointwise") {
		t.Errorf("verify: status %d\n%s", status, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "nodes.bin"))
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	if err := os.WriteFile(filepath.Join(dir, "nodes.bin"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := call("verify", dir, "--quiet"); status != 1 {
		t.Errorf("verify of a changed value: status %d, want 1", status)
	}
	if status, _, errs := call("approx", "x", "--grades", "2", "--out", dir, "--quiet"); status != 0 {
		t.Errorf("replacing a run: status %d: %s", status, errs)
	}
}

func TestApproxNetworkFile(t *testing.T) {
	for flag, width := range map[string]int{"--network": 8, "--narrow": 4} {
		dir := filepath.Join(t.TempDir(), "run")
		if status, _, errs := call("approx", "sin(5*x)*cos(pi*y)", "--grades", "2", "--quiet", "--network", flag, "--out", dir); status != 0 {
			t.Fatalf("status %d: %s", status, errs)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "network.json"))
		if err != nil {
			t.Fatal(err)
		}
		var n run.NetworksJSON
		if err := json.Unmarshal(raw, &n); err != nil {
			t.Fatal(err)
		}
		if last := n.Networks[len(n.Networks)-1]; len(n.Networks) < 4 || last == nil || last.Width() != width {
			t.Errorf("%s: networks %v", flag, n.Networks)
		}
	}
}

// By default the lattice grows with the neurons, and is fine enough for two variables.
func TestSamplesFor(t *testing.T) {
	for _, c := range []struct{ dim, neurons, want int }{{1, 16, 512}, {1, 200, 1024}, {2, 16, 64}, {2, 2048, 128}, {3, 16, 8}, {9, 1, 2}} {
		if got := samplesFor(c.dim, c.neurons); got != c.want {
			t.Errorf("%d variables, %d neurons: %d cells per coordinate, want %d", c.dim, c.neurons, got, c.want)
		}
	}
}

func TestApproxBadCalls(t *testing.T) {
	csv := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(csv, []byte("1\n2\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		part string
	}{
		{[]string{"sin(2*pi*x"}, "column 11"},
		{[]string{"foo(x)"}, "column 1"},
		{[]string{"1/(x-0.3)"}, "x1"},
		{[]string{"log(x)"}, "x1 = 0"},
		{[]string{"x", "y"}, "expression"},
		{nil, "expression"},
		{[]string{"x", "--grades", "0"}, "grades"},
		{[]string{"x", "--grades", "25"}, "grades"},
		{[]string{"x1*x4", "--grades", "9"}, "nodes"},
		{[]string{"x", "--dim", "10"}, "--dim"},
		{[]string{"x", "--lipschitz", "-1"}, "--lipschitz"},
		{[]string{"x", "--table", csv}, "--table"},
		{[]string{"--table", csv}, "line 3"},
		{[]string{"--table", csv + "x"}, "bad.csvx"},
		{[]string{"sin(9*x)", "--network", "--grades", "18"}, "--network"},
		{[]string{"x", "--unknown"}, "unknown"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		status, out, errs := call(append(append([]string{"approx", "--out", dir}, c.args...), "--json")...)
		if status != 2 || out != "" || !strings.Contains(errs, c.part) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: status %d, output %q, message %q; want 2 and %q", c.args, status, out, errs, c.part)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q: left a run directory", c.args)
		}
	}
}

func TestApproxTable(t *testing.T) {
	base := t.TempDir()
	csv := filepath.Join(base, "table.csv")
	if err := os.WriteFile(csv, []byte("0\n0.5\n0.2\n0.9\n-0.3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, extra := range [][]string{nil, {"--lipschitz", "5"}} {
		dir := filepath.Join(base, "run")
		if status, _, errs := call(append([]string{"approx", "--table", csv, "--out", dir, "--quiet"}, extra...)...); status != 0 {
			t.Fatalf("%v: status %d: %s", extra, status, errs)
		}
		if status, out, errs := call("verify", dir, "--quiet"); status != 0 {
			t.Errorf("%v: verify: status %d\n%s%s", extra, status, out, errs)
		}
	}
	if status, _, _ := call("approx", "--table", csv, "--lipschitz", "1", "--out", filepath.Join(base, "r2")); status != 2 {
		t.Error("a Lipschitz constant below the slope of the samples was accepted")
	}
}

func TestApproxInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := filepath.Join(t.TempDir(), "run")
	var o, e bytes.Buffer
	status := execute(ctx, []string{"multigrade", "approx", "x", "--json", "--out", dir}, streams{in: strings.NewReader(""), out: &o, err: &e})
	if status != 130 || !strings.Contains(o.String(), `"interrupted"`) {
		t.Errorf("status %d: %s", status, o.String())
	}
}
