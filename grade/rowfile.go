package grade

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
	"multigrade/solver/rowsum"
)

// RowFile is a table of numbers that is only read a part at a time: the features of every row
// and, last, the target. Read may be called from several goroutines.
type RowFile interface {
	Dims() (rows, cols int)
	// Read fills dst with whole rows from row first on.
	Read(dst []float64, first int) error
}

// RowData is data to train on whose rows are too many for memory.
type RowData struct {
	Source
	File   RowFile
	Labels *Labels // without targets
	// Scratch is the folder for the file of what is kept of every row, "" for that of temporary files.
	Scratch string
	// Ratios are the beta of every grade relative to its beta_max, nil: that of the options.
	Ratios []float64
	// Memory is how many bytes a grade may take, 0: as many as it needs.
	Memory int64
	// Pass, if not nil, takes the solver's passes over the rows of the program elsewhere, as
	// solver.RowOptions.Pass.
	Pass func(ctx context.Context, program *RowProgram, r *rowsum.Runner, p rowsum.Pass) (*rowsum.Part, error)
}

// RowProgram says how the rows of a file become those of a grade's program.
type RowProgram struct {
	Input   Standardisation `json:"input"`
	Output  Standardisation `json:"output"`
	Bias    bool            `json:"bias"`
	Classes bool            `json:"classes"`         // the target is one of two
	Second  float64         `json:"second"`          // of them, as a number
	Grades  []Grade         `json:"grades"`          // before it
	Carry   []float64       `json:"carry,omitempty"` // shifts, where the grades carry
}

// Rows are the program's rows of a file.
func (p *RowProgram) Rows(file RowFile) rowsum.Rows {
	return &programRows{file: file, model: &Model{Input: p.Input, Output: p.Output, Bias: p.Bias, Grades: p.Grades, CarryShift: p.Carry}, classes: p.Classes, second: p.Second}
}

func (p *programRows) program() *RowProgram {
	return &RowProgram{Input: p.model.Input, Output: p.model.Output, Bias: p.model.Bias, Classes: p.classes, Second: p.second, Grades: p.model.Grades, Carry: p.model.CarryShift}
}

// NewRowData decides what the target of a file is, as NewLabels: in one pass over it.
func NewRowData(ctx context.Context, source Source, file RowFile, task string) (*RowData, error) {
	l, err := rowLabels(ctx, file, task)
	if err != nil {
		return nil, err
	}
	l.Y = nil
	return &RowData{Source: source, File: file, Labels: l}, nil
}

// stretchRows is how many rows are looked at a time where they are looked at in order: enough
// to share out, in 1.4 MB with ten features, and 13 MB for the features of a hundred neurons.
const stretchRows = 1 << 14

// inOrder calls f for the rows of a file, stretch by stretch.
func inOrder(ctx context.Context, file RowFile, f func(first int, rows *mat.Dense)) error {
	n, cols := file.Dims()
	buffer := make([]float64, min(n, stretchRows)*cols)
	for first := 0; first < n; first += stretchRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := min(stretchRows, n-first)
		now := buffer[:rows*cols]
		parts := runtime.GOMAXPROCS(0)
		err := boundedGroup(parts, func(k int) error {
			from, to := k*rows/parts, (k+1)*rows/parts
			return file.Read(now[from*cols:to*cols], first+from)
		})
		if err != nil {
			return err
		}
		f(first, mat.NewDense(rows, cols, now))
	}
	return nil
}

// rowSums are the sums of every column, in three passes.
func rowSums(ctx context.Context, file RowFile) ([]columnSums, error) {
	_, cols := file.Dims()
	c, sweeps := make([]columnSums, cols), make([][]sweep, cols)
	for j := range c {
		sweeps[j] = c[j].sweeps()
	}
	for pass := range sweeps[0] {
		err := inOrder(ctx, file, func(_ int, rows *mat.Dense) {
			raw := rows.RawMatrix()
			for i := range raw.Rows {
				for j, v := range raw.Data[i*raw.Stride : i*raw.Stride+cols] {
					sweeps[j][pass].add(v)
				}
			}
		})
		if err != nil {
			return nil, err
		}
		for j := range sweeps {
			sweeps[j][pass].end()
		}
	}
	return c, nil
}

