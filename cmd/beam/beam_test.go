package main

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"multigrade/testdata"
)

var shared = flag.String("shared", "", "`directory` with reference problems (problems/t5.csv), for TestProofOfT5")

// bin is a directory with the programs multigrade, multigrade-beam and Beam's prism.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(tests(m))
}

func tests(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "multigrade-beam"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(bin)
	for _, build := range []struct{ dir, of, name string }{
		{"../..", "./cmd/multigrade", "multigrade"}, {".", ".", "multigrade-beam"}, {".", "github.com/apache/beam/sdks/v2/go/cmd/prism", "prism"},
	} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(bin, build.name), build.of)
		cmd.Dir = build.dir
		if said, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build %s: %v\n%s", build.of, err, said)
			return 1
		}
	}
	return m.Run()
}

// call is a call of one of the programs in a directory of the test's own.
type call struct {
	status   int
	out, log string
}

func start(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, args[0]), args[1:]...)
	var out, log bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out, &log
}

func try1(t *testing.T, dir string, args ...string) call {
	t.Helper()
	cmd, out, log := start(t, dir, args...)
	err := cmd.Wait()
	var e *exec.ExitError
	if err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	return call{cmd.ProcessState.ExitCode(), out.String(), log.String()}
}

// do is a call that must end well.
func do(t *testing.T, dir string, args ...string) call {
	t.Helper()
	c := try1(t, dir, args...)
	if c.status != 0 {
		t.Fatalf("%q: exit status %d\n%s%s", args, c.status, c.out, c.log)
	}
	return c
}

// a directory with the diabetes data and a spec of 12 fits
func place(t *testing.T) string {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "diabetes.csv"), string(testdata.Diabetes))
	write(t, filepath.Join(dir, "waves.csv"), "x,y\n0,0\n0.125,0.70710678\n0.25,1\n0.375,0.70710678\n0.5,0\n0.625,-0.70710678\n0.75,-1\n0.875,-0.70710678\n1,0\n")
	write(t, filepath.Join(dir, "fits.yaml"), "data: [diabetes.csv, waves.csv]\noptions: {beta: [0.2, 0.1], grades: 1, scope: restricted}\nseeds: [1, 2, 3]\n")
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// sweepResult is the table of a sweep that is done, without the times, and the hashes
// of its models; the merge has verified every run.
func sweepResult(t *testing.T, dir, sweep string) string {
	t.Helper()
	c := do(t, dir, "multigrade", "sweep", "merge", sweep, "--verify")
	rows, err := csv.NewReader(strings.NewReader(c.out)).ReadAll()
	if err != nil || len(rows) != 13 || rows[0][len(rows[0])-1] != "seconds" {
		t.Fatalf("%d rows, %v\n%s", len(rows), err, c.out)
	}
	var all strings.Builder
	for i, r := range rows {
		fmt.Fprintln(&all, r[:len(r)-1])
		if i > 0 {
			model, err := os.ReadFile(filepath.Join(dir, sweep, "shards", fmt.Sprintf("%06d", i-1), "run", "model.json"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&all, "%s\n", model)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, sweep, "shards"))
	if err != nil || len(entries) != 12 {
		t.Errorf("%d entries in %s, %v; want the 12 shards", len(entries), sweep, err)
	}
	return all.String()
}

// jobService starts Beam's own job service as a process and returns its address, where it listens.
func jobService(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd, _, log := start(t, t.TempDir(), "prism", "--job_port="+strconv.Itoa(port), "--serve_http=false")
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("prism: %s", log)
		}
	})
	address := fmt.Sprintf("localhost:%d", port)
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address
		} else if time.Since(begun) > time.Minute {
			t.Fatalf("%v\n%s", err, log)
		}
	}
}

