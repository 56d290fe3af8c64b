package hyperplane

import (
	"context"
	"iter"
	"math"
	"runtime"
	"sync/atomic"

	"multigrade/internal/parallel"
)

// Cells returns all cells of the arrangement, each once: the full-dimensional ones, with the pattern of no active rows
// if it is one of them (X = 0 has only that cell). The order depends on X only. The memory used depends on n and the
// rank, not on the number of cells; all processors work (GOMAXPROCS). Every cell is decided exactly.
//
// Gate is nil for a cell so thin that no vector of float64 was found strictly inside, which takes hyperplanes that
// agree in nearly all digits.
//
// When ctx ends, the last pair has its error and a zero Cell.
func (a *Arrangement) Cells(ctx context.Context) iter.Seq2[Cell, error] {
	return a.stream(ctx, true)
}

// stream is Cells, with or without gates.
func (a *Arrangement) stream(ctx context.Context, gates bool) iter.Seq2[Cell, error] {
	return func(yield func(Cell, error) bool) {
		var err error
		stopped := false
		each := func(c Cell) bool {
			if err = ctx.Err(); err != nil {
				return false
			}
			stopped = !yield(c, nil)
			return !stopped
		}
		switch r := a.Rank(); {
		case r <= 1:
			a.lineCells(each)
		case r == 2:
			a.circleCells(each)
		default:
			if e := a.sphereCells(ctx, gates, each); err == nil {
				err = e
			}
		}
		if err == nil && !stopped {
			err = ctx.Err()
		}
		if err != nil && !stopped {
			yield(Cell{}, err)
		}
	}
}

// cell returns the cell with the given signs of the hyperplanes and the scaled gate v, if not nil.
func (a *Arrangement) cell(sign []int8, v []float64) Cell {
	words := make([]uint64, wordsFor(a.rows.n))
	a.pattern(words, sign)
	c := Cell{Pattern: Pattern{a.rows.n, words}}
	if v != nil {
		c.Gate = a.embed(v)
	}
	return c
}

// lineCells yields the cells of rank 0 and 1.
func (a *Arrangement) lineCells(each func(Cell) bool) {
	if a.Rank() == 0 {
		each(a.cell(nil, []float64{}))
		return
	}
	for _, s := range []int8{1, -1} {
		v := []float64{float64(floatSign(a.value[0])) * float64(s)}
		if !each(a.cell([]int8{s}, v)) {
			return
		}
	}
}

// circleCells yields the cells of rank 2 around the circle. Between neighbouring rays a cell has only the two
// hyperplanes of these rays to fear, so a gate is tested on them alone.
func (a *Arrangement) circleCells(each func(Cell) bool) {
	c := newCircle(a.family())
	k := 0
	words := make([]uint64, wordsFor(a.rows.n))
	members := a.members()
	sign := make([]int8, a.m)
	first := true
	c.cells(func(s []int8) bool {
		if first {
			copy(sign, s)
			a.pattern(words, sign)
			first = false
		} else { // one hyperplane was crossed
			for _, i := range members[c.order[(k+a.m-1)%a.m]] {
				words[i/64] ^= 1 << (i % 64)
			}
		}
		out := Cell{Pattern: Pattern{a.rows.n, append([]uint64(nil), words...)}}
		if v := a.between(c, k, s); v != nil {
			out.Gate = a.embed(v)
		}
		k++
		return each(out)
	})
}

// members lists the rows on each hyperplane.
func (a *Arrangement) members() [][]int {
	out := make([][]int, a.m)
	for i, c := range a.class {
		if c >= 0 {
			out[c] = append(out[c], i)
		}
	}
	return out
}

// between returns scaled coordinates strictly inside cell k of the circle (0 <= k < 2m), which has the given signs.
func (a *Arrangement) between(c *circle, k int, sign []int8) []float64 {
	half := 1.0
	if k >= a.m {
		half = -1
		k -= a.m
	}
	i, j := c.order[(k+a.m-1)%a.m], c.order[k]
	b, d := a.value[2*i:2*i+2], a.value[2*j:2*j+2]
	si, sj := half*float64(c.up[i]), half*float64(c.up[j])
	if k == 0 { // the ray before b_0's is that of b_(m-1) from the other half circle
		si = -si
	}
	nb, nd := si/math.Hypot(b[0], b[1]), sj/math.Hypot(d[0], d[1])
	v := []float64{-b[1]*nb - d[1]*nd, b[0]*nb + d[0]*nd}
	if dotSign(b, v) == int(sign[i]) && dotSign(d, v) == int(sign[j]) {
		return v
	}
	return a.witness(sign)
}