// rowLabels are the labels of as many numbers of the target as decide on them.
func rowLabels(ctx context.Context, file RowFile, task string) (*Labels, error) {
	_, cols := file.Dims()
	count := map[float64]int{}
	err := inOrder(ctx, file, func(_ int, rows *mat.Dense) {
		if len(count) > maxClasses {
			return
		}
		raw := rows.RawMatrix()
		for i := range raw.Rows {
			if v := raw.Data[i*raw.Stride+cols-1]; count[v] < 2 && len(count) <= maxClasses {
				count[v]++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var y []float64 // as many of every number as make the difference
	for _, v := range slices.Sorted(maps.Keys(count)) {
		for range count[v] {
			y = append(y, v)
		}
	}
	return NewLabels(task, [][]float64{y}, nil)
}

// programRows are the rows of the program of the grade behind those of the model, of a file with
// one target.
type programRows struct {
	file    RowFile
	model   *Model
	classes bool
	margins bool    // the loss is one of margins
	second  float64 // the second class, as a number
	buffers sync.Pool
}

func newProgramRows(file RowFile, m *Model, l *Labels) (*programRows, error) {
	p := &programRows{file: file, model: m, classes: l.Task != Regression, margins: m.Loss != "" && m.Margins()}
	var err error
	if p.classes {
		p.second, err = strconv.ParseFloat(l.Classes[1], 64)
	}
	return p, err
}

func (p *programRows) Dims() (n, d int) {
	n, cols := p.file.Dims()
	d = cols - 1
	if k := len(p.model.Grades); k > 0 {
		d = p.model.Grades[k-1].Neurons() + len(p.model.CarryShift)
	}
	if p.model.Bias {
		d++
	}
	return n, d
}

// Read is solver's.
func (p *programRows) Read(x, y, offset []float64, first int) error {
	_, cols := p.file.Dims()
	buffer, _ := p.buffers.Get().(*[]float64)
	if buffer == nil {
		buffer = new([]float64)
	}
	defer p.buffers.Put(buffer)
	*buffer = slices.Grow((*buffer)[:0], len(y)*cols)[:len(y)*cols]
	if err := p.file.Read(*buffer, first); err != nil {
		return err
	}
	p.fill(x, y, offset, mat.NewDense(len(y), cols, *buffer))
	return nil
}

// shifted says that the program has offsets: of labels, behind a grade.
func (p *programRows) shifted() bool { return p.margins && len(p.model.Grades) > 0 }

// fill sets x, row by row, y and, unless it is nil, offset to what the program has of rows of the file.
func (p *programRows) fill(x, y, offset []float64, raw *mat.Dense) {
	_, d := p.Dims()
	if len(p.model.Grades) == 0 {
		for i := range y {
			row := raw.RawRowView(i)
			p.row(x[i*d:(i+1)*d], row[:len(row)-1])
			y[i] = p.target(row[len(row)-1])
		}
		return
	}
	s := p.state(raw)
	h := s.h.(*mat.Dense)
	for i := range y {
		row := x[i*d : (i+1)*d]
		if k := copy(row, h.RawRowView(i)); k < d {
			row[k] = 1
		}
	}
	if !p.margins {
		copy(y, s.e[0])
		return
	}
	copy(y, s.y[0])
	if offset != nil {
		copy(offset, s.total[0])
	}
}

// state is rows of the file as rows of the training split behind the grades of the model.
func (p *programRows) state(raw *mat.Dense) *splitState {
	n, cols := raw.Dims()
	y, e, h := make([]float64, n), make([]float64, n), mat.NewDense(n, cols-1, nil)
	for i := range n {
		row, x := raw.RawRowView(i), h.RawRowView(i)
		for j := range x {
			x[j] = p.model.Input.value(row[j], j)
		}
		y[i], e[i] = p.label(row[cols-1]), p.target(row[cols-1])
	}
	s := &splitState{name: OnTrain, h: h, y: [][]float64{y}, e: [][]float64{e}, total: [][]float64{make([]float64, n)}}
	if p.model.CarryShift != nil {
		s.carried = carried(h, p.model.CarryShift)
	}
	for k := range p.model.Grades {
		s.pass(&p.model.Grades[k], p.model.Bias)
	}
	return s
}

// row is a row of X_1.
func (p *programRows) row(x, raw []float64) {
	for j, v := range raw {
		x[j] = p.model.Input.value(v, j)
	}
	if p.model.Bias {
		x[len(raw)] = 1
	}
}

// label is the target as the data have it: of classes 1 or -1.
func (p *programRows) label(v float64) float64 {
	switch {
	case !p.classes:
		return v
	case v == p.second:
		return 1
	}
	return -1
}

func (p *programRows) target(v float64) float64 { return p.model.Output.value(p.label(v), 0) }

// hash is ProgramHash of the rows.
func (p *programRows) hash(ctx context.Context) (string, error) {
	h := sha256.New()
	_, d := p.Dims()
	var x, y, o []float64
	var chunk []byte
	pass := func(of func() []float64) error {
		return inOrder(ctx, p.file, func(_ int, rows *mat.Dense) {
			n, cols := rows.Dims()
			x, y, o = slices.Grow(x[:0], n*d)[:n*d], slices.Grow(y[:0], n)[:n], slices.Grow(o[:0], n)[:n]
			inParts(n, func(from, to int) {
				p.fill(x[from*d:to*d], y[from:to], o[from:to], rows.Slice(from, to, 0, cols).(*mat.Dense))
			})
			for _, v := range of() {
				chunk = binary.LittleEndian.AppendUint64(chunk, math.Float64bits(v))
			}
			h.Write(chunk)
			chunk = chunk[:0]
		})
	}
	err := errors.Join(pass(func() []float64 { return x }), pass(func() []float64 { return y }))
	if p.shifted() {
		err = errors.Join(err, pass(func() []float64 { return o }))
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// RowBytes is how much memory a grade out of core takes, about, on n rows of a program with d columns:
// the Gram matrices, and what is made of a block of rows. Of the rows it depends by the logarithm
// of their number at most.
func (o *Options) RowBytes(n, d int) int64 { return solver.RowBytes(n, d, o.listed(n), o.Loss) }

// MemoryBytes is how much memory a grade over listed patterns takes in memory besides the data, about.
func (o *Options) MemoryBytes(n, d int) int64 { return solver.MemoryBytes(n, d, o.listed(n), o.Loss) }

// listed is how many patterns there are for n rows, at most.
func (o *Options) listed(n int) int {
	if o.Gates != nil {
		patterns, _ := o.Gates.Dims()
		return patterns
	}
	return o.sampleSize(n)
}

// CheckRows reports what of the options is not for rows out of core.
func (o *Options) CheckRows() error {
	_, chosen := o.Beta.(CrossValidation)
	for _, q := range []struct {
		what string
		set  bool
	}{
		{"another --scope than restricted", o.Scope != Restricted},
		{"more than one grade of gated units, whose networks are decomposed (--grades 1)", o.decomposes()}, {"a beta to be chosen", chosen}, {"a width", o.Width != nil},
		{"penalty " + o.Penalty.String(), o.Penalty != GroupNorm}, {"a dead zone", o.DeadZone}, {"rows held out", o.Shares.Holdout > 0 || o.Shares.Validation > 0 || o.Shares.Stride > 0}, {"balanced classes", o.BalancedClasses},
		{"--method " + o.Method.String(), o.Method != solver.Auto}, {"more than one quantile", o.Quantiles != nil},
		{"--monotone", o.Loss == solver.Monotone},
	} {
		if q.set {
			return fmt.Errorf("%w: out of core %s is not possible: do without, or allow more --memory and no --out-of-core", ErrOptions, q.what)
		}
	}
	return nil
}
