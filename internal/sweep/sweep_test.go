package sweep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"multigrade/internal/run"
	"multigrade/internal/sweep"
)

// flags are some of solve's.
var flags = map[string]sweep.Flag{
	"beta": {Valued: true, Read: func(v string) (string, error) {
		x, err := strconv.ParseFloat(v, 64)
		return fmt.Sprint(x), err
	}},
	"grades": {Valued: true}, "carry": {}, "fold": {Valued: true}, "test": {Valued: true}, "out": {Valued: true}, "seed": {Valued: true},
}

// call answers with a result that names the seed and counts how often it was asked.
type call struct {
	sync.Mutex
	args    [][]string
	err     error
	version string   // that it says it is of, "" for this one
	tests   []string // root mean squares of the test rows, in the order of the calls
}

func (c *call) do(_ context.Context, args []string, out, _ io.Writer) error {
	c.Lock()
	c.args = append(c.args, slices.Clone(args))
	c.Unlock()
	if c.err != nil {
		return c.err
	}
	for _, a := range args {
		if dir, ok := strings.CutPrefix(a, "--out="); ok {
			if err := writeRun(dir, c.version, args); err != nil {
				return err
			}
		}
	}
	test := "null"
	if n := len(c.args); n <= len(c.tests) {
		test = `{"l2":` + c.tests[n-1] + `}`
	}
	_, err := fmt.Fprintln(out, `{"status":"optimal","data":{"sha256":"`+sum+`"},"grades":[],"final":{"test":`+test+`}}`)
	return err
}

// writeRun writes what a shard is checked for: a manifest and the files it lists.
func writeRun(dir, version string, args []string) error {
	versions := run.Versions()
	if version != "" {
		versions["multigrade"] = version
	}
	versions["kernels"] = "any"
	command := append([]string{"multigrade", args[0], "--threads=3"}, args[1:]...)
	m := map[string]any{"format": "multigrade-run", "version": 2, "command": command, "versions": versions, "files": map[string]string{}}
	err := os.Mkdir(dir, 0o777)
	for _, name := range []string{"model.json", "ledger.csv"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o666))
		m["files"].(map[string]string)[name] = run.Sha256Hex([]byte(name))
	}
	raw, errJSON := json.Marshal(m)
	return errors.Join(err, errJSON, os.WriteFile(filepath.Join(dir, "manifest.json"), raw, 0o666))
}

// sum is the SHA-256 of "x,y\n".
const sum = "9c6536d38fa37da58fac066342747e6d20fdace12ab5b287cf04506f2afe95b0"

