package hyperplane

import (
	"context"
	"iter"
	"math/big"
	"math/bits"
	"slices"
)

// Sweep visits all cells of the arrangement, each once, and yields the rows whose activity changes from one to the next
// (for the first: from no active rows), so that sums over the active rows can be kept up to date. The slice is valid
// until the next step. In rank 2 a step crosses one hyperplane; in rank 3 the cells are visited along the great circles,
// a few crossings a step on average, no more than O(log n) work for each; in higher rank in the order of Cells, without
// bound on the number of rows. The memory used is O(n).
//
// When ctx ends, the last pair has its error.
func (a *Arrangement) Sweep(ctx context.Context) iter.Seq2[[]int, error] {
	return func(yield func([]int, error) bool) {
		s := &sweep{a: a, ctx: ctx, yield: yield, members: a.members(), now: make([]int8, a.m)}
		for i := range s.now {
			s.now[i] = -1
		}
		switch a.Rank() {
		case 0:
			s.step()
		case 1:
			s.err = a.family().cells(s.all)
		case 2:
			s.around()
		case 3:
			s.sphere()
		default:
			s.compare()
			return
		}
		if s.err != nil {
			yield(nil, s.err)
		}
	}
}

// sweep is the state of a sweep: the signs of the hyperplanes in the last cell.
type sweep struct {
	a       *Arrangement
	ctx     context.Context
	yield   func([]int, error) bool
	members [][]int
	now     []int8
	begun   bool
	flips   []int
	steps   int
	err     error
}

// turn changes the sign of hyperplane i; its rows flip. Before the first cell the rows, all inactive, are not yet on
// the sides that now says.
func (s *sweep) turn(i int, sign int8) {
	if s.now[i] == sign {
		return
	}
	s.now[i] = sign
	if s.begun {
		s.flips = append(s.flips, s.members[i]...)
	}
}

// step yields the flips collected.
func (s *sweep) step() bool {
	if !s.begun {
		s.begun = true
		for i, rows := range s.members {
			for _, row := range rows {
				if (s.now[i] > 0) != s.a.flip[row] {
					s.flips = append(s.flips, row)
				}
			}
		}
	}
	s.steps++
	if s.steps%256 == 1 {
		if s.err = s.ctx.Err(); s.err != nil {
			return false
		}
	}
	more := s.yield(s.flips, nil)
	s.flips = s.flips[:0]
	return more
}

// all steps to the cell with the given signs.
func (s *sweep) all(sign []int8) bool {
	for i := range s.now {
		s.turn(i, sign[i])
	}
	return s.step()
}

// around sweeps in rank 2.
func (s *sweep) around() {
	c := newCircle(s.a.family())
	m := s.a.m
	c.cells(func(sign []int8) bool {
		if !s.begun {
			return s.all(sign)
		}
		crossed := c.order[(s.steps-1)%m]
		s.turn(crossed, sign[crossed])
		return s.step()
	})
}

// compare sweeps by the differences between the patterns of Cells.
func (s *sweep) compare() {
	words := make([]uint64, wordsFor(s.a.rows.n))
	for c, err := range s.a.stream(s.ctx, false) {
		if err != nil {
			s.yield(nil, err)
			return
		}
		s.flips = s.flips[:0]
		for k, w := range c.Pattern.words {
			for x := w ^ words[k]; x != 0; x &= x - 1 {
				s.flips = append(s.flips, 64*k+bits.TrailingZeros64(x))
			}
		}
		copy(words, c.Pattern.words)
		if !s.yield(s.flips, nil) {
			return
		}
	}
}

