package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"multigrade/grade"
	"multigrade/internal/rowfile"
	"multigrade/internal/run"
	"multigrade/solver"
	"multigrade/solver/rowsum"
)

// The pipeline of a pass over the rows, in shards of 2^k blocks:
//
//	lane-k:  Impulse -> shards -> Reshuffle -> the pass on a shard -> part
//	all lanes -> Flatten -> one group -> the fixed tree of combines -> a file with the sums
//
// What the workers are sent, the pass at its point, lies in a file of the shared directory.

// rowWork takes the passes of a training.
type rowWork struct {
	e      *engine
	data   string
	dir    string
	close  func() error // removes dir
	shards int          // at most
	loss   solver.Loss
	passes int
}

// request is what the workers are told of a pass.
type request struct {
	Versions map[string]string `json:"versions"` // of the program that asks
	Data     string            `json:"data"`
	Program  *grade.RowProgram `json:"program"`
	Pass     json.RawMessage   `json:"pass"` // of rowsum.Encode
	Blocks   int               `json:"blocks"`
	PerShard int               `json:"per_shard"`
}

// sums are what a pass comes to on some rows, and nu of these where the pass keeps it.
type sums struct {
	Shard int
	Part  rowsum.Part
	Nu    []float64
}

// perShard is the number of blocks of a shard, the least power of two with which there are at
// most so many shards.
func perShard(blocks, shards int) int {
	n := 1
	for n*shards < blocks {
		n *= 2
	}
	return n
}

// pass is grade.RowData's.
func (w *rowWork) pass(ctx context.Context, program *grade.RowProgram, r *rowsum.Runner, p rowsum.Pass) (*rowsum.Part, error) {
	message, err := rowsum.Encode(r, w.loss, p)
	if err != nil {
		return nil, err
	}
	w.passes++
	q := &request{Versions: run.Versions(), Data: w.data, Program: program, Pass: message, Blocks: r.Blocks(), PerShard: perShard(r.Blocks(), w.shards)}
	file := filepath.Join(w.dir, fmt.Sprintf("pass-%06d.json", w.passes))
	result := filepath.Join(w.dir, fmt.Sprintf("sums-%06d.gob", w.passes))
	if err := run.WriteWhole(file, func(out io.Writer) error { return json.NewEncoder(out).Encode(q) }); err != nil {
		return nil, err
	}
	count := (q.Blocks + q.PerShard - 1) / q.PerShard
	if err := w.e.again(ctx, func() error { return w.e.run(ctx, passPipeline(w.e.lanes(count), count, file, result)) }); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(result)
	if err != nil {
		return nil, err
	}
	var s sums
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&s); err != nil {
		return nil, fmt.Errorf("%s: %w", result, err)
	}
	if nu := rowsum.KeptNu(p); nu != nil {
		if n, _ := r.Rows.Dims(); len(s.Nu) != n {
			return nil, fmt.Errorf("%s: %d entries of nu, want %d", result, len(s.Nu), n)
		}
		if err := nu.Write(s.Nu, 0); err != nil {
			return nil, err
		}
	}
	for k := range s.Part.Extreme {
		if len(s.Part.Extreme[k]) == 0 {
			s.Part.Extreme[k] = nil
		}
	}
	return &s.Part, errRemove(file, result)
}

// errRemove removes files that are not needed any more.
func errRemove(names ...string) error {
	for _, name := range names {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// passPipeline takes a pass on so many shards.
func passPipeline(lanes, count int, file, result string) *beam.Pipeline {
	p, root := beam.NewPipelineWithRoot()
	var all []beam.PCollection
	for k := range lanes {
		s := root.Scope(laneName(k))
		indices := beam.ParDo(s, &everyNth{First: k, Step: lanes, Count: count}, beam.Impulse(s))
		all = append(all, beam.ParDo(s, &passShard{File: file}, beam.Reshuffle(s, indices)))
	}
	beam.ParDo0(root, &combineShards{File: file, Result: result}, beam.GroupByKey(root, beam.AddFixedKey(root, beam.Flatten(root, all...))))
	return p
}

// opened is the request of a file and what it asks for.
type opened struct {
	request
	data   *rowfile.Npy
	runner *rowsum.Runner
	pass   rowsum.Pass
	nu     []float64
}

// openRequest reads a request; it is to be closed.
func openRequest(file string) (*opened, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	o := new(opened)
	if err := json.Unmarshal(raw, &o.request); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := run.OtherVersion(o.Versions, run.Versions()); err != nil {
		return nil, fmt.Errorf("%s: asked by %w", file, err)
	}
	if o.data, err = rowfile.OpenNpy(o.Data); err != nil {
		return nil, err
	}
	o.runner, o.pass, o.nu, err = rowsum.Decode(o.Pass, o.Program.Rows(o.data))
	if err != nil {
		o.data.Close()
	}
	return o, err
}

// passShard is the DoFn of a pass on a shard.
type passShard struct {
	File string

	asked *opened
}

func (f *passShard) ProcessElement(ctx context.Context, shard int, emit func([]byte)) (err error) {
	if f.asked == nil {
		if f.asked, err = openRequest(f.File); err != nil {
			return err
		}
	}
	o := f.asked
	from, to := shard*o.PerShard, min(o.Blocks, (shard+1)*o.PerShard)
	part, err := o.runner.Shard(ctx, o.pass, from, to)
	if err != nil {
		return err
	}
	s := sums{Shard: shard, Part: *part}
	if first, end := o.runner.RowsOf(from, to); o.nu != nil {
		s.Nu = o.nu[first:end]
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&s); err != nil {
		return err
	}
	emit(b.Bytes())
	return nil
}

// Teardown closes the data.
func (f *passShard) Teardown() error {
	if f.asked == nil {
		return nil
	}
	return f.asked.data.Close()
}

// combineShards is the DoFn that adds the parts of all shards in the order of these, whatever
// order they come in, and leaves a file.
type combineShards struct{ File, Result string }

func (f *combineShards) ProcessElement(_ int, next func(*[]byte) bool) error {
	o, err := openRequest(f.File)
	if err != nil {
		return err
	}
	defer o.data.Close()
	var all []sums
	for raw := []byte(nil); next(&raw); {
		var s sums
		if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&s); err != nil {
			return err
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b sums) int { return a.Shard - b.Shard })
	var parts []*rowsum.Part
	whole := sums{}
	for k := range all {
		if all[k].Shard != k {
			return fmt.Errorf("part %d is of shard %d", k, all[k].Shard)
		}
		parts = append(parts, &all[k].Part)
		whole.Nu = append(whole.Nu, all[k].Nu...)
	}
	if len(parts)*o.PerShard < o.Blocks {
		return fmt.Errorf("%d shards of %d blocks, want %d blocks", len(parts), o.PerShard, o.Blocks)
	}
	whole.Part = *rowsum.Combine(o.pass, o.PerShard, parts)
	return run.WriteWhole(f.Result, func(w io.Writer) error { return gob.NewEncoder(w).Encode(&whole) })
}

func init() {
	register.DoFn3x1[context.Context, int, func([]byte), error](&passShard{})
	register.DoFn2x1[int, func(*[]byte) bool, error](&combineShards{})
	register.Emitter1[[]byte]()
	register.Iter1[[]byte]()
}
