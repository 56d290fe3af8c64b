package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"multigrade/internal/exit"
	"multigrade/internal/experiment"
	"multigrade/internal/run"
)

// shared is a directory with problems/ and data/ that are not part of the
// repository; the tests that need it are skipped without.
var shared = flag.String("shared", "", "`directory` of the reference problems and larger data sets")

// runJSON runs a command line and decodes its JSON object.
func runJSON(t *testing.T, into any, args ...string) int {
	t.Helper()
	var out, stderr bytes.Buffer
	status := execute(context.Background(), append([]string{"multigrade"}, args...), streams{in: &bytes.Buffer{}, out: &out, err: &stderr})
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v: exit status %d, %v\n%s", args, status, err, stderr.Bytes())
	}
	return status
}

// mustVerify checks a run with the independent checker.
func mustVerify(t *testing.T, dir string) {
	t.Helper()
	var report struct{ Verdict string }
	if status := runJSON(t, &report, "verify", dir, "--json"); status != 0 || report.Verdict != "valid" {
		t.Errorf("%s is %s (exit status %d)", dir, report.Verdict, status)
	}
}

// exactly are the flags with which the program of solve is the one on the numbers
// in the file.
var exactly = []string{"--grades", "1", "--no-bias", "--no-standardize", "--no-intercept", "--json"}

// The optima of the reference problems, known to nine digits or more, are met
// to the certified gap.
func TestReferenceProblems(t *testing.T) {
	if *shared == "" {
		t.Skip("needs -shared")
	}
	for _, c := range []struct {
		name, gates, beta string
		relu, gated       float64
	}{
		{"a_osc1d", "100", "0.002", 0.1036610408645, 0.0517837469188},
		{"a_osc1d", "500", "0.002", 0.0955655788492, 0.0189725454068},
		{"b_diabetes", "100", "0.05", 0.3158583090930, 0.2552758570257},
		{"b_diabetes", "500", "0.05", 0.2883504467507, 0.2464720667080},
		{"d_teacher", "100", "0.03", 0.2512445237336, 0.1150083149982},
		{"d_teacher", "500", "0.03", 0.2055293946727, 0.1038941366263},
	} {
		for activation, want := range map[string]float64{"relu": c.relu, "gated": c.gated} {
			for _, tol := range []float64{1e-6, 1e-9} {
				dir := filepath.Join(t.TempDir(), "run")
				problem := filepath.Join(*shared, "problems", c.name)
				var got run.Summary
				status := runJSON(t, &got, append([]string{"solve", problem + ".csv", "--gates", problem + "_G" + c.gates + ".csv", "--scope", "restricted",
					"--beta-abs", c.beta, "--activation", activation, "--tol", fmt.Sprint(tol), "--out", dir}, exactly...)...)
				g := got.Grades[0]
				t.Logf("%s P=%s %s: primal %.13g, gap %.1e, %d iterations, %.2f s", c.name, c.gates, activation, g.Primal, g.RelGap, g.Iterations, g.Seconds)
				if status != 0 || g.Status != "optimal" || g.RelGap > tol || math.Abs(g.Primal-want) > max(tol, 2e-9)*want {
					t.Errorf("%s P=%s %s: exit status %d, %s, primal %.13g, gap %.2e, want %.13g", c.name, c.gates, activation, status, g.Status, g.Primal, g.RelGap, want)
				}
				mustVerify(t, dir)
			}
		}
	}
}