// The shards of a sweep have the same bits whoever does them, and how often: one process
// of multigrade, Prism within the program, or Prism's own job service with workers that
// are processes, one of which is killed in the middle.
func TestSweep(t *testing.T) {
	dir := place(t)
	for _, s := range []string{"one", "within", "killed"} {
		do(t, dir, "multigrade", "sweep", "plan", "fits.yaml", "--out", s)
	}
	do(t, dir, "multigrade", "sweep", "run", "one", "--all", "--quiet")
	want := sweepResult(t, dir, "one")

	c := do(t, dir, "multigrade-beam", "sweep", "--jobs", "3", "--json", "within")
	if !strings.Contains(c.out, `"did":12`) || !strings.Contains(c.out, `"kept":0`) {
		t.Errorf("%s", c.out)
	}
	if sweepResult(t, dir, "within") != want {
		t.Error("not the table and the models of a single process: Prism within the program")
	}
	if c := do(t, dir, "multigrade-beam", "sweep", "--json", "within"); !strings.Contains(c.out, `"did":0`) || !strings.Contains(c.out, `"kept":12`) {
		t.Errorf("again: %s", c.out)
	}

	if runtime.GOOS != "linux" {
		t.Skip("the processes are found in /proc")
	}
	cmd, _, log := start(t, dir, "multigrade-beam", "sweep", "--endpoint", jobService(t), "--workers", "processes", "--jobs", "2", "killed")
	dead := killWorker(t, cmd, log, func() bool { return count(t, filepath.Join(dir, "killed", "shards", "0*")) >= 2 })
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if !strings.Contains(log.String(), fmt.Sprintf("worker %d ", dead)) || !strings.Contains(log.String(), "which are tried again") {
		t.Errorf("nothing is said of worker %d, which was killed:\n%s", dead, log)
	}
	if sweepResult(t, dir, "killed") != want {
		t.Error("not the table and the models of a single process: a worker was killed")
	}
}

func count(t *testing.T, pattern string) int {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// killWorker kills a worker process that cmd has started, once ready says so, and returns
// what it was.
func killWorker(t *testing.T, cmd *exec.Cmd, log fmt.Stringer, ready func() bool) int {
	t.Helper()
	for range 3000 {
		time.Sleep(10 * time.Millisecond)
		if !ready() {
			continue
		}
		if workers := childrenOf(t, cmd.Process.Pid); len(workers) > 0 {
			victim := slices.Max(workers)
			p, err := os.FindProcess(victim)
			if err == nil {
				err = p.Kill()
			}
			if errors.Is(err, os.ErrProcessDone) {
				continue // between two passes: the next one starts others
			}
			if err != nil {
				t.Fatal(err)
			}
			return victim
		}
	}
	t.Fatalf("no worker to kill\n%s", log)
	return 0
}

// childrenOf are the processes that process parent has started and that are running.
func childrenOf(t *testing.T, parent int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, s := range stats {
		raw, err := os.ReadFile(s)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[0] != "Z" && f[1] == strconv.Itoa(parent) {
			id, err := strconv.Atoi(filepath.Base(filepath.Dir(s)))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, id)
		}
	}
	return all
}

// The program itself killed in the middle: what is done stays done, nothing that it
// started goes on, and the same command does the rest.
func TestCoordinatorKilled(t *testing.T) {
	dir := place(t)
	do(t, dir, "multigrade", "sweep", "plan", "fits.yaml", "--out", "sweep")
	cmd, _, _ := start(t, dir, "multigrade-beam", "sweep", "--workers", "processes", "--jobs", "2", "sweep")
	for count(t, filepath.Join(dir, "sweep", "shards", "0*")) < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	workers := childrenOf(t, cmd.Process.Pid)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("ended before it was killed")
	}
	if runtime.GOOS == "linux" {
		for _, w := range workers {
			for range 500 {
				if _, err := os.Stat(fmt.Sprintf("/proc/%d", w)); err != nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w)); err == nil && !strings.Contains(string(raw), ") Z ") {
				t.Errorf("worker %d goes on: %s", w, raw)
			}
		}
	}
	before := count(t, filepath.Join(dir, "sweep", "shards", "0*"))
	c := do(t, dir, "multigrade-beam", "sweep", "--jobs", "2", "--json", "sweep")
	if want := fmt.Sprintf(`"did":%d`, 12-before); !strings.Contains(c.out, want) || before == 12 {
		t.Errorf("%s; want %s", c.out, want)
	}
	sweepResult(t, dir, "sweep")
}