// sphere sweeps in rank 3: the lowest vertices along the great circle of each hyperplane, once for the cells with
// s_0 = + and once for their opposites; then the cells at infinity.
func (s *sweep) sphere() {
	f, objective := s.a.family().withObjective()
	g := &greatCircle{sweep: s, w: newWalker(f), objective: objective, line: make([]int8, s.a.m)}
	g.w.vertex.sign = make([]int8, f.total())
	for _, g.side = range []int8{1, -1} {
		for i := 1; i < s.a.m; i++ {
			if g.w.restrict(0, i) && !g.walk(i) {
				return
			}
		}
	}
	if err := f.atInfinity(objective).cells(s.all); err != nil {
		s.err = err
	}
}

// greatCircle walks along the circle of hyperplane i from its point at infinity half around, where a_0 > 0.
type greatCircle struct {
	*sweep
	w         *walker
	objective int
	side      int8 // visit these cells (1) or their opposites (-1)
	circle    circle
	line      []int8 // the signs on the current arc
	touched   []int  // hyperplanes whose sign may differ from that of the last cell
	z         []int
}

// walk visits the vertices whose first two hyperplanes are i and a later one.
func (g *greatCircle) walk(i int) bool {
	l, m := &g.w.levels[1], g.a.m
	c := &g.circle
	c.f = &family{r: 2, m: m, val: l.val, err: l.err, exact: func(j int) []big.Int { return g.w.exact(1, j) }}
	c.up = resize(c.up, m)
	c.order = c.order[:0]
	for j := range m {
		if j != i {
			c.order = append(c.order, j)
			c.up[j] = c.upward(j)
		}
	}
	c.sortOrder()
	start := 0
	for c.order[start] != 0 {
		start++
	}
	begin, end := g.class(start) // at infinity
	g.touched = g.touched[:0]
	sign := -c.up[0]
	for k, j := range c.order {
		g.line[j] = sign * c.up[j]
		if k < end {
			g.line[j] = -g.line[j]
		}
		g.touched = append(g.touched, j)
	}
	n := len(c.order)
	for k := end; k != begin; {
		if k == n {
			if k = 0; k == begin {
				break
			}
		}
		_, next := g.class(k)
		if !g.visit(i, c.order[k:next]) {
			return false
		}
		for _, j := range c.order[k:next] {
			g.line[j] = -g.line[j]
			g.touched = append(g.touched, j)
		}
		k = next
	}
	return true
}

// class returns the range of positions around k of the hyperplanes that meet the circle in the same points.
func (g *greatCircle) class(k int) (begin, end int) {
	o := g.circle.order
	begin, end = k, k+1
	for begin > 0 && g.circle.cross(o[begin-1], o[k]) == 0 {
		begin--
	}
	for end < len(o) && g.circle.cross(o[k], o[end]) == 0 {
		end++
	}
	return begin, end
}

// visit steps to the cells whose lowest vertex is where the hyperplanes z meet circle i.
func (g *greatCircle) visit(i int, z []int) bool {
	first := z[0]
	for _, j := range z {
		first = min(first, j)
	}
	if first < i {
		return true
	}
	if len(z) > 1 {
		g.z = append(g.z[:0], z...)
		if !g.w.restrict(1, first) {
			panic("hyperplane: a vertex lost its first hyperplane")
		}
		more := g.w.lowest(g.objective, func(sign []int8) bool { return g.emit(i, g.z, sign) })
		g.err = firstError(g.err, g.w.vertex.err)
		return more && g.err == nil
	}
	g.w.levels[2].row = first
	if !g.w.slopes(g.objective) {
		g.err = g.w.vertex.err
		return false
	}
	return g.emit(i, z, g.w.vertex.sign)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// emit steps to the cell with the given signs of hyperplanes i and z, the others as on the line.
func (g *greatCircle) emit(i int, z []int, sign []int8) bool {
	for _, j := range z {
		g.turn(j, g.side*sign[j])
	}
	for _, j := range g.touched {
		if !slices.Contains(z, j) {
			g.turn(j, g.side*g.line[j])
		}
	}
	g.touched = append(g.touched[:0], z...)
	g.turn(i, g.side*sign[i])
	return g.step()
}