// Over all patterns the objective is at or below the best values known, all below
// the optima over 500 sampled patterns, and in low rank the bound closes.
func TestGlobalOptima(t *testing.T) {
	if *shared == "" {
		t.Skip("needs -shared")
	}
	for _, c := range []struct {
		file   string
		flags  []string
		primal float64 // at most
		gap    float64 // over all patterns, at most
	}{
		{"problems/a_osc1d.csv", append([]string{"--beta-abs", "0.002"}, exactly...), 0.0952183243 * (1 + 1e-7), 1e-6},
		{"problems/t5.csv", append([]string{"--beta-abs", "0.008995"}, exactly...), 0.039286234 * (1 + 1e-5), 1e-3},
		{"problems/t10.csv", append([]string{"--beta-abs", "0.01201", "--work", "500"}, exactly...), 0.087668969 * (1 + 1e-5), 1},
		{"problems/b_diabetes.csv", append([]string{"--beta-abs", "0.05"}, exactly...), 0.27414, 1},
		{"problems/d_teacher.csv", append([]string{"--beta-abs", "0.03"}, exactly...), 0.095833, 1},
		{"data/co2_weekly/co2_weekly.csv", []string{"--grades", "1", "--beta", "0.001", "--json"}, math.Inf(1), 1e-6},
		{"data/sunspots_monthly/sunspots_monthly.csv", []string{"--grades", "1", "--beta", "0.001", "--json"}, math.Inf(1), 1e-6},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		var got run.Summary
		runJSON(t, &got, append([]string{"solve", filepath.Join(*shared, filepath.FromSlash(c.file)), "--out", dir}, c.flags...)...)
		g := got.Grades[0]
		t.Logf("%s: %s, primal %.10g, gap %.1e, over all patterns %.1e, %d neurons, %.1f s", c.file, g.Status, g.Primal, g.RelGap, g.GlobalRelGap, g.Neurons, g.Seconds)
		if g.Primal > c.primal || g.GlobalRelGap > c.gap {
			t.Errorf("%s: primal %.10g, gap over all patterns %.2e, want at most %.10g, %.0e", c.file, g.Primal, g.GlobalRelGap, c.primal, c.gap)
		}
		mustVerify(t, dir)
	}
}

// On real data the outcome is what the status says, the training loss never
// rises, and everything claimed is verified, whether or not the work allowed was
// enough.
func TestRealData(t *testing.T) {
	if *shared == "" {
		t.Skip("needs -shared")
	}
	known := []string{"optimal", "priced", "limit", "time", "stalled"}
	for _, file := range []string{"airfoil/airfoil.csv", "yacht/yacht.csv", "energy_heating/energy_heating.csv", "ecg208/ecg208.csv", "a1a/a1a.libsvm", "iris/iris.csv"} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			var got run.Summary
			status := runJSON(t, &got, "solve", filepath.Join(*shared, "data", file), "--grades", "3", "--holdout", "0.1",
				"--time-limit", "90s", "--json", "--out", dir)
			if !slices.Contains(known, got.Status) || status != exit.StatusDone {
				t.Errorf("status %s with exit status %d", got.Status, status)
			}
			loss, square := math.Inf(1), math.Inf(1)
			for _, g := range got.Grades {
				t.Logf("grade %d: %s, %d neurons, gap %.1e, over all patterns %.1e, %.1f s, training r.m.s. %.4g, test %.4g, training loss %.4g", g.Grade, g.Status, g.Neurons, g.RelGap, g.GlobalRelGap, g.Seconds, g.Train.L2, g.Test.L2, g.Train.Loss)
				if g.Train.Loss > loss || g.Train.L2 > square {
					t.Errorf("grade %d: training loss %v after %v, L2 %v after %v", g.Grade, g.Train.Loss, loss, g.Train.L2, square)
				}
				if g.Status == "optimal" && g.GlobalRelGap > 1e-6 || g.Status == "priced" && g.RelGap > 1e-6 {
					t.Errorf("grade %d: %s with gaps %v, %v", g.Grade, g.Status, g.RelGap, g.GlobalRelGap)
				}
				loss, square = g.Train.Loss, g.Train.L2
			}
			mustVerify(t, dir)
		})
	}
}

// With everything chosen by held-out rows, the networks are as good as the
// better multilayer perceptron on all of the regressions or better, and on two of
// them by far better than boosted trees. Some of the choices are close, and
// products rounded in another order may turn them.
func TestTables(t *testing.T) {
	if *shared == "" {
		t.Skip("needs -shared")
	}
	dir := t.TempDir()
	var got struct{ Tables []*experiment.Outcome }
	if status := runJSON(t, &got, "reproduce", allTables, filepath.Join(*shared, "data"), "--full", "--json", "--out", dir); status != exit.StatusDone {
		t.Errorf("exit status %d", status)
	}
	const room = 1.03
	ahead := []string{"yacht", "airfoil", "energy_heating", "auto_mpg", "diabetes"} // of trees, too
	for _, r := range got.Tables {
		t.Logf("%s: test %s %.4g, %d grades, %.0f s, %s", r.Experiment, r.Measure, r.Test, len(r.Grades), r.Seconds, r.Status)
		for _, p := range r.Published {
			if trees := p.Name == experiment.TreesName; r.Test >= room*p.Value && (!trees || slices.Contains(ahead, r.Experiment)) {
				t.Errorf("%s: %.4g, %s has %.4g", r.Experiment, r.Test, p.Name, p.Value)
			}
		}
		mustVerify(t, r.Run)
	}
}