// A proof has the same certificate whoever does its shards.
func TestProof(t *testing.T) {
	dir := place(t)
	for _, r := range []string{"one", "within", "killed"} {
		do(t, dir, "multigrade", "solve", "diabetes.csv", "--columns", "bmi", "--columns", "bp", "--columns", "s5", "--columns", "s6", "--columns", "progression",
			"--grades", "1", "--beta", "0.03", "--bound-leaves", "20", "--quiet", "--out", r)
	}
	size := []string{"--shards", "7", "--leaves", "15000"}
	want := proved(t, dir, "one", size...)
	c := do(t, dir, append([]string{"multigrade-beam", "prove", "--jobs", "7", "--json"}, append(size, "within")...)...)
	if !strings.Contains(c.out, `"status":"optimal"`) || certificate(t, dir, "within") != want {
		t.Errorf("Prism within the program: another certificate\n%s%s", c.out, c.log)
	}
	if runtime.GOOS != "linux" {
		t.Skip("the processes are found in /proc")
	}
	args := append([]string{"multigrade-beam", "prove", "--endpoint", jobService(t), "--workers", "processes", "--jobs", "2"}, append(size, "killed")...)
	cmd, _, log := start(t, dir, args...)
	killWorker(t, cmd, log, func() bool { return count(t, filepath.Join(dir, "killed.proof-1", "round-1", "0*")) >= 1 })
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if !strings.Contains(log.String(), "which are tried again") || certificate(t, dir, "killed") != want {
		t.Errorf("a worker was killed: another certificate, or nothing said\n%s", log)
	}
}

