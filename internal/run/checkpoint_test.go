package run

import (
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
