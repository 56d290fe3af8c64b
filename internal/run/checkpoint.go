package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/trace"
	"multigrade/proofs"
)

// A run keeps in its folder checkpoint what it needs to be taken up: run.json
// with what decides its numbers, plan.json where beta was chosen, and a file for every output of a grade that is
// solved, written after its certificate. The folder goes when the run is complete:
// neither interrupted nor out of time.
const (
	checkpointDir     = "checkpoint"
	checkpointFile    = checkpointDir + "/run.json"
	planFile          = checkpointDir + "/plan.json"
	checkpointFormat  = "multigrade-checkpoint"
	checkpointVersion = 3
)

// identity is what decides the numbers of a run.
type identity struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Options  manifestOptions   `json:"options"`
	Seed     uint64            `json:"seed"`
	Versions map[string]string `json:"versions"`
	SHA256   string            `json:"sha256"` // of the data
}

func newIdentity(options manifestOptions, o *grade.Options, data *grade.Data) *identity {
	options.TimeLimit, options.Limits.Time = "", 0
	return &identity{Format: checkpointFormat, Version: checkpointVersion, Options: options, Seed: o.Seed, Versions: Versions(), SHA256: data.SHA256}
}

// differs names the first thing in which two runs differ, "" if there is none.
func (a *identity) differs(b *identity) string {
	for _, d := range []struct {
		what string
		same bool
	}{
		{"format", a.Format == b.Format && a.Version == b.Version}, {"data", a.SHA256 == b.SHA256}, {"seed", a.Seed == b.Seed},
		{"version of the program", reflect.DeepEqual(a.Versions, b.Versions)},
	} {
		if !d.same {
			return d.what
		}
	}
	if was, is := a.Options.held(), b.Options.held(); was != is {
		return fmt.Sprintf("place for the rows (%s, now %s: as --out-of-core and --memory are given)", was, is)
	}
	x, y := reflect.ValueOf(a.Options), reflect.ValueOf(b.Options)
	for _, f := range reflect.VisibleFields(x.Type()) {
		was, is := x.FieldByIndex(f.Index).Interface(), y.FieldByIndex(f.Index).Interface()
		if !f.Anonymous && !reflect.DeepEqual(was, is) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			return fmt.Sprintf("%s (%v, now %v)", name, was, is)
		}
	}
	return ""
}

// held says where the rows are while they are trained on.
func (m *manifestOptions) held() string {
	if m.OutOfCore {
		return "out of core"
	}
	return "in memory"
}

// recorder writes outputs as they are solved and how their gaps fell over time, and
// gives back those of an earlier run in the same directory.
type recorder struct {
	dir   *runDir
	o     *grade.Options    // with what the plan chose
	files map[string]string // sha256 of the certificates written, by name
	done  map[[2]int]*finishedOutput
	trace *trace.Trace
	begun time.Time   // of the trace, earlier runs included
	plan  *grade.Plan // nil: none was made yet
}

// newRecorder begins the run in dir, or takes up the one that is there.
func newRecorder(dir *runDir, id *identity, o *grade.Options) (*recorder, error) {
	r := &recorder{dir: dir, o: o, files: map[string]string{}, done: map[[2]int]*finishedOutput{}, trace: trace.New(nil), begun: time.Now()}
	if dir.resumed == "" {
		return r, writeRecord(dir, checkpointFile, id)
	}
	if err := errors.Join(r.load(dir.resumed, id), r.loadTrace(dir.resumed)); err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", dir.resumed, err))
	}
	return r, dir.takeUp(r.files)
}

// load reads the checkpoint of the run in folder.
func (r *recorder) load(folder string, id *identity) error {
	var earlier identity
	if err := ReadRecord(filepath.Join(folder, checkpointFile), &earlier); err != nil {
		return err
	}
	if d := earlier.differs(id); d != "" {
		return fmt.Errorf("the run there was begun with another %s", d)
	}
	if err := r.loadPlan(filepath.Join(folder, planFile)); err != nil {
		return err
	}
	names, err := fs.Glob(os.DirFS(folder), checkpointDir+"/grade-*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		f, err := readFinished(folder, name)
		if err != nil {
			return err
		}
		r.done[[2]int{f.Grade, f.Output}] = f
		r.files[certificateFile(f.Grade, f.Output)] = f.Certificate
	}
	return nil
}