// certificate is that of the first grade of a run, which is valid.
func certificate(t *testing.T, dir, run string) string {
	t.Helper()
	do(t, dir, "multigrade", "verify", run, "--quiet")
	raw, err := os.ReadFile(filepath.Join(dir, run, "certificates", "grade-001-output-1.cert"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// proved proves the first grade of a run by multigrade alone, one shard at a time, and
// returns its certificate.
func proved(t *testing.T, dir, run string, size ...string) string {
	t.Helper()
	do(t, dir, append([]string{"multigrade", "prove", "plan", run}, size...)...)
	for range 9 {
		do(t, dir, "multigrade", "prove", "run", run, "--all", "--jobs", "1", "--quiet")
		if c := do(t, dir, "multigrade", "prove", "merge", run, "--json"); strings.Contains(c.out, `"status":"optimal"`) {
			return certificate(t, dir, run)
		}
	}
	t.Fatal("no end after 9 rounds")
	return ""
}

// The reference problem t5 (400 x 5) is proved in shards, by one, two and seven workers.
func TestProofOfT5(t *testing.T) {
	if *shared == "" {
		t.Skip("needs -shared")
	}
	dir := t.TempDir()
	do(t, dir, "multigrade", "solve", filepath.Join(*shared, "problems", "t5.csv"), "--no-bias", "--no-standardize", "--no-intercept",
		"--grades", "1", "--beta-abs", "0.008995", "--bound-leaves", "1000", "--quiet", "--out", "1")
	for _, jobs := range []string{"2", "7"} {
		if err := os.CopyFS(filepath.Join(dir, jobs), os.DirFS(filepath.Join(dir, "1"))); err != nil {
			t.Fatal(err)
		}
	}
	size := []string{"--shards", "14", "--leaves", "30000"}
	want := proved(t, dir, "1", size...)
	endpoint := jobService(t)
	for _, jobs := range []string{"2", "7"} {
		do(t, dir, append([]string{"multigrade-beam", "prove", "--endpoint", endpoint, "--workers", "processes", "--jobs", jobs, "--quiet"}, append(size, jobs)...)...)
		if certificate(t, dir, jobs) != want {
			t.Errorf("%s workers: another certificate than by one", jobs)
		}
	}
}

// rowsFile writes n rows of d numbers and a target with a planted teacher.
func rowsFile(t *testing.T, name string, n, d int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	teacher := make([][]float64, 3)
	for k := range teacher {
		for range d {
			teacher[k] = append(teacher[k], rng.NormFloat64())
		}
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }", n, d+1)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	raw := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	raw = append(raw, header...)
	x := make([]float64, d)
	for range n {
		y := 0.1 * rng.NormFloat64()
		for j := range x {
			x[j] = rng.NormFloat64()
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(x[j]))
		}
		for k, w := range teacher {
			z := 0.0
			for j := range x {
				z += w[j] * x[j]
			}
			y += max(0, z) * float64(1-k%2*2)
		}
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(y))
	}
	write(t, name, string(raw))
}

// byOneProcess trains on rows.npy and returns what compares a run with that.
func byOneProcess(t *testing.T, dir string) (same func(run string)) {
	do(t, dir, "multigrade", "solve", "rows.npy", "--out-of-core", "--scope", "restricted", "--grades", "1", "--beta", "0.05", "--patterns", "12", "--quiet", "--out", "one")
	return func(run string) {
		t.Helper()
		do(t, dir, "multigrade", "verify", run, "--quiet")
		for _, file := range []string{"model.json", "ledger.csv", "certificates/grade-001-output-1.cert"} {
			want, err := os.ReadFile(filepath.Join(dir, "one", file))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, run, file)); err != nil || string(got) != string(want) {
				t.Errorf("%s: another %s than by one process (%v)", run, file, err)
			}
		}
		if n := count(t, filepath.Join(dir, ".passes-*")); n > 0 {
			t.Errorf("%d directories of passes are left", n)
		}
	}
}

// The program itself killed between passes over rows: nothing looks done, the same command says what
// there is, and with --resume comes to the bytes of one process.
func TestRowsCoordinatorKilled(t *testing.T) {
	dir := t.TempDir()
	rowsFile(t, filepath.Join(dir, "rows.npy"), 20_000, 10)
	same := byOneProcess(t, dir)
	args := []string{"multigrade-beam", "solve", "--shards", "4", "--jobs", "2", "--beta", "0.05", "--patterns", "12", "--out", "killed", "rows.npy"}
	cmd, _, log := start(t, dir, args...)
	for begun := time.Now(); count(t, filepath.Join(dir, ".passes-*", "pass-000004.json")) == 0; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("no fourth pass\n%s", log)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("ended before it was killed")
	}
	if n := count(t, filepath.Join(dir, "killed")); n > 0 {
		t.Error("there is a run of a program that was killed")
	}
	if got := try1(t, dir, args...); got.status != 2 || !strings.Contains(got.log, "holds an unfinished run") {
		t.Errorf("exit status %d, want 2 and a word about the run that was begun\n%s", got.status, got.log)
	}
	do(t, dir, append([]string{"multigrade-beam", "solve", "--resume"}, args[2:]...)...)
	same("killed")
}