// planned makes a sweep over one data file and returns its directory.
func planned(t *testing.T, spec string) (string, *sweep.Plan) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "d.csv"), "x,y\n")
	write(t, filepath.Join(dir, "s.yaml"), spec)
	s, err := sweep.ReadSpec(filepath.Join(dir, "s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := sweep.NewPlan(s, flags)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "sweep")
	if err := p.Write(out); err != nil {
		t.Fatal(err)
	}
	return out, p
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func worker(t *testing.T, dir string, c *call) *sweep.Worker {
	t.Helper()
	w, err := sweep.NewWorker(dir, c.do, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestPlanListsAllCombinations(t *testing.T) {
	_, p := planned(t, "data: d.csv\noptions: {beta: [0.1, 1e-3], carry: [true, false], grades: 2}\nseeds: [7, 8]\n")
	if len(p.Shards) != 8 {
		t.Fatalf("%d shards, want 8", len(p.Shards))
	}
	first, last := p.Shards[0], p.Shards[7]
	if want := []string{"solve", "--json", "--quiet", "--seed=7", "--beta=0.1", "--carry", "--grades=2", "--", first.Data}; !slices.Equal(first.Args, want) {
		t.Errorf("first: %q, want %q", first.Args, want)
	}
	if want := []string{"solve", "--json", "--quiet", "--seed=8", "--beta=1e-3", "--grades=2", "--", first.Data}; !slices.Equal(last.Args, want) {
		t.Errorf("last: %q, want %q", last.Args, want)
	}
}

// What an option names is found where the spec is, whoever does the shard and where; a plan
// with what is not there is none.
func TestFilesOfOptions(t *testing.T) {
	dir, p := planned(t, "data: d.csv\noptions: {test: d.csv}\n")
	if want := filepath.Join(filepath.Dir(dir), "d.csv"); p.Shards[0].Settings["test"] != want || !slices.Contains(p.Shards[0].Args, "--test="+want) {
		t.Errorf("%+v, want %s", p.Shards[0], want)
	}
}

// Folds are settings that a plan adds; the merge has their means.
func TestFolds(t *testing.T) {
	dir, p := planned(t, "data: d.csv\noptions: {beta: [0.1, 1e-3]}\nseeds: [7]\nfolds: 3\n")
	if len(p.Shards) != 6 || !slices.Equal(p.Options, []string{"beta", "fold"}) {
		t.Fatalf("%d shards with options %q", len(p.Shards), p.Options)
	}
	if s := p.Shards[4]; !slices.Equal(s.Args, []string{"solve", "--json", "--quiet", "--seed=7", "--beta=1e-3", "--fold=2/3", "--", s.Data}) {
		t.Errorf("%q", s.Args)
	}
	c := call{tests: []string{"1", "2", "6", "4", "4"}}
	w := worker(t, dir, &c)
	for i := range 5 {
		if _, err := w.Do(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	table, err := sweep.Merge(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := table.WriteFolds(&b); err != nil {
		t.Fatal(err)
	}
	// mean 3, variance ((1-3)^2 + (2-3)^2 + (6-3)^2)/2 = 7, error sqrt(7/3)
	data := p.Shards[0].Data
	if want := "data,seed,beta,folds,test_rms,test_rms_se\n" + data + ",7,0.1,3,3,1.5275252316519468\n" + data + ",7,1e-3,2,4,0\n"; b.String() != want {
		t.Errorf("%s; want\n%s", b.String(), want)
	}
}

func TestShardsAreDoneOnce(t *testing.T) {
	dir, p := planned(t, "data: d.csv\noptions: {beta: [0.1, 0.2, 0.3]}\n")
	var c call
	w := worker(t, dir, &c)
	for range 2 {
		if err := w.DoAll(t.Context(), 2, func(int, bool, error) {}); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.args) != len(p.Shards) {
		t.Errorf("%d calls for %d shards", len(c.args), len(p.Shards))
	}
	leftovers, err := filepath.Glob(filepath.Join(dir, "shards", ".*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("left behind: %v %v", leftovers, err)
	}
}

// Two workers at the same shard: it is there once, whole.
func TestTwoWorkersAtOneShard(t *testing.T) {
	dir, _ := planned(t, "data: d.csv\n")
	var c call
	begun, ended := make(chan bool), make(chan bool)
	slow := func(ctx context.Context, args []string, out, log io.Writer) error {
		begun <- true
		<-ended
		return c.do(ctx, args, out, log)
	}
	w, err := sweep.NewWorker(dir, slow, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error)
	did := make(chan bool, 2)
	for range 2 {
		go func() {
			mine, err := w.Do(t.Context(), 0)
			did <- mine
			result <- err
		}()
	}
	<-begun
	<-begun
	close(ended)
	for range 2 {
		if err := <-result; err != nil {
			t.Error(err)
		}
	}
	if a, b := <-did, <-did; a == b {
		t.Errorf("done by %v and %v, want by one of them", a, b)
	}
	if !w.Done(0) {
		t.Error("not done")
	}
}

// What failed or was killed does not count and is tried again.
func TestFailedShardIsTriedAgain(t *testing.T) {
	dir, _ := planned(t, "data: d.csv\n")
	if err := os.MkdirAll(filepath.Join(dir, "shards", ".000000-killed", "run"), 0o777); err != nil {
		t.Fatal(err)
	}
	c := call{err: errors.New("killed")}
	w := worker(t, dir, &c)
	if mine, err := w.Do(t.Context(), 0); err == nil || mine || w.Done(0) {
		t.Fatalf("a failed call counts: %v %v", mine, err)
	}
	table, err := sweep.Merge(t.Context(), dir, false)
	if err != nil || !slices.Equal(table.Missing, []int{0}) {
		t.Errorf("missing %v (%v), want shard 0", table.Missing, err)
	}
	c.err, c.version = nil, "another"
	if mine, err := w.Do(t.Context(), 0); err == nil || mine || w.Done(0) || !strings.Contains(err.Error(), "another version") {
		t.Errorf("done by another version of the program, and counts: %v %v", mine, err)
	}
	c.version = ""
	if mine, err := w.Do(t.Context(), 0); err != nil || !mine || !w.Done(0) {
		t.Errorf("not tried again: %v %v", mine, err)
	}
	if _, err := sweep.Merge(t.Context(), dir, false); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "shards", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind after the merge: %v %v", left, err)
	}
}

// A worker whose shard another has done meanwhile keeps its directory until it ends.
func TestMergeLeavesWorkersAlone(t *testing.T) {
	dir, _ := planned(t, "data: d.csv\n")
	c := &call{}
	w := worker(t, dir, c)
	slow, err := sweep.NewWorker(dir, func(ctx context.Context, args []string, out, log io.Writer) error {
		if mine, err := w.Do(ctx, 0); !mine || err != nil {
			t.Errorf("not done by the quick one: %v %v", mine, err)
		}
		if _, err := sweep.Merge(ctx, dir, false); err != nil {
			t.Error(err)
		}
		return c.do(ctx, args, out, log) // into a directory that is still there
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if mine, err := slow.Do(t.Context(), 0); mine || err != nil || len(c.args) != 2 {
		t.Errorf("the slow one: %v %v, %d calls", mine, err, len(c.args))
	}
	if left, err := filepath.Glob(filepath.Join(dir, "shards", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A result that is not one of the plan's is said with what to do, by runs and merges, and
// nothing else is lost: without it the shard is done again.
func TestBrokenResults(t *testing.T) {
	dir, p := planned(t, "data: d.csv\noptions: {beta: [0.1, 0.2]}\n")
	c := &call{}
	w := worker(t, dir, c)
	if err := w.DoAll(t.Context(), 1, func(int, bool, error) {}); err != nil {
		t.Fatal(err)
	}
	shard := filepath.Join(dir, "shards", "000001")
	name, manifest := filepath.Join(shard, "result.json"), filepath.Join(shard, "run", "manifest.json")
	content := map[string]string{}
	for _, file := range []string{name, manifest} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[file] = string(raw)
	}
	older := strings.Replace(content[manifest], `"multigrade":"`, `"multigrade":"older than `, 1)
	for _, test := range []struct{ file, text, want string }{
		{name, "", "EOF"}, {name, content[name][:40], "EOF"}, {name, "[]", "array"}, {name, "\x00", "invalid character"}, {name, `{"neurons":3}`, "unknown"},
		{name, strings.Replace(content[name], sum, sum[:60]+"0000", 1), "of other data (SHA-256 " + sum[:60] + "0000) than the plan's (" + sum + ")"},
		{manifest, "", "manifest.json"}, {manifest, older, "made by another version of the program, with multigrade older than " + run.Version + " in the place of " + run.Version},
		{manifest, strings.Replace(content[manifest], "--beta=0.2", "--beta=0.1", 1), `"--beta=0.1"`},
	} {
		write(t, test.file, test.text)
		_, err := w.Do(t.Context(), 1)
		_, merged := sweep.Merge(t.Context(), dir, false)
		for _, err := range []error{err, merged} {
			if !errors.As(err, new(*sweep.Unfit)) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "shard 1: "+name+": ") || !strings.Contains(err.Error(), "; remove it to do it again") {
				t.Errorf("%q: %v", test.text, err)
			}
		}
		write(t, test.file, content[test.file])
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if mine, err := w.Do(t.Context(), 1); !mine || err != nil {
		t.Errorf("not done again: %v %v", mine, err)
	}
	if table, err := sweep.Merge(t.Context(), dir, false); err != nil || len(table.Rows) != len(p.Shards) {
		t.Errorf("%+v, %v", table, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "shards", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	plan := filepath.Join(dir, "plan.json")
	write(t, plan, "{")
	if err := p.Write(dir); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("half a plan: %v", err)
	}
	if err := errors.Join(os.Remove(plan), p.Write(dir)); err != nil {
		t.Error(err)
	}
	if did, err := w.Do(t.Context(), 0); did || err != nil {
		t.Errorf("a shard that was done is not kept: %v %v", did, err)
	}
}

// What the table repeats of the plan is what the shards are done by.
func TestPlanOfOtherLabels(t *testing.T) {
	dir, p := planned(t, "data: d.csv\noptions: {beta: [0.1, 0.2], carry: [true, false], grades: 2}\nseeds: [1, 22]\n")
	if back, err := sweep.ReadPlan(dir); err != nil || len(back.Shards) != len(p.Shards) {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "plan.json")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ old, with, want string }{
		{`"beta": "0.1"`, `"beta": "0.0001"`, `shard 0: beta is "0.0001", and the arguments have ["--beta=0.1"] in the place of ["--beta=0.0001"]`},
		{`"seed": 22`, `"seed": 3`, `shard 1: the seed is "3", and the arguments have ["solve" "--json" "--quiet" "--seed=22"]`},
		{`"carry": "true"`, `"carry": "false"`, `shard 0: carry is "false", and the arguments have ["--carry"]`},
		{`"carry": "false"`, `"carry": "true"`, `shard 2: carry is "true"`},
		{"\"beta\",\n", "\"growth\",\n", `shard 0: the setting "beta" is none of`},
		{"\"grades\"\n", "\"grades\",\n\"work\"\n", `shard 0: no setting of the option "work"`},
		{`d.csv",`, `e.csv",`, `shard 0: the data is`},
		{`"--grades=2",`, `"--grades=2","--work=1",`, `shard 0: the data is`},
		{`"solve",`, `"verify",`, `shard 0: the arguments ["verify"`},
	} {
		text := strings.Replace(string(raw), test.old, test.with, 1)
		if text == string(raw) {
			t.Errorf("no %q in the plan", test.old)
		}
		write(t, name, text)
		if _, err := sweep.Merge(t.Context(), dir, false); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s for %s: %v; want %s", test.with, test.old, err, test.want)
		}
	}
}

// What is no shard's is not removed for one.
func TestForeignFiles(t *testing.T) {
	dir, _ := planned(t, "data: d.csv\noptions: {beta: [0.1, 0.2]}\n")
	file, inside := filepath.Join(dir, "shards", "000000"), filepath.Join(dir, "shards", "000001", "notes.txt")
	write(t, file, "a file")
	if err := os.Mkdir(filepath.Dir(inside), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, inside, "notes")
	c := &call{}
	w := worker(t, dir, c)
	for i, name := range []string{file, inside} {
		if did, err := w.Do(t.Context(), i); did || err == nil || !strings.Contains(err.Error(), name+" is not") {
			t.Errorf("%s: %v %v", name, did, err)
		}
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if did, err := w.Do(t.Context(), i); !did || err != nil {
			t.Errorf("without %s: %v %v", name, did, err)
		}
	}
	if len(c.args) != 2 {
		t.Errorf("%d calls", len(c.args))
	}
}

func TestRanges(t *testing.T) {
	even := make([]int, 1000)
	for i := range even {
		even[i] = 2 * i
	}
	for _, test := range []struct {
		indices []int
		want    string
	}{
		{nil, ""}, {[]int{5}, "5"}, {[]int{3, 7, 8, 9, 12}, "3, 7-9, 12"}, {[]int{0, 1}, "0-1"},
		{even, "0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32 and 983 more"},
	} {
		if got := sweep.Ranges(test.indices); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// Every column has a name of its own, however the options are called.
func TestNamesOfColumns(t *testing.T) {
	dir, _ := planned(t, "data: d.csv\noptions: {beta: 0.1, grades: [1, 2]}\n")
	c := &call{}
	if err := worker(t, dir, c).DoAll(t.Context(), 1, func(int, bool, error) {}); err != nil {
		t.Fatal(err)
	}
	table, err := sweep.Merge(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, options := range [][]string{{"beta", "grades"}, {"data", "neurons"}, {"seconds", "seed", "shard"}, {"folds", "test_rms"}} {
		table.Options = options
		for _, write := range []func(io.Writer) error{table.WriteCSV, table.WriteFolds} {
			var b strings.Builder
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(b.String(), "\n")
			names := strings.Split(head, ",")
			if slices.Sort(names); len(slices.Compact(slices.Clone(names))) < len(names) {
				t.Errorf("%q", names)
			}
		}
	}
}

func TestChangesAreRefused(t *testing.T) {
	dir, p := planned(t, "data: d.csv\n")
	var c call
	w := worker(t, dir, &c)
	write(t, p.Shards[0].Data, "x,z\n")
	if _, err := w.Do(t.Context(), 0); err == nil || len(c.args) > 0 {
		t.Errorf("data that changed since the plan: %v, %d calls", err, len(c.args))
	}
	name := filepath.Join(dir, "plan.json")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, strings.Replace(string(raw), `"multigrade": "`, `"multigrade": "older than `, 1))
	if _, err := sweep.NewWorker(dir, c.do, io.Discard); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("a plan of another version: %v", err)
	}
	if err := p.Write(dir); err == nil {
		t.Error("another plan was overwritten")
	}
}

// A shard that is another once more would count twice.
func TestTwiceTheSame(t *testing.T) {
	for spec, want := range map[string]string{
		"data: [d.csv, ./d.csv]\n": "d.csv twice", "data: [d.csv, link.csv]\n": "link.csv twice: also as ", "data: [d.csv, copy.csv]\n": "copy.csv twice: also as ",
		"data: d.csv\nseeds: [2, 1, 2]\n":                          "seed 2 twice",
		"data: d.csv\noptions: {beta: [0.1, 0.3, 0.1]}\n":          "option beta 0.1 twice",
		"data: d.csv\noptions: {beta: [0.03, 3e-2]}\n":             "option beta 3e-2 twice: also as 0.03",
		"data: d.csv\noptions: {carry: [true, false, true]}\n":     "option carry true twice",
		"data: d.csv\noptions: {test: [d.csv, copy.csv, d.csv]}\n": "d.csv twice",
		"data: d.csv\noptions: {test: [d.csv, link.csv]}\n":        "link.csv twice",
		"data: d.csv\noptions: {beta: x}\n":                        "option beta \"x\": ",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "d.csv"), "x,y\n")
		write(t, filepath.Join(dir, "copy.csv"), "x,y\n")
		if err := os.Symlink("d.csv", filepath.Join(dir, "link.csv")); err != nil {
			t.Skip(err)
		}
		write(t, filepath.Join(dir, "s.yaml"), spec)
		s, err := sweep.ReadSpec(filepath.Join(dir, "s.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sweep.NewPlan(s, flags); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", spec, err, want)
		}
	}
}

func TestBadSpecs(t *testing.T) {
	for _, spec := range []string{
		"data: d.csv\nlayers: 3\n", "data: []\n", "options: {beta: 0.1}\n", "data: d.csv\noptions: {betta: 0.1}\n", "data: d.csv\noptions: {out: x}\n",
		"data: d.csv\noptions: {carry: 3}\n", "data: d.csv\noptions: {beta: []}\n", "data: d.csv\noptions: {beta: {a: 1}}\n", "data: d.csv\ncommand: verify\n",
		"data: missing.csv\n", "data: d.csv\noptions: {test: missing.csv}\n", "data: d.csv\nseeds: [-1]\n", "data: d.csv\nfolds: 1\n", "data: d.csv\nfolds: -3\n", "data: d.csv\nfolds: 3\noptions: {fold: 1/3}\n", "data: [", "data: .\n",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "d.csv"), "x,y\n")
		write(t, filepath.Join(dir, "s.yaml"), spec)
		s, err := sweep.ReadSpec(filepath.Join(dir, "s.yaml"))
		if err == nil {
			_, err = sweep.NewPlan(s, flags)
		}
		if err == nil {
			t.Errorf("%q: accepted", spec)
		}
	}
}