// witness returns scaled coordinates strictly inside the cell with the given signs, or nil if none was found.
func (a *Arrangement) witness(sign []int8) []float64 {
	words := make([]uint64, wordsFor(a.m))
	for i, s := range sign[:a.m] {
		if s > 0 {
			words[i/64] |= 1 << (i % 64)
		}
	}
	v, _ := a.scaledRows().interior(Pattern{a.m, words})
	return v
}

// Enumeration in rank 3 and more: a generator lists the flats of dimension 2 (level r-2 of a walker) in order, workers
// find the vertices on each and their cells, the consumer takes the results in order. Last come the cells at infinity,
// for which the workers only look for gates.

// task is a piece of the enumeration.
type task struct {
	basis  []int // the flat's basis
	lo, hi int   // the vertices on it to visit: hyperplanes lo..hi-1
	signs  []int8
	cells  []Cell
	err    error
	done   chan struct{}
}

// sphereCells yields the cells of rank 3 and more.
func (a *Arrangement) sphereCells(ctx context.Context, gates bool, each func(Cell) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	var stop atomic.Bool
	defer context.AfterFunc(ctx, func() { stop.Store(true) })()
	workers := runtime.GOMAXPROCS(0)
	order := make(chan *task, 4*workers)
	work := make(chan *task, 4*workers)
	f, objective := a.family().withObjective()
	wait := parallel.Group{Stop: cancel}
	defer wait.Wait()
	defer cancel()
	var failed error
	wait.Go(func() {
		defer close(order)
		defer close(work)
		failed = a.generate(f, objective, func(t *task) bool {
			t.done = make(chan struct{})
			select {
			case order <- t:
			case <-ctx.Done():
				return false
			}
			select {
			case work <- t:
			case <-ctx.Done(): // nobody may be there to take it
				return false
			}
			return true
		})
	})
	for range workers {
		wait.Go(func() {
			s := &sphereWorker{a: a, w: newWalker(f), objective: objective, gates: gates, stop: &stop}
			for t := range work {
				if !stop.Load() {
					s.run(t)
				}
				close(t.done)
			}
		})
	}
	for t := range order {
		select {
		case <-t.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		for _, c := range t.cells {
			if !each(c) {
				return nil
			}
		}
		if t.err != nil {
			return t.err
		}
	}
	return failed
}

// generate submits the tasks in order.
func (a *Arrangement) generate(f *family, objective int, submit func(*task) bool) error {
	r := a.Rank()
	chunk := max(1, (1<<20)/(8*wordsFor(a.rows.n)+8*a.rows.d+64)/2)
	w := newWalker(f)
	more := w.flats(0, 0, 2, func() bool {
		basis := make([]int, r-2)
		last := 0
		for k := range basis {
			basis[k] = w.levels[k+1].row
			last = basis[k]
		}
		for lo := last + 1; lo < a.m; lo += chunk {
			if !submit(&task{basis: basis, lo: lo, hi: min(lo+chunk, a.m)}) {
				return false
			}
		}
		return true
	})
	if !more {
		return nil
	}
	const some = 64
	var signs []int8
	err := f.atInfinity(objective).cells(func(sign []int8) bool {
		signs = append(signs, sign[:a.m]...)
		if len(signs) == some*a.m {
			more = submit(&task{signs: signs})
			signs = nil
		}
		return more
	})
	if err == nil && more && len(signs) > 0 {
		submit(&task{signs: signs})
	}
	return err
}

// sphereWorker runs tasks.
type sphereWorker struct {
	a         *Arrangement
	w         *walker
	objective int
	gates     bool // are gates wanted
	stop      *atomic.Bool
	p, q, v   []float64
}

func (s *sphereWorker) run(t *task) {
	if t.signs != nil {
		for k := 0; k < len(t.signs); k += s.a.m {
			sign := t.signs[k : k+s.a.m]
			var v []float64
			if s.gates {
				v = s.a.witness(sign)
			}
			t.cells = append(t.cells, s.a.cell(sign, v))
		}
		return
	}
	w, r := s.w, s.a.Rank()
	for k, j := range t.basis {
		if !w.restrict(k, j) {
			panic("hyperplane: flat lost its basis")
		}
	}
	l := &w.levels[r-2]
	clear(l.skip)
	for j := t.lo; j < t.hi && !s.stop.Load(); j++ {
		if l.zero[j] || l.skip[j] || !w.restrict(r-2, j) {
			continue
		}
		w.lowest(s.objective, func(sign []int8) bool {
			s.emit(t, sign)
			return true
		})
		if t.err = w.vertex.err; t.err != nil {
			return
		}
	}
}

// emit appends the cell at the current vertex and its opposite.
func (s *sphereWorker) emit(t *task, sign []int8) {
	var v []float64
	if s.gates {
		if v = s.nearVertex(sign); v == nil || !s.inside(sign, v) {
			v = s.a.witness(sign)
		}
	}
	c := s.a.cell(sign, v)
	t.cells = append(t.cells, c, s.opposite(c))
}

// opposite returns the cell -c.
func (s *sphereWorker) opposite(c Cell) Cell {
	words := make([]uint64, len(c.Pattern.words))
	for k, w := range s.a.nonzero {
		words[k] = w &^ c.Pattern.words[k]
	}
	out := Cell{Pattern: Pattern{c.Pattern.n, words}}
	if c.Gate != nil {
		out.Gate = make([]float64, len(c.Gate))
		for k, v := range c.Gate {
			out.Gate[k] = -v
		}
	}
	return out
}

// nearVertex returns p + t q, p the vertex, q a direction into the cell, t half way to the next hyperplane.
func (s *sphereWorker) nearVertex(sign []int8) []float64 {
	r, v := s.a.Rank(), &s.w.vertex
	s.p, s.q = resize(s.p, r), resize(s.q, r)
	if len(v.zeros) > r-1 {
		s.w.invert()
		if !s.intoCone(sign) {
			return nil
		}
	} else {
		for c := range r {
			s.q[c] = 0
			for e := range r - 1 {
				s.q[c] += float64(sign[s.w.levels[e+1].row]) * v.inv[c*r+e]
			}
		}
	}
	for c := range r {
		s.p[c] = v.inv[c*r+r-1]
	}
	reach := s.reach(norm2(s.p) / norm2(s.q))
	s.v = resize(s.v, r)
	for c := range s.v {
		s.v[c] = s.p[c] + reach/2*s.q[c]
	}
	return s.v
}

// reach returns how far p may move along q before it meets a hyperplane that is not through the vertex, at most most.
func (s *sphereWorker) reach(most float64) float64 {
	r, val, zero := s.a.Rank(), s.a.value, s.w.levels[s.a.Rank()-1].zero[:s.a.m]
	rate := 1 / most // the largest of -a·q / a·p
	p, q := s.p, s.q
	switch r {
	case 3:
		p0, p1, p2, q0, q1, q2 := p[0], p[1], p[2], q[0], q[1], q[2]
		for i := range zero {
			a := val[3*i : 3*i+3 : 3*i+3]
			ap := a[0]*p0 + a[1]*p1 + a[2]*p2
			aq := a[0]*q0 + a[1]*q1 + a[2]*q2
			if ap < 0 {
				ap, aq = -ap, -aq
			}
			if -aq > rate*ap && !zero[i] {
				rate = -aq / ap
			}
		}
	default:
		for i := range zero {
			var ap, aq float64
			for c, a := range val[i*r : (i+1)*r] {
				ap += a * p[c]
				aq += a * q[c]
			}
			if ap < 0 {
				ap, aq = -ap, -aq
			}
			if -aq > rate*ap && !zero[i] {
				rate = -aq / ap
			}
		}
	}
	return 1 / rate
}

// intoCone sets q to a direction into the cone of the rows through the vertex.
func (s *sphereWorker) intoCone(sign []int8) bool {
	r, zeros := s.a.Rank(), s.w.vertex.zeros
	local := &rows{n: len(zeros), d: r}
	local.dense.Rows, local.dense.Cols, local.dense.Stride = len(zeros), r, r
	words := make([]uint64, wordsFor(len(zeros)))
	for k, i := range zeros {
		local.dense.Data = append(local.dense.Data, s.a.value[i*r:(i+1)*r]...)
		if sign[i] > 0 {
			words[k/64] |= 1 << (k % 64)
		}
	}
	q, _ := local.widest(Pattern{len(zeros), words})
	copy(s.q, q)
	return q != nil
}

// inside reports whether v has exactly the given signs. The entries of scaled rows are at most 1, so one error bound
// holds for all of them.
func (s *sphereWorker) inside(sign []int8, v []float64) bool {
	r, val := s.a.Rank(), s.a.value
	bound := 0.0
	for _, x := range v {
		bound += math.Abs(x)
	}
	bound = float64(r+3)*unitRoundoff*bound + tiny
	if !(bound < math.MaxFloat64) {
		return false
	}
	if !s.a.exact {
		bound = math.Inf(1)
	}
	if r == 3 {
		v0, v1, v2 := v[0], v[1], v[2]
		for i := range s.a.m {
			a := val[3*i : 3*i+3 : 3*i+3]
			if !((a[0]*v0+a[1]*v1+a[2]*v2)*float64(sign[i]) > bound) && dotSign(a, v) != int(sign[i]) {
				return false
			}
		}
		return true
	}
	for i := range s.a.m {
		a := val[i*r : (i+1)*r]
		sum := 0.0
		for c, x := range a {
			sum += x * v[c]
		}
		if !(sum*float64(sign[i]) > bound) && dotSign(a, v) != int(sign[i]) {
			return false
		}
	}
	return true
}