// loadTrace goes on with the trace of the run in folder, if it has one.
func (r *recorder) loadTrace(folder string) error {
	points, err := readTrace(folder)
	if err != nil {
		return err
	}
	r.trace = trace.New(points)
	r.begun = time.Now().Add(-time.Duration(r.trace.Since() * float64(time.Second)))
	return nil
}

// readTrace reads the trace of a run, nil if it has none.
func readTrace(folder string) ([]trace.Point, error) {
	f, err := os.Open(filepath.Join(folder, traceFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	points, err := trace.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", traceFile, err)
	}
	return points, nil
}

func (r *recorder) writeTrace() error {
	var b bytes.Buffer
	if err := r.trace.Write(&b); err != nil {
		return err
	}
	return r.dir.write(traceFile, b.Bytes())
}

// progress notes a point of the trace.
func (r *recorder) progress(p grade.Progress) { r.trace.Progress(p, time.Since(r.begun).Seconds()) }

// loadPlan reads the plan, if there is one.
func (r *recorder) loadPlan(name string) error {
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	r.plan = new(grade.Plan)
	if err := ReadRecord(name, r.plan); err != nil {
		return err
	}
	if p := r.plan; p.Folds < 1 || len(p.Choices) > r.o.Grades || slices.ContainsFunc(p.Choices, func(c grade.Choice) bool { return !(c.Ratio > 0) || math.IsInf(c.Ratio, 1) }) {
		return fmt.Errorf("%s is not a plan for %d grades", filepath.Base(name), r.o.Grades)
	}
	r.o = r.plan.Options(r.o)
	return nil
}

// earlier is what the run in the same directory left.
func (r *recorder) earlier() grade.Earlier { return grade.Earlier{Plan: r.plan, Finished: r.finished} }

// planned writes the plan down.
func (r *recorder) planned(p *grade.Plan, lasting bool) error {
	r.o = p.Options(r.o)
	if !lasting {
		return nil
	}
	r.dir.keep = true
	return writeRecord(r.dir, planFile, p)
}

// finished is an output that the earlier run solved, or nil.
func (r *recorder) finished(k, output int) *grade.Solved {
	f := r.done[[2]int{k, output}]
	if f == nil {
		return nil
	}
	return &grade.Solved{Account: f.Account, Output: f.Network, Hash: f.Hash}
}

// solved writes the certificate of an output and, where it lasts, the output. One that does not may take the place of one that
// did, as where the first draft stands for what was cut: that is solved again where the run is taken up.
func (r *recorder) solved(k, output int, s *grade.Solved, lasting bool) error {
	r.trace.Solved(k, output, s, time.Since(r.begun).Seconds())
	c := certificate(s, r.o.LossOf(output), r.o)
	name := certificateFile(k, output)
	if err := r.dir.remove(recordOf(name)); err != nil {
		return err
	}
	sum, err := r.dir.stream(name, func(w io.Writer) error {
		if rows := s.Evidence.Rowwise; rows != nil {
			return proofs.EncodeParts(w, c, rows)
		}
		return proofs.Encode(w, c)
	})
	if err != nil {
		return fmt.Errorf("certificate of grade %d, output %d: %w", k, output, err)
	}
	if r.files[name] = sum; !lasting {
		return nil
	}
	r.dir.keep = true
	f := &finishedOutput{Grade: k, Output: output, Account: s.Account, Network: s.Output, Hash: s.Hash, Certificate: r.files[name]}
	return errors.Join(r.writeTrace(), writeRecord(r.dir, f.name(), f))
}

// publish gives the run its name and then, if it is complete, ends its checkpoint:
// whenever the program is killed, there is a whole run or one to take up.
func (r *recorder) publish(run *grade.Run) (string, error) {
	name, err := r.dir.publish()
	if err != nil || run.Cut {
		return name, err
	}
	return name, os.RemoveAll(filepath.Join(name, checkpointDir))
}

// keepOnly removes the certificates of what is not in the run, as of a grade that
// was solved and not added.
func (r *recorder) keepOnly(run *grade.Run) error {
	kept := map[string]string{}
	for _, g := range run.Grades {
		for t := range g.Outputs {
			name := certificateFile(g.Grade.Number, t+1)
			kept[name] = r.files[name]
		}
	}
	for name := range r.files {
		if _, ok := kept[name]; !ok {
			if err := errors.Join(r.dir.remove(recordOf(name)), r.dir.remove(name)); err != nil {
				return err
			}
		}
	}
	r.files = kept
	return nil
}
