package run

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"multigrade/grade"
)

// What was solved and not added to the run leaves no certificate behind.
func TestKeepOnly(t *testing.T) {
	dir := &runDir{work: t.TempDir()}
	r := &recorder{dir: dir, files: map[string]string{}}
	for k := 1; k <= 2; k++ {
		name := certificateFile(k, 1)
		if err := dir.write(name, []byte("certificate")); err != nil {
			t.Fatal(err)
		}
		r.files[name] = "hash"
	}
	run := &grade.Run{Grades: []*grade.Trained{{Grade: &grade.Grade{Number: 1}, Outputs: make([]*grade.Solved, 1)}}}
	if err := r.keepOnly(run); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir.work, "certificates", "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "grade-001-output-1.cert" || len(r.files) != 1 || r.files[certificateFile(1, 1)] != "hash" {
		t.Errorf("left %q, %v, %v", left, r.files, err)
	}
	if _, err := os.Stat(filepath.Join(dir.work, certificateFile(1, 1))); err != nil {
		t.Error(err)
	}
}

// Two runs are the same but for the time they may take, or the first difference
// is named.
func TestIdentity(t *testing.T) {
	o := grade.DefaultOptions()
	data := &grade.Data{Source: grade.Source{SHA256: "a"}}
	with := func(change func(*grade.Options)) manifestOptions {
		o := grade.DefaultOptions()
		change(&o)
		return newManifestOptions("", data, &o)
	}
	a := newIdentity(with(func(o *grade.Options) { o.Limits.Time = time.Second }), &o, data)
	for want, b := range map[string]*identity{
		"":                        newIdentity(with(func(o *grade.Options) { o.Limits.Time = time.Minute }), &o, data),
		"beta (0.01, now 0.2)":    newIdentity(with(func(o *grade.Options) { o.Beta = grade.RelativeBeta(0.2) }), &o, data),
		"rounds (60, now 2)":      newIdentity(with(func(o *grade.Options) { o.Limits.Rounds = 2 }), &o, data),
		"carry (false, now true)": newIdentity(with(func(o *grade.Options) { o.Carry = true }), &o, data),
		"data":                    newIdentity(with(func(*grade.Options) {}), &o, &grade.Data{Source: grade.Source{SHA256: "b"}}),
	} {
		if got := a.differs(b); got != want {
			t.Errorf("difference %q, want %q", got, want)
		}
	}
}

// solvedOf keeps what a training hands out.
type solvedOf struct {
	grade.Silent
	all *[]*grade.Solved
}

func (s solvedOf) Solved(_, _ int, o *grade.Solved, _ bool) error {
	*s.all = append(*s.all, o)
	return nil
}

// An output that lasts is taken up; one whose certificate gave way to another, as that of a draft, or left, is solved again.
func TestReplacedOutputs(t *testing.T) {
	tr := smallTraining(t, t.TempDir())
	var all []*grade.Solved
	if _, err := grade.Resume(t.Context(), tr.Data, tr.Options, grade.Earlier{}, solvedOf{all: &all}); err != nil || len(all) != 2 {
		t.Fatal(len(all), err)
	}
	id := newIdentity(manifestOptions{}, &tr.Options, tr.Data)
	for name, c := range map[string]struct {
		then func(r *recorder) error
		left int
	}{
		"kept":     {func(*recorder) error { return nil }, 1},
		"replaced": {func(r *recorder) error { return r.solved(1, 1, all[1], false) }, 0},
		"left out": {func(r *recorder) error { return r.keepOnly(&grade.Run{}) }, 0},
	} {
		dir := &runDir{work: t.TempDir()}
		r, err := newRecorder(dir, id, &tr.Options)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.solved(1, 1, all[0], true), c.then(r)); err != nil {
			t.Fatal(err)
		}
		again := &recorder{o: &tr.Options, files: map[string]string{}, done: map[[2]int]*finishedOutput{}}
		if err := again.load(dir.work, id); err != nil || len(again.done) != c.left {
			t.Errorf("%s: %d outputs, %v", name, len(again.done), err)
		}
	}
}
