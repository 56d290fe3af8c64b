package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
)

var long = flag.Bool("long", false, "also run what takes minutes")

// smallTraining is a training of two grades that takes milliseconds, in the given
// folder, which gets its data.
func smallTraining(t *testing.T, folder string) *Training {
	t.Helper()
	var csv strings.Builder
	csv.WriteString("x,z,y\n")
	for i := range 24 {
		x := float64(i) / 24
		fmt.Fprintf(&csv, "%v,%v,%v\n", x, math.Cos(5*x), math.Sin(7*x)+math.Abs(x-0.4))
	}
	file := filepath.Join(folder, "small.csv")
	if err := os.WriteFile(file, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := ReadSource(file, nil, dataset.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	table, err := src.PlainTable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := TrainingData(table, "")
	if err != nil {
		t.Fatal(err)
	}
	o := grade.DefaultOptions()
	o.Grades, o.Scope, o.Patterns, o.Tol = 2, grade.Restricted, 6, 1e-3
	return &Training{Out: filepath.Join(folder, "run"), Source: src, Data: data, Options: o, Command: []string{"test"}}
}

// brokenOff is smallTraining, interrupted behind grade 1, and the model of the run that
// was not.
func brokenOff(t *testing.T) (*Training, []byte) {
	t.Helper()
	return interrupted(t, smallTraining(t, likePattern(t)))
}

// likePattern is a folder whose name, as a pattern, is not that of itself.
func likePattern(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "a[1]")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	return folder
}

// neverGrade1 is told of the progress of a run that goes on behind grade 1.
func neverGrade1(t *testing.T) func(grade.Progress) {
	return func(p grade.Progress) {
		if p.Grade == 1 {
			t.Error("grade 1 is solved again")
		}
	}
}

// interrupted is a training that is interrupted behind grade 1 and is to be taken up, and the
// model of the one that was not.
func interrupted(t *testing.T, tr *Training) (*Training, []byte) {
	t.Helper()
	out := tr.Out
	tr.Out += "-whole"
	whole, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile(filepath.Join(whole.Dir, ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	tr.Out, tr.Trained = out, func(*grade.Trained, float64) { cancel() }
	if _, err := tr.Run(ctx); err != nil {
		t.Fatal(err)
	}
	tr.Trained, tr.Resume = nil, true
	return tr, model
}

// snapshot is what is in a folder, by the names of the files.
func snapshot(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(folder, path)
		if err == nil {
			files[rel], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func restore(t *testing.T, folder string, files map[string][]byte) {
	t.Helper()
	for _, old := range []string{folder, folder + Unfinished, folder + Unfinished + ".old"} {
		if err := os.RemoveAll(old); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A run that is taken up from a checkpoint that was changed, with its hash set right
// or not, is refused or ends with the bytes of the run that was not broken off; it
// never panics.
func TestMutatedCheckpoints(t *testing.T) {
	tr, model := brokenOff(t)
	files := snapshot(t, tr.Out)
	rng := rand.New(rand.NewPCG(1, 2))
	var targets []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(name, checkpointDir) || strings.HasPrefix(name, certificateDir) {
			targets = append(targets, name)
		}
	}
	if len(targets) < 3 {
		t.Fatalf("nothing to change in %v", targets)
	}
	mutants, refused := 150, 0
	if *long {
		mutants = 1000
	}
	for k := range mutants {
		name := targets[rng.IntN(len(targets))]
		changed := map[string][]byte{}
		for n, content := range files {
			changed[n] = content
		}
		what := ""
		changed[name], what = mutate(rng, name, files[name])
		restore(t, tr.Out, changed)
		outcome, err := resumed(tr)
		var f *exit.Failure
		switch {
		case errors.As(err, &f):
			refused++
		case err != nil:
			t.Fatalf("mutant %d, %s, %s: %v", k, name, what, err)
		default:
			got, err := os.ReadFile(filepath.Join(outcome.Dir, ModelFile))
			if err == nil {
				_, err = accept(context.Background(), outcome.Dir, "", "")
			}
			if err != nil || !bytes.Equal(got, model) {
				t.Fatalf("mutant %d, %s, %s: a false run (%v)", k, name, what, err)
			}
		}
	}
	t.Logf("%d of %d refused", refused, mutants)
	if refused < mutants/2 {
		t.Errorf("only %d of %d mutants were refused", refused, mutants)
	}
}

// Whatever the options, a run that is taken up ends with the bytes of the one that was not
// broken off.
func TestEveryKindIsTakenUp(t *testing.T) {
	for kind, set := range kindsOfTraining {
		tr := smallTraining(t, likePattern(t))
		o := grade.DefaultOptions()
		o.Grades, o.Beta, o.Tol, o.Limits.Work = 2, grade.RelativeBeta(0.1), 1e-4, 0.2
		set(&o)
		tr.Options = o
		tr, model := interrupted(t, tr)
		tr.Progress = neverGrade1(t)
		if !Resumable(tr.Out) {
			t.Errorf("%s: nothing to take up", kind)
			continue
		}
		outcome, err := resumed(tr)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if got, err := os.ReadFile(filepath.Join(outcome.Dir, ModelFile)); err != nil || !bytes.Equal(got, model) {
			t.Errorf("%s: another model (%v)", kind, err)
		}
	}
}

// resumed takes the run up; a panic is an error.
func resumed(tr *Training) (o *Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return tr.Run(context.Background())
}

// mutate changes a file and says how: bytes, or for a record of a checkpoint a value,
// the hash being that of what it now says.
func mutate(rng *rand.Rand, name string, content []byte) ([]byte, string) {
	out := bytes.Clone(content)
	at := rng.IntN(len(out))
	kind := rng.IntN(4)
	if kind == 3 && !strings.HasPrefix(name, checkpointDir) {
		kind = 0
	}
	switch kind {
	case 0:
		out[at] ^= byte(1 << rng.IntN(8))
		return out, fmt.Sprintf("bit of byte %d", at)
	case 1:
		return out[:at], fmt.Sprintf("cut at %d", at)
	case 2:
		end := min(len(out), at+1+rng.IntN(20))
		return append(out[:at], out[end:]...), fmt.Sprintf("bytes %d to %d", at, end)
	}
	var r struct {
		SHA256  string         `json:"sha256"`
		Content map[string]any `json:"content"`
	}
	if err := json.Unmarshal(content, &r); err != nil {
		panic(err)
	}
	what := mutateValue(rng, "", r.Content)
	text, err := json.Marshal(r.Content)
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(nil, "{\"sha256\":%q,\"content\":%s}\n", Sha256Hex(text), text), what
}

// mutateValue changes one value somewhere in v.
func mutateValue(rng *rand.Rand, path string, v map[string]any) string {
	var keys []string
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	key := keys[rng.IntN(len(keys))]
	path += "." + key
	switch x := v[key].(type) {
	case map[string]any:
		if len(x) > 0 {
			return mutateValue(rng, path, x)
		}
	case []any:
		if len(x) > 0 {
			k := rng.IntN(len(x))
			if inner, ok := x[k].(map[string]any); ok && rng.IntN(4) > 0 {
				return mutateValue(rng, fmt.Sprintf("%s[%d]", path, k), inner)
			}
			v[key] = append(x[:k:k], x[k+1:]...)
			return path + " without an element"
		}
	case float64:
		v[key] = []float64{-x, 0, x + 1, 1e300, x * (1 + 1e-12), -1}[rng.IntN(6)]
		return fmt.Sprintf("%s = %v for %v", path, v[key], x)
	case string:
		v[key] = x + "0"
		return path
	case bool:
		v[key] = !x
		return path
	}
	delete(v, key)
	return path + " deleted"
}

// While a run is being taken up nobody else takes it up, and nobody replaces it; a
// lock file that a dead process left is no lock.
func TestOneResumeAtATime(t *testing.T) {
	tr, model := brokenOff(t)
	files := snapshot(t, tr.Out)
	files[LockFile] = []byte("left behind")
	restore(t, tr.Out, files)
	second, replacing := *tr, *tr
	replacing.Resume = false
	var errs [2]error
	tried := false
	tr.Progress = func(p grade.Progress) {
		if !tried && p.Grade == 2 {
			tried = true
			_, errs[0] = second.Run(context.Background())
			_, errs[1] = replacing.Run(context.Background())
		}
	}
	outcome, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !tried || !errors.Is(errs[0], errInUse) || !errors.Is(errs[1], errInUse) {
		t.Errorf("tried %v: a second resume %v, another run %v", tried, errs[0], errs[1])
	}
	got := snapshot(t, outcome.Dir)
	if !bytes.Equal(got[ModelFile], model) {
		t.Error("the model is not that of the run that was not broken off")
	}
	if _, left := got[LockFile]; left {
		t.Error("the lock is left behind")
	}
}

// What comes into an earlier run while it is being replaced is kept, and so is the
// new run.
func TestForeignFileWhileTraining(t *testing.T) {
	tr := smallTraining(t, t.TempDir())
	if _, err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	notes := filepath.Join(tr.Out, "notes.txt")
	tr.Progress = func(p grade.Progress) {
		if err := os.WriteFile(notes, []byte("mine"), 0o600); err != nil {
			t.Error(err)
		}
	}
	if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "notes.txt") {
		t.Errorf("error %v, want one that names notes.txt", err)
	}
	if _, err := os.Stat(notes); err != nil {
		t.Error(err)
	}
	if _, err := accept(context.Background(), tr.Out+Unfinished, "", ""); err != nil {
		t.Errorf("the new run: %v", err)
	}
}

// TestResumeRows: a run out of core that was interrupted behind a grade is published and taken up to the
// same bytes.
func TestResumeRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.csv")
	var csv strings.Builder
	csv.WriteString("x,y\n")
	for i := range 60 {
		x := float64(i)/10 - 3
		fmt.Fprintf(&csv, "%v,%v\n", x, math.Abs(x)+math.Sin(4*x))
	}
	if err := os.WriteFile(path, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := OpenRows(t.Context(), path, 0, dataset.Options{Limits: dataset.DefaultLimits()}, "", func(string, int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	o := grade.DefaultOptions()
	o.Grades, o.Scope, o.Patterns, o.Loss = 3, grade.Restricted, 5, rows.Data.Labels.Task.Loss()
	tr, model := interrupted(t, &Training{Out: filepath.Join(likePattern(t), "run"), Source: rows.Source, Data: rows.Meta(), Rows: rows, Options: o, Command: []string{"test"}})
	if !Resumable(tr.Out) {
		t.Fatal("the interrupted run is not to be taken up")
	}
	tr.Progress = neverGrade1(t)
	r, err := tr.Run(t.Context())
	if err != nil || len(r.Run.Grades) != 3 {
		t.Fatalf("%v, %v", r, err)
	}
	got, err := os.ReadFile(filepath.Join(r.Dir, ModelFile))
	if err != nil || !bytes.Equal(got, model) {
		t.Errorf("another model (%v)", err)
	}
	if Resumable(r.Dir) {
		t.Error("the complete run has a checkpoint")
	}
}