// A grade on 200,000 rows in 8 shards, a pipeline for each pass over them: the network and the
// certificate of one process, to the byte, also where a worker is killed.
func TestRows(t *testing.T) {
	dir := t.TempDir()
	rowsFile(t, filepath.Join(dir, "rows.npy"), 200_000, 10)
	same := byOneProcess(t, dir)
	args := []string{"--shards", "8", "--jobs", "2", "--beta", "0.05", "--patterns", "12"}
	do(t, dir, append(append([]string{"multigrade-beam", "solve"}, args...), "--quiet", "--out", "within", "rows.npy")...)
	same("within")
	if runtime.GOOS != "linux" {
		t.Skip("the processes are found in /proc")
	}
	args = append(append([]string{"multigrade-beam", "solve", "--endpoint", jobService(t), "--workers", "processes"}, args...), "--out", "killed", "rows.npy")
	cmd, _, log := start(t, dir, args...)
	killWorker(t, cmd, log, func() bool { return count(t, filepath.Join(dir, ".passes-*", "pass-000003.json")) > 0 })
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if !strings.Contains(log.String(), "it is tried again") {
		t.Errorf("nothing is said of a worker that was killed\n%s", log)
	}
	same("killed")
}

// What is refused is refused by one line and the exit status of multigrade.
func TestRefused(t *testing.T) {
	dir := place(t)
	do(t, dir, "multigrade", "sweep", "plan", "fits.yaml", "--out", "sweep")
	do(t, dir, "multigrade", "sweep", "plan", "fits.yaml", "--out", "older")
	plan, err := os.ReadFile(filepath.Join(dir, "older", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "older", "plan.json"), strings.Replace(string(plan), `"multigrade": "`, `"multigrade": "older than `, 1))
	do(t, dir, "multigrade", "sweep", "plan", "fits.yaml", "--out", "cut")
	do(t, dir, "multigrade", "sweep", "run", "cut", "--index", "3")
	write(t, filepath.Join(dir, "cut", "shards", "000003", "result.json"), "")
	write(t, filepath.Join(dir, "waves.csv"), "x,y\n0,0\n1,1\n") // not as planned
	rowsFile(t, filepath.Join(dir, "rows.npy"), 100, 2)
	for _, c := range []struct {
		args   string
		status int
		say    string
	}{
		{"sweep nowhere", 2, "no plan.json"},
		{"sweep", 2, "want the directory of a sweep"},
		{"sweep --jobs 0 sweep", 2, "--jobs 0"},
		{"sweep --threads -1 sweep", 2, "--threads -1"},
		{"sweep --runner spark sweep", 2, `--runner "spark"`},
		{"sweep --runner flink sweep", 2, "want the --endpoint"},
		{"sweep --workers there sweep", 2, `--workers "there"`},
		{"sweep --program nowhere/multigrade sweep", 2, "nowhere/multigrade"},
		{"sweep older", 2, "planned by another version of the program, with multigrade older than"},
		{"sweep cut", 2, "000003/result.json: "},
		{"sweep --jobs 2 sweep", 1, "shards not done: 6"},
		{"prove nowhere", 2, "nowhere"},
		{"prove --grade 2 sweep/shards/000000/run", 2, "the run has grades 1 to 1"},
		{"prove sweep/shards/000000/run", 2, "scope restricted"},
		{"solve --out x nowhere.npy", 2, "nowhere.npy"},
		{"solve nowhere.npy", 2, "out"},
		{"solve --shards 0 --out x rows.npy", 2, "--shards 0"},
		{"solve --activation sine --out x rows.npy", 2, "--activation"},
		{"solve --beta 0 --out x rows.npy", 2, "beta"},
		{"pool somewhere", 2, "want no arguments"},
		{"pool --listen nowhere", 2, "--listen"},
		{"bake", 2, `"bake" is no command`},
		{"", 2, "want a command"},
	} {
		got := try1(t, dir, append([]string{"multigrade-beam"}, strings.Fields(c.args)...)...)
		if got.status != c.status || !strings.Contains(got.log, c.say) {
			t.Errorf("%s: exit status %d, want %d and %q\n%s", c.args, got.status, c.status, c.say, got.log)
		}
	}
	if n := count(t, filepath.Join(dir, "sweep", "shards", "*", "result.json")); n != 6 {
		t.Errorf("%d shards are done, want the 6 of the data that are as planned", n)
	}
}
